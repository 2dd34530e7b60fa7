"""The cases' Keras models, each in each of its styles: they can be built, and fit the case."""

import keras
import pytest

from conformance.case import experiments
from conformance.cases import all_cases
from keras_edu_backend.compare.adapter import resolve
from keras_edu_backend.compare.batch import each, rows

CASES = all_cases()


@pytest.mark.parametrize("name", CASES)
def test_every_style_has_the_weights_of_the_case_and_is_compiled(name):
    case = CASES[name]
    data = case.data()
    x = each(keras.ops.convert_to_tensor, rows(data.x, slice(2)))
    for experiment in experiments(case, data):
        model = resolve(experiment.build)(**experiment.arguments)
        outputs, labels = (b if isinstance(b, tuple | list) else (b,) for b in (model(x), data.y))
        assert [tuple(weight.shape) for weight in model.weights] == list(case.shapes.values())
        assert model.compiled
        for output, label in zip(outputs, labels, strict=True):
            # Class numbers have no shape to compare.
            assert label.ndim == 1 or output.shape == (2, *label.shape[1:])

"""Batches of one array and of several, and their way through files."""

import numpy as np

from keras_edu_backend.compare import Experiment, Point, Training, batch
from keras_edu_backend.compare.experiment import as_document, from_document
from keras_edu_backend.workers import files

ONE, TWO = np.arange(6).reshape(3, 2), (np.arange(3), np.arange(3, 6))


def test_rows_and_their_number_are_those_of_every_array():
    np.testing.assert_array_equal(batch.rows(ONE, [2, 0]), [[4, 5], [0, 1]])
    first, second = batch.rows(TWO, [2, 0])
    assert (first.tolist(), second.tolist()) == ([2, 0], [5, 3])
    assert batch.instances(ONE) == batch.instances(TWO) == 3


def test_several_outputs_are_numbered():
    assert list(batch.places("call", ONE)) == ["call"]
    assert list(batch.places("call", list(TWO))) == ["call, output 1", "call, output 2"]


def test_an_experiment_comes_back_from_files_with_its_tuples_in_the_dtype_asked_for(tmp_path):
    x = tuple(np.ones((2, 4, 3), np.float32))
    labels = np.array([0, 2, 1, 0], np.int32)
    training = Training({}, x, labels, [np.arange(4)], epochs=1, batch_size=4)
    experiment = Experiment(
        "two", "plain", points=[Point("here", {}, x, labels)], training=training
    )
    files.save(tmp_path / "experiment", as_document(experiment))
    found = from_document(files.load(tmp_path / "experiment"), "float64")
    for place in (*found.points, found.training):
        assert isinstance(place.x, tuple)
        assert [array.dtype for array in place.x] == ["float64", "float64"]
        assert place.y.dtype == np.int32

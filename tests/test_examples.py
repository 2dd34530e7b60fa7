"""The examples in docstrings run, and print what stands there."""

import doctest
import importlib

import keras
import pytest

# The modules of what users call, and the command that runs any backend.
MODULES = [
    "keras_edu_backend.compare",
    "keras_edu_backend.rounding.digits",
    "keras_edu_backend.rounding.monte_carlo",
    "keras_edu_backend.trace",
    "conformance.subjects",
]


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_module_print_what_they_say(name):
    keras.utils.clear_session()  # a second model would be called "sequential_1"
    module = importlib.import_module(name)
    finder = doctest.DocTestFinder(exclude_empty=True)
    found = [test for test in finder.find(module, name) if test.examples]
    # What a module's own class defines is not found from the module.
    found += [test for test in finder.find(type(module), name) if test.examples]
    assert found, "no examples"
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS)
    for test in found:
        runner.run(test)
    assert runner.summarize(verbose=False).failed == 0

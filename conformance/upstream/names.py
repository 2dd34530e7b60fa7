"""What a test is called: ``layers.core.dense_test.DenseTest::test_dense_basics``.

The name is the one of pytest's JUnit files, ``classname::name``, with the module counted from
``keras.src``; the baseline of stock Keras is a list of such names. Workers read this file too, so
it imports nothing but the standard library.
"""

import fnmatch
import re

# A function among a test's parameters is written with its address, another one in each process.
_ADDRESS = re.compile(r"0x[0-9a-f]{6,}")


def module_of(file: str) -> str:
    """``"ops/nn_test.py"`` → ``"ops.nn_test"``."""
    return file.removesuffix(".py").replace("/", ".")


def name_of(file: str, nodeid: str) -> str:
    """The name of a test that pytest knows as `nodeid`.

    Args:
        file: the test file, counted from ``keras/src``.
        nodeid: pytest's name, ``path.py::Class::test[parameters]``; its path is not looked at.
    Returns:
        ``module.Class::test[parameters]``.
    Source: `_pytest.junitxml.mangle_test_address`.
    """
    within, bracket, parameters = nodeid.partition("::")[2].partition("[")
    *classes, function = within.split("::")
    name = ".".join([module_of(file), *classes]) + "::" + function + bracket + parameters
    return comparable(name)


def comparable(name: str) -> str:
    """The name without what differs from one process to the next."""
    return _ADDRESS.sub("0x…", name)


def matches(text: str, pattern: str) -> bool:
    """Whether `pattern` is a part of `text`, or a glob for the whole of it."""
    return pattern in text or fnmatch.fnmatchcase(text, pattern)

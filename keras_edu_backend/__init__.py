"""A Keras 3 backend that a person can read, written in small JAX functions.

Four ways to run a Keras program on it, the first two without a change to it:

* ``KERAS_BACKEND=edu python train.py``
* ``python -m keras_edu_backend train.py``
* ``os.environ["KERAS_BACKEND"] = "edu"`` before ``import keras``
* ``keras_edu_backend.activate()`` before ``import keras``

Importing this package is cheap on purpose: it loads neither JAX nor Keras, because a process that
imports Keras imports this package first, to see whether it has asked for ``edu`` by then.
"""

from keras_edu_backend.plugin import activate, is_active

__all__ = ["__version__", "activate", "compare", "digits", "is_active", "trace"]

__version__ = "0.1.0"


def __getattr__(name):
    """``compare``, ``digits`` and ``trace``, loaded when they are first asked for."""
    import importlib

    if name == "digits":
        return importlib.import_module("keras_edu_backend.rounding.digits").digits
    if name in ("compare", "trace"):
        return importlib.import_module(f"keras_edu_backend.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

"""The ops: those of `core` by their names, the others in modules."""

import sys

from keras_edu_backend.ops import core, image, linalg, math, nn, numpy
from keras_edu_backend.ops.core import *

# `import keras_edu.src.ops.numpy` is the same module, not a second one.
for _module in (core, image, linalg, math, nn, numpy):
    sys.modules[f"{__name__}.{_module.__name__.rpartition('.')[2]}"] = _module

__all__ = [*core.__all__, "core", "image", "linalg", "math", "nn", "numpy"]

"""What ``keras.ops.linalg`` calls: matrices taken apart, systems solved, sizes measured."""

from keras_edu_backend.missing import not_implemented
from keras_edu_backend.ops.linalg.decompositions import *
from keras_edu_backend.ops.linalg.matrices import *
from keras_edu_backend.ops.linalg.systems import *
from keras_edu_backend.ops.linalg.tangents import *


def __getattr__(name):
    return not_implemented(__name__, name)

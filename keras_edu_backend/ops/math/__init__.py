"""What ``keras.ops.math`` calls: segments, ranking, special functions, Fourier transforms."""

from keras_edu_backend.missing import not_implemented
from keras_edu_backend.ops.math.fourier import *
from keras_edu_backend.ops.math.ranking import *
from keras_edu_backend.ops.math.segments import *
from keras_edu_backend.ops.math.short_time_fourier import *
from keras_edu_backend.ops.math.special import *


def __getattr__(name):
    return not_implemented(__name__, name)

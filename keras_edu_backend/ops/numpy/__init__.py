"""``keras.ops`` as far as NumPy has the same functions, by the kind of thing they do."""

from keras_edu_backend.missing import not_implemented
from keras_edu_backend.ops.linalg.matrices import slogdet as slogdet  # Keras asks here
from keras_edu_backend.ops.numpy.arithmetic import *
from keras_edu_backend.ops.numpy.bitwise import *
from keras_edu_backend.ops.numpy.comparison import *
from keras_edu_backend.ops.numpy.counting import *
from keras_edu_backend.ops.numpy.creation import *
from keras_edu_backend.ops.numpy.cumulative import *
from keras_edu_backend.ops.numpy.exponentials import *
from keras_edu_backend.ops.numpy.indexing import *
from keras_edu_backend.ops.numpy.joining import *
from keras_edu_backend.ops.numpy.nan_reductions import *
from keras_edu_backend.ops.numpy.products import *
from keras_edu_backend.ops.numpy.reductions import *
from keras_edu_backend.ops.numpy.rounding import *
from keras_edu_backend.ops.numpy.shaping import *
from keras_edu_backend.ops.numpy.sorting import *
from keras_edu_backend.ops.numpy.statistics import *
from keras_edu_backend.ops.numpy.trigonometry import *
from keras_edu_backend.ops.numpy.vectorization import *
from keras_edu_backend.ops.numpy.windows import *


def __getattr__(name):
    return not_implemented(__name__, name)

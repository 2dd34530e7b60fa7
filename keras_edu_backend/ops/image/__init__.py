"""What ``keras.ops.image`` calls: colours, sizes, filters and changes of shape."""

from keras_edu_backend.missing import not_implemented
from keras_edu_backend.ops.image.color import *
from keras_edu_backend.ops.image.comparison import *
from keras_edu_backend.ops.image.elastic import *
from keras_edu_backend.ops.image.filters import *
from keras_edu_backend.ops.image.projection import *
from keras_edu_backend.ops.image.resizing import *
from keras_edu_backend.ops.image.sampling import *


def __getattr__(name):
    return not_implemented(__name__, name)

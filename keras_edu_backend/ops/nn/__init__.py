"""What ``keras.ops.nn`` calls: the parts that neural networks are made of."""

from keras_edu_backend.missing import not_implemented
from keras_edu_backend.ops.image.comparison import psnr as psnr  # Keras asks here
from keras_edu_backend.ops.nn.activations import *
from keras_edu_backend.ops.nn.attention import *
from keras_edu_backend.ops.nn.connectionist_temporal_classification import *
from keras_edu_backend.ops.nn.convolution import *
from keras_edu_backend.ops.nn.ctc_decoding import *
from keras_edu_backend.ops.nn.distributions import *
from keras_edu_backend.ops.nn.encodings import *
from keras_edu_backend.ops.nn.losses import *
from keras_edu_backend.ops.nn.normalization import *
from keras_edu_backend.ops.nn.patches import *
from keras_edu_backend.ops.nn.pooling import *


def __getattr__(name):
    return not_implemented(__name__, name)

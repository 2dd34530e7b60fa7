"""A fault in the stand-in: its sigmoid is too steep by one part in a thousand."""

from keras.src import backend

sigmoid = backend.nn.sigmoid
backend.nn.sigmoid = lambda x: sigmoid(1.001 * x)

"""What Keras mixes into every layer."""

from keras_edu_backend.layer import JaxLayer as BackendLayer

__all__ = ["BackendLayer"]

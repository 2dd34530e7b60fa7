"""What Keras mixes into every optimizer."""

from keras_edu_backend.optimizer import JaxOptimizer as BackendOptimizer

__all__ = ["BackendOptimizer"]

"""What Keras mixes into every model."""

from keras_edu_backend.training.trainer import JAXTrainer as Trainer

__all__ = ["Trainer"]

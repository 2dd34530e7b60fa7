"""Compare models across Keras backends: outputs, gradients, training and more.

`compare` runs the same `Experiment` on several `Subject`s, each in a process of its own, in float32
and in float64, and returns a `Report`. Importing this package loads neither Keras nor JAX.
"""

from keras_edu_backend.compare.engine import compare
from keras_edu_backend.compare.experiment import (
    Draws,
    Experiment,
    Point,
    Subject,
    Training,
    Updates,
)
from keras_edu_backend.compare.result import Comparison, Report

__all__ = [
    "Comparison",
    "Draws",
    "Experiment",
    "Point",
    "Report",
    "Subject",
    "Training",
    "Updates",
    "compare",
]

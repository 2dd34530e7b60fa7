"""Compare models across Keras backends: outputs, gradients, parameter counts and training runs.

`compare` runs the same `Experiment` on several `Subject`s, each in a process of its own, in float32
and in float64, and returns a `Report`. Importing this package loads neither Keras nor JAX.
"""

from keras_edu_backend.compare.engine import compare
from keras_edu_backend.compare.experiment import Experiment, Point, Subject, Training
from keras_edu_backend.compare.result import Comparison, Report

__all__ = ["Comparison", "Experiment", "Point", "Report", "Subject", "Training", "compare"]

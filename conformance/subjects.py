"""The backends that can be compared, by the name given to ``--backends``."""

from typing import Any

from keras_edu_backend.compare import Subject
from keras_edu_backend.compare.experiment import QUANTITIES

DEFAULT = ("edu", "jax", "reference")

KERAS_ON_JAX: Any = {
    "library": "keras on jax",
    "generator": "jax.random",
    "requires": ("keras", "jax"),
}

SUBJECTS = {
    subject.name: subject
    for subject in (
        Subject("edu", backend="edu", **KERAS_ON_JAX),
        Subject("jax", backend="jax", **KERAS_ON_JAX),
        Subject("tensorflow", backend="tensorflow", requires=("keras", "tensorflow")),
        Subject("torch", backend="torch", requires=("keras", "torch")),
        Subject(
            "numpy",
            backend="numpy",
            requires=("keras", "jax"),
            quantities=("parameters", "outputs", "activations", "draws"),
        ),
        Subject(
            "reference",
            backend="",
            generator="jax.random",
            requires=("reference_models", "jax"),
            quantities=QUANTITIES,
            adapter="conformance.reference:ReferenceAdapter",
        ),
    )
}

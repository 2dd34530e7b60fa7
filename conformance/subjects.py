"""The backends that can be compared, by the name given to ``--backends``."""

from keras_edu_backend.compare import Subject

DEFAULT = ("edu", "jax", "reference")

SUBJECTS = {
    subject.name: subject
    for subject in (
        Subject("edu", backend="edu", library="keras on jax", requires=("keras", "jax")),
        Subject("jax", backend="jax", library="keras on jax", requires=("keras", "jax")),
        Subject("tensorflow", backend="tensorflow", requires=("keras", "tensorflow")),
        Subject("torch", backend="torch", requires=("keras", "torch")),
        Subject(
            "numpy",
            backend="numpy",
            requires=("keras", "jax"),
            quantities=("parameters", "outputs"),
        ),
        Subject(
            "reference",
            backend="",
            requires=("reference_models", "jax"),
            adapter="conformance.reference:ReferenceAdapter",
        ),
    )
}

"""The models of five introductory documents in plain JAX, backpropagation written out by hand.

`catalog()` returns the networks by name; each is one module in `reference_models.networks`. The
parts they are made of are one module each: activations, losses, initializers, optimizers and so
on. Nothing here imports Keras.
"""

try:
    from reference_models.catalog import catalog
except ModuleNotFoundError as error:
    if error.name not in ("jaxtyping", "sklearn"):
        raise
    raise ModuleNotFoundError(
        f"The reference models need {error.name}, which is not installed: "
        'pip install "keras-edu-backend[reference]"',
        name=error.name,
    ) from None

__all__ = ["catalog"]

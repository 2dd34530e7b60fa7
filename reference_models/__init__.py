"""The models of five introductory documents in plain JAX, backpropagation written out by hand.

`catalog()` returns the networks by name; each is one module in `reference_models.networks`. The
parts they are made of are one module each: activations, losses, initializers, optimizers and so
on. Nothing here imports Keras.
"""

from reference_models.catalog import catalog

__all__ = ["catalog"]

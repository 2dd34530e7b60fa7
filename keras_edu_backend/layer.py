"""What this backend adds to every Keras layer: nothing."""


class JaxLayer:
    """The base class that Keras mixes into ``keras.Layer`` on a JAX backend.

    Keras keeps the place for Flax NNX modules, which this backend does not have.
    """

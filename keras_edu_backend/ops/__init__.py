"""What ``keras.ops`` calls, grouped as the field groups it.

These modules need JAX and ``keras.src.backend.common`` only, so they can be imported into a
process that runs stock Keras too, where an op can be set beside its production twin.
"""

# Keras first, whoever is the first to come here: Keras imports the backend's parts in an order of
# its own, and a part that were half imported at that moment could not answer.
import keras  # noqa: F401

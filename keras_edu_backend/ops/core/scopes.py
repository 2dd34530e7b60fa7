"""``with`` blocks: the name that ops run under, and the device that arrays are put on."""

import jax
from keras.src.backend.common.name_scope import name_scope as keras_name_scope

from keras_edu_backend import distribution_lib


class name_scope(keras_name_scope):
    """Names the ops inside, for Keras (variable paths) and for JAX (profiles, compiled programs).

    Args:
        name: one component of the path; nested scopes join with ``/``.
        **kwargs: Keras's ``caller`` and ``deduplicate``: with the latter, the same caller entering
            the same name again adds nothing.
    Source: ``keras.name_scope``.
    """

    def __init__(self, name, **kwargs):
        super().__init__(name, **kwargs)
        self._jax_scope = jax.named_scope(name)

    def __enter__(self):
        super().__enter__()
        if self._pop_on_exit:
            self._jax_scope.__enter__()
        return self

    def __exit__(self, *args, **kwargs):
        super().__exit__(*args, **kwargs)
        if self._pop_on_exit:
            self._jax_scope.__exit__(*args, **kwargs)


def device_scope(device_name):
    """A ``with`` block in which new arrays are put on one device.

    Args:
        device_name: ``"cpu:0"``, ``"gpu:1"``, …, or a ``jax.Device``.
    Raises:
        ValueError: neither a string nor a device, or no such device.
    Source: ``keras.device``.
    """
    if isinstance(device_name, str):
        device_name = distribution_lib._to_backend_device(device_name.lower())
    if not isinstance(device_name, jax.Device):
        raise ValueError(
            "device: expected a string such as 'gpu:0' or a `jax.Device`. Received: "
            f"device_name='{device_name}'"
        )
    return jax.default_device(device_name)

"""A name that a module of ops does not have: misspelt, or an op that is not written yet."""


class NotWrittenYet(NotImplementedError, AttributeError):
    """Keras has an op of this name, and this backend does not.

    To ``hasattr`` and ``from … import`` it is an attribute that is missing.
    """


def not_implemented(module, name):
    """Raise the error for a missing name, from a module's ``__getattr__``.

    Args:
        module: the module's name, such as ``"keras_edu_backend.ops.numpy"``.
        name: the name that was asked for.
    Raises:
        NotWrittenYet: Keras has an op of this name.
        AttributeError: it has none.
    """
    if name.startswith("_") or not _keras_has(name):
        raise AttributeError(f"module {module!r} has no attribute {name!r}", name=name)
    room = module.removeprefix("keras_edu_backend.").removeprefix("ops.")
    raise NotWrittenYet(
        f"The edu backend does not implement `{room}.{name}` yet. KERAS_BACKEND=jax does."
    )


def _keras_has(name):
    # Only now: Keras imports this backend before it has any ops.
    from keras import ops

    return hasattr(ops, name)

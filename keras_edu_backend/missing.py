"""What is not written yet says so, by name, when it is called."""


def not_implemented(module, name):
    """An op that raises ``NotImplementedError``, for a module's ``__getattr__``.

    Args:
        module: the module's name, such as ``"keras_edu_backend.ops.numpy"``.
        name: the op that was asked for.
    Raises:
        AttributeError: the name is private, so no op of Keras's.
    """
    if name.startswith("_"):
        raise AttributeError(f"module {module!r} has no attribute {name!r}")
    room = module.removeprefix("keras_edu_backend.").removeprefix("ops.")

    def op(*args, **kwargs):
        raise NotImplementedError(
            f"The edu backend does not implement `{room}.{name}` yet. KERAS_BACKEND=jax does."
        )

    op.__name__ = op.__qualname__ = name
    return op

"""Parts of Keras that few programs use wait until one does: 0.8 s of 2.1 s to start and train.

They import scikit-learn (with SciPy) and matplotlib, if installed.
"""

import importlib.util

DEFERRED = frozenset(
    {
        "keras.wrappers",
        "keras._tf_keras.keras.wrappers",
        "keras.visualization",
        "keras._tf_keras.keras.visualization",
        "keras.src.visualization",
    }
)


def run_when_used(spec):
    """The spec of a module whose code runs when one of its names is used first.

    Args:
        spec: the spec as Python's finders give it, or None; it is changed.
    """
    if spec is not None and spec.loader is not None:
        spec.loader = importlib.util.LazyLoader(spec.loader)
    return spec

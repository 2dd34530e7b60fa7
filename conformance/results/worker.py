"""What the process that trains runs: `start` once, and then `train` for each run."""

from typing import Any


def start() -> None:
    """Load Keras, on the backend that this process has, and what every run needs."""
    import keras  # noqa: F401

    from conformance.results import rows, run  # noqa: F401


def train(row: str, side: str, seed: int) -> dict[str, Any]:
    """One run; see `run.run`."""
    import keras

    from conformance.results.rows import BY_KEY
    from conformance.results.run import run

    try:
        return run(BY_KEY[row], side, seed)
    finally:
        keras.utils.clear_session()

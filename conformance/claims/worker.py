"""What runs in the process that measures claims: `start` once, and then `train` for each claim."""

from typing import Any


def start() -> None:
    """Load Keras, on the backend that this process has, and the claims."""
    import keras  # noqa: F401

    from conformance.claims.themes import all_claims

    all_claims()


def train(row: str, side: str, seed: int) -> dict[str, Any]:
    """The numbers of the claim that ``row`` names; ``side`` and ``seed`` are not used."""
    import keras

    from conformance.claims.claim import measured
    from conformance.claims.themes import all_claims

    try:
        return measured(all_claims()[row])
    finally:
        keras.utils.clear_session()

"""What a claim is."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from matplotlib.figure import Figure

Numbers = dict[str, Any]


@dataclasses.dataclass(frozen=True)
class Claim:
    """Something that a document says of how networks behave, and how to see whether it is so.

    Attributes:
        name: its name on the command line.
        document: number of the document that says it.
        section: the section there.
        says: the claim, in a sentence.
        measure: measures it with Keras, on whichever backend this process has, and in plain JAX
            where `reference_models` has the same; returns numbers and lists of numbers by name.
        holds: what must be true of these numbers: statement -> whether it is.
        draw: a picture of the numbers.
        otherwise: arguments of `measure` for the opposite case, where some statement is false.
    """

    name: str
    document: int
    section: str
    says: str
    measure: Callable[..., Numbers]
    holds: Callable[[Numbers], Mapping[str, bool]]
    draw: Callable[[Numbers], Figure]
    otherwise: Mapping[str, Any]


def measured(claim: Claim, **arguments: Any) -> Numbers:
    """Measures a claim.

    Args:
        claim: the `Claim`.
        **arguments: handed to its `measure`.

    Returns:
        Its numbers, as JSON can hold them.
    """
    return {name: _plain(value) for name, value in claim.measure(**arguments).items()}


def statements(claim: Claim, numbers: Numbers) -> dict[str, bool]:
    """What a claim says of its numbers, and whether it is so.

    Args:
        claim: the `Claim`.
        numbers: as `measured` returns them.

    Returns:
        Statement -> True or False.
    """
    return {statement: bool(held) for statement, held in claim.holds(numbers).items()}


def _plain(value):
    """NumPy's and JAX's numbers as Python's."""
    if isinstance(value, Mapping):
        return {str(key): _plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    return value.tolist() if hasattr(value, "tolist") else value

"""Which tests a run is about: a part of the suite, by name or by share."""

from collections.abc import Collection, Mapping

from conformance.upstream.names import matches, module_of, name_of
from conformance.upstream.suite import Unit

# Importing Keras, JAX and TensorFlow for a file costs about as much as this many tests.
_START_UP = 20


def select(
    units: list[Unit], patterns: Collection[str], stock: Mapping[Unit, Collection[str]]
) -> tuple[list[Unit], dict[Unit, list[str]]]:
    """The units that any pattern means.

    Args:
        units: the whole suite.
        patterns: each a part of, or a glob for, a file's path or module (``layers/core``,
            ``*/einsum*_test.py``, ``ops.nn_test``) or a test's name, also as pytest writes it
            (``DenseTest::test_dense_basics``). None: everything.
        stock: the names of each unit's tests that stock passes, by which those units are found
            of which only some tests are meant.
    Returns:
        The units to run, and for those of them that are not to run whole, the patterns for the
        names of their tests.
    """
    if not patterns:
        return units, {}
    names = [_as_name(pattern) for pattern in patterns]
    chosen, only = [], {}
    for unit in units:
        ways_to_say_it = (unit.file, module_of(unit.file))
        if any(matches(way, _as_path(p)) for p in patterns for way in ways_to_say_it):
            chosen.append(unit)
            continue
        meant = [name for name in names if _can_mean(name, unit, stock.get(unit, ()))]
        if meant:
            chosen.append(unit)
            only[unit] = meant
    return chosen, only


def shard(units: list[Unit], index: int, count: int, weights: Mapping[Unit, int]) -> list[Unit]:
    """The share number `index`, counted from 1, of `count` shares of about equal length.

    Every unit is in exactly one share, and in the same one on every machine.

    Args:
        units: what to share out.
        index: which share, from 1 to `count`.
        count: how many shares.
        weights: how many tests each unit is expected to have.
    """
    shares: list[list[Unit]] = [[] for _ in range(count)]
    loads = [0] * count
    for unit in sorted(units, key=lambda unit: (-weights[unit], unit)):
        lightest = loads.index(min(loads))
        shares[lightest].append(unit)
        loads[lightest] += weights[unit] + _START_UP
    return sorted(shares[index - 1])


def _can_mean(pattern, unit, stock):
    module = module_of(unit.file)
    # A test that stock does not pass is in no list; its module's name says where to look.
    in_module = pattern.startswith((module + ".", module + "::"))
    return in_module or any(matches(name, pattern) for name in stock)


def _as_path(pattern):
    """Counted from where the suite counts: a path can be given as it lies in the environment."""
    return pattern.rpartition("keras/src/")[2]


def _as_name(pattern):
    file, found, _ = pattern.partition(".py::")
    return name_of(_as_path(file), pattern) if found else pattern

"""The garbage collector waits while many objects are made, and collects again afterwards."""

import gc
import weakref

from keras_edu_backend.startup.garbage import collector_waits


class Node:
    """An object that names itself: only the collector can free it."""

    def __init__(self):
        self.itself = self


def test_nothing_is_collected_meanwhile_and_all_garbage_afterwards():
    for all_stay in (False, True):
        with collector_waits(all_stay):
            assert not gc.isenabled()
            seen = [weakref.ref(Node()) for _ in range(10_000)]
            assert all(node() is not None for node in seen)
        assert gc.isenabled()
        gc.collect()
        assert not any(node() is not None for node in seen)


def test_what_stays_is_not_looked_at_again_with_the_young():
    with collector_waits(all_stay=True):
        kept = [Node() for _ in range(1000)]
    young = {id(node) for generation in (0, 1) for node in gc.get_objects(generation)}
    assert not young & {id(node) for node in kept}


def test_a_collector_that_was_off_stays_off():
    gc.disable()
    try:
        with collector_waits():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_what_a_program_froze_itself_stays_frozen():
    gc.freeze()
    try:
        frozen = gc.get_freeze_count()
        with collector_waits(all_stay=True):
            pass
        assert gc.get_freeze_count() == frozen > 0
    finally:
        gc.unfreeze()

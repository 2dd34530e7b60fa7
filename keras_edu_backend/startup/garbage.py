"""Python's garbage collector waits while objects are made that stay: 0.16 s of 1.4 s to start.

Whenever many new objects have come, the collector looks at them, and now and then at all there are;
with Keras and JAX loaded that is most of a million, and takes a tenth of a second. Importing and
tracing make objects by the hundred thousand, and next to none of them is garbage.
"""

import contextlib
import gc

# Python 3.12 freezes some hundred objects of its own at its start.
_FROZEN_BEFORE = gc.get_freeze_count()


@contextlib.contextmanager
def collector_waits(all_stay=False):
    """While open, nothing is collected but what Python frees at once, having lost its last name.

    Args:
        all_stay: whether the new objects are to count as old ones afterwards, which only a full
            collection looks at. Otherwise the next collection of the young looks at all of them.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        # Objects that are frozen and thawed are old; what a program froze itself stays as it is.
        if all_stay and gc.get_freeze_count() <= _FROZEN_BEFORE:
            gc.freeze()
            gc.unfreeze()
        if collecting:
            gc.enable()

"""Python's garbage collector, told to wait while many objects are made that stay.

Whenever many new objects have come, the collector looks at all there are; with Keras and JAX loaded
that is most of a million, and takes a tenth of a second. Importing and tracing make objects by the
hundred thousand, and next to none of them is garbage.
"""

import contextlib
import gc


@contextlib.contextmanager
def collector_waits():
    """While open, nothing is collected but what Python frees at once, having lost its last name."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()

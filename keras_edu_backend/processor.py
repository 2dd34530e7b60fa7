"""What this processor is, where numbers or kept programs depend on it."""

import functools
import hashlib
import os
import platform

# As Linux calls the lines, on x86 and on ARM.
_ABOUT_FEATURES = ("flags", "Features", "model name", "CPU part")


@functools.cache
def features():
    """What the system says of the processor's kind and instructions; a text, empty if nothing."""
    about = platform.processor()
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            about += "".join(sorted({line for line in file if line.startswith(_ABOUT_FEATURES)}))
    except OSError:
        pass  # not Linux
    return about


def kind():
    """A name for the kind of processor: a program compiled for one may not run on another."""
    return f"{platform.machine()}-{hashlib.sha256(features().encode()).hexdigest()[:12]}"


def rounds_products_and_sums_once():
    """Whether XLA's programs for this processor are known to round a·b + c once, not twice.

    XLA lets LLVM contract a product and a sum into one instruction wherever there is one. That is
    known here of x86 with FMA, unless XLA has been told to leave out newer instructions.
    """
    told = "xla_cpu_max_isa" in os.environ.get("XLA_FLAGS", "")
    return platform.machine() == "x86_64" and " fma " in features() and not told

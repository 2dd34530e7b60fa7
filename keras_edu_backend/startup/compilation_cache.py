"""Compiled programs are kept from one process to the next.

Compiling is most of what a short training run waits for. JAX can keep compiled programs in a
folder; it does so when told where. Unless the program or its user has told it already, they go to
the user's cache folder. ``KERAS_EDU_COMPILATION_CACHE`` says otherwise: ``0`` for not at all, or
another folder.
"""

import atexit
import contextlib
import os
from pathlib import Path

import jax
import platformdirs

from keras_edu_backend import processor

VARIABLE = "KERAS_EDU_COMPILATION_CACHE"

# When there are more, the programs used longest ago go, until a quarter of this is free.
LARGEST_BYTES = 512 * 2**20

_OFF = ("0", "off", "false", "no")


def keep_compiled_programs():
    """Tell JAX where to keep compiled programs.

    Returns:
        The folder, or None where it is not this function that says.
    """
    wish = os.environ.get(VARIABLE, "").strip()
    chosen_elsewhere = (
        jax.config.jax_compilation_cache_dir is not None
        or not jax.config.jax_enable_compilation_cache
    )
    if wish.lower() in _OFF or chosen_elsewhere:
        return None
    # Home folders are shared between machines.
    root = Path(wish).expanduser() if wish else platformdirs.user_cache_path("keras-edu-backend")
    folder = root / processor.kind()
    try:
        # JAX runs what it finds there, so nobody else is to put anything there.
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
    except OSError:
        # A home that cannot be written to is no reason to fail; programs are compiled anew.
        return None
    if not os.access(folder, os.W_OK):
        return None
    jax.config.update("jax_compilation_cache_dir", str(folder))
    # A small model has many programs that take some hundredths of a second each.
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
    # JAX has a limit of its own, but with it looks at every program there is whenever it adds one:
    # beside 4,500 programs, each new one took 0.25 s longer.
    atexit.register(_make_room, folder, folder.stat().st_mtime_ns)
    return folder


def _make_room(folder, began):
    """Delete the programs used longest ago, if there are too many.

    Args:
        folder: where they are.
        began: when the folder had last changed as this process began. If it has not changed since,
            this process added nothing.
    """
    # Other processes may delete, too, and none of this is worth failing for.
    with contextlib.suppress(OSError):
        if folder.stat().st_mtime_ns == began:
            return
        files = []
        for entry in os.scandir(folder):
            with contextlib.suppress(OSError):
                about = entry.stat()
                # Not every file system notes when a file is read.
                used = max(about.st_atime_ns, about.st_mtime_ns)
                files.append((used, entry.path, about.st_size))
        size = sum(bytes_ for _, _, bytes_ in files)
        if size <= LARGEST_BYTES:
            return
        for _, path, bytes_ in sorted(files):
            if size <= LARGEST_BYTES * 3 // 4:
                break
            with contextlib.suppress(OSError):
                os.unlink(path)
            size -= bytes_

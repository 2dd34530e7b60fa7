"""Compiled programs are kept from one process to the next: 0.6 s of 1.9 s to start and train.

Compiling is most of what a short training run waits for. JAX can keep compiled programs in a
folder; it does so when told where. Unless the program or its user has told it already, this
backend's programs go to the user's cache folder. ``KERAS_EDU_COMPILATION_CACHE`` says otherwise:
``0`` for not at all, or another folder. ``JAX_COMPILATION_CACHE_DIR`` keeps all programs there, by
JAX's own means.

JAX writes each program in place, takes what it finds there, and mends nothing: a torn file stays,
with a warning at every start. Here a file is whole or it is not there.
"""

import atexit
import contextlib
import hashlib
import os
import shutil
import sys
import tempfile
from pathlib import Path

import jax
import platformdirs

from keras_edu_backend import processor

VARIABLE = "KERAS_EDU_COMPILATION_CACHE"

# When there are more, the programs used longest ago go, until a quarter of this is free.
LARGEST_BYTES = 512 * 2**20

_OFF = ("0", "off", "false", "no")

_DIGEST_BYTES = hashlib.sha256().digest_size


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
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        usable = _make_private(folder)
    except OSError:
        # A home that cannot be written to is no reason to fail; programs are compiled anew.
        return None
    if not usable or not _answer_jax(folder):
        return None
    jax.config.update("jax_compilation_cache_dir", str(folder))
    # A small model has many programs that take some hundredths of a second each.
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
    # JAX has a limit of its own, but with it looks at every program there is whenever it adds one:
    # beside 4,500 programs, each new one took 0.25 s longer.
    atexit.register(_make_room, folder, folder.stat().st_mtime_ns)
    return folder


def _make_private(folder):
    """Make a folder its owner's alone, or say that it cannot be used.

    JAX runs what it finds there, so nobody else is to put anything there.
    """
    folder.mkdir(mode=0o700, exist_ok=True)
    if os.name == "nt":
        return os.access(folder, os.W_OK)
    about = folder.stat()
    if about.st_uid != os.getuid():
        return False
    if about.st_mode & 0o022:
        # Whoever could write there may have put these programs there.
        shutil.rmtree(folder)
        folder.mkdir(mode=0o700)
    elif about.st_mode & 0o055:
        folder.chmod(0o700)
    return os.access(folder, os.W_OK)


def _answer_jax(folder):
    """Have JAX use `Programs` for this folder, and for any other what it would use anyway.

    Returns:
        Whether this JAX asks where it is expected to.
    """
    from jax._src import compilation_cache as jax_cache

    others = getattr(jax_cache, "get_file_cache", None)
    if others is None:
        return False

    def get_file_cache(path):
        return (Programs(folder), path) if path == str(folder) else others(path)

    jax_cache.get_file_cache = get_file_cache
    return True


class Programs:
    """The compiled programs in a folder, as JAX asks for them and hands them over."""

    def __init__(self, folder):
        self._path = folder  # JAX's name for it

    def get(self, key):
        """The program kept under a key, or None where none is, or one that is not whole."""
        if not _asked_by_this_backend():
            return None
        try:
            kept = self._file(key).read_bytes()
        except OSError:
            return None
        digest, program = kept[:_DIGEST_BYTES], kept[_DIGEST_BYTES:]
        return program if digest == _digest(key, program) else None

    def put(self, key, program):
        """Keep a program under a key: written beside its place first, then moved there."""
        if not _asked_by_this_backend():
            return
        # Without a program in the folder nothing is lost but time.
        with contextlib.suppress(OSError):
            handle, part = tempfile.mkstemp(suffix="-part", dir=self._path)
            try:
                with open(handle, "wb") as file:
                    file.write(_digest(key, program) + program)
                os.replace(part, self._file(key))
            except BaseException:
                os.unlink(part)
                raise

    def _file(self, key):
        return self._path / f"{key}-cache"


def _digest(key, program):
    """What stands before a program in its file. Another key's program has another."""
    return hashlib.sha256(key.encode() + b"\0" + program).digest()


# Code that may stand between JAX's compiler and whoever called into JAX.
_BETWEEN = ("jax", "jaxlib", "contextlib", "functools")


def _asked_by_this_backend():
    """Whether this backend or Keras called into JAX for the program that is being compiled.

    What a program compiles with JAX by itself is its own affair.
    """
    frame = sys._getframe(2)  # who asked `Programs`: JAX
    while frame is not None:
        package = frame.f_globals.get("__name__", "").partition(".")[0]
        if package not in _BETWEEN:
            return package in ("keras", "keras_edu_backend")
        frame = frame.f_back
    return False


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

"""Compiled programs are kept from one process to the next.

Compiling is most of what a short training run waits for. JAX can keep compiled programs in a
folder; it does so when told where. Unless the program or its user has told it already, they go to
the user's cache folder. ``KERAS_EDU_COMPILATION_CACHE`` says otherwise: ``0`` for not at all, or
another folder.
"""

import os
from pathlib import Path

import jax
import platformdirs

from keras_edu_backend import processor

VARIABLE = "KERAS_EDU_COMPILATION_CACHE"

# The programs used longest ago make room for new ones.
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
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        # A home that cannot be written to is no reason to fail; programs are compiled anew.
        return None
    if not os.access(folder, os.W_OK):
        return None
    jax.config.update("jax_compilation_cache_dir", str(folder))
    jax.config.update("jax_compilation_cache_max_size", LARGEST_BYTES)
    # A small model has many programs that take some hundredths of a second each.
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
    return folder

"""How Keras comes to load this package: the only file that knows.

Keras 3.15 has no official way in for a backend from outside. It picks one of its own folders by
name when it is imported: for the name ``jax``, everything comes from the package
``keras.src.backend.jax``. This backend takes that place. An import finder, installed before Keras
is imported, answers ``keras.src.backend.jax`` and its submodules with the modules listed in
``MODULES`` below, so no file of Keras's own JAX backend is ever read. Keras then says that its
backend is ``"jax"``, which is true of every tensor it makes.

The environment goes on saying ``KERAS_BACKEND=edu``, so that child processes come here too; only
Keras's configuration module is told ``jax``.

Notebooks set that variable in their first lines, after Python's start-up line has run. So the line
leaves a finder that looks at one name, ``keras``, and calls ``find_keras`` below when a program
imports it.

When Keras finds backends by itself (RFC keras-team/keras#23523), the name ``edu`` will find the
package ``keras_edu``, and this file is the one that goes.
"""

import importlib
import importlib.machinery
import json
import os
import re
import sys
import warnings

from keras_edu_backend.startup import DEFERRED, collector_waits, run_when_used

NAME = "edu"

# The range of Keras versions whose seams were read and tested, as (first, first not supported).
SUPPORTED_KERAS = ("3.15", "3.16")

PLACE = "keras.src.backend.jax"

# Keras's name for each part of a backend, and the module of ours that is it.
MODULES = {
    PLACE: "keras_edu_backend.backend",
    f"{PLACE}.core": "keras_edu_backend.ops.core",
    f"{PLACE}.numpy": "keras_edu_backend.ops.numpy",
    f"{PLACE}.nn": "keras_edu_backend.ops.nn",
    f"{PLACE}.math": "keras_edu_backend.ops.math",
    f"{PLACE}.linalg": "keras_edu_backend.ops.linalg",
    f"{PLACE}.image": "keras_edu_backend.ops.image",
    f"{PLACE}.random": "keras_edu_backend.random",
    f"{PLACE}.rnn": "keras_edu_backend.rnn",
    f"{PLACE}.sparse": "keras_edu_backend.sparse",
    f"{PLACE}.layer": "keras_edu_backend.layer",
    f"{PLACE}.optimizer": "keras_edu_backend.optimizer",
    f"{PLACE}.trainer": "keras_edu_backend.training.trainer",
    f"{PLACE}.distribution_lib": "keras_edu_backend.distribution_lib",
    f"{PLACE}.export": "keras_edu_backend.export",
    f"{PLACE}.tensorboard": "keras_edu_backend.tensorboard",
}


def activate():
    """Make Keras use this backend when it is imported in this process and in its children.

    Calling it again is harmless.

    Raises:
        RuntimeError: Keras was imported before, on another backend.
    """
    if _is_installed():
        return
    if "keras" in sys.modules:
        raise RuntimeError(
            "keras_edu_backend.activate() was called after Keras had been imported: Keras chooses "
            "its backend once, at import. Call activate() before the first `import keras`, or set "
            "KERAS_BACKEND=edu in the environment of the program."
        )
    os.environ["KERAS_BACKEND"] = NAME
    _install()


def is_active():
    """Whether this backend answers for Keras in this process, or will when Keras is imported
    (``keras.backend.backend()`` says ``"jax"`` either way, since the tensors are JAX arrays)."""
    return _is_installed() or any(_asked_at_start(finder) for finder in sys.meta_path)


def start():
    """What Python 3.15 calls at start-up: does what the line in the ``.pth`` file does."""
    sys.meta_path.insert(0, _Waiting(os.environ.get("KERAS_BACKEND")))


def find_keras():
    """Answer ``import keras`` where Python's start-up left a finder that waits for it.

    Returns:
        The spec of Keras on this backend, where ``KERAS_BACKEND`` said ``edu`` at the start of
        Python or says so now, or where it is unset and Keras's configuration file says
        ``"backend": "edu"``. None otherwise, and where this backend was switched on before: Python
        then asks its other finders.
    """
    if _is_installed() or "keras" in sys.modules:
        return None
    if not is_active() and (os.environ.get("KERAS_BACKEND") or _configured_backend()) != NAME:
        return None
    _install()
    return sys.meta_path[0].find_spec("keras")


class _Waiting:
    """What Python's start-up leaves on ``sys.meta_path``."""

    def __init__(self, asked_for):
        self.asked_for = asked_for  # what the environment said at the start

    def find_spec(self, fullname, path=None, target=None):
        return find_keras() if fullname == "keras" else None


def _install():
    sys.meta_path.insert(0, _Finder())


def _is_installed():
    return any(getattr(finder, "answers_for", None) == NAME for finder in sys.meta_path)


def _asked_at_start(finder):
    return getattr(finder, "asked_for", None) == NAME


class _Finder:
    """Answers for the backend's place, and looks on while Keras reads its configuration."""

    # Known by its mark, not by its class: `keras.config.set_backend` makes Python import every
    # module whose name begins with "keras" anew, this one included, while the finder stays.
    answers_for = NAME

    def find_spec(self, fullname, path=None, target=None):
        if fullname in MODULES:
            return importlib.machinery.ModuleSpec(
                fullname, _TakesThePlace(MODULES[fullname]), is_package=fullname == PLACE
            )
        if fullname.startswith(PLACE + "."):
            raise ModuleNotFoundError(
                f"No module named {fullname!r}: the edu backend answers for {PLACE} and has no "
                "such part",
                name=fullname,
            )
        if fullname == "keras":
            return self._watched(fullname, path, before=self._check_installation)
        if fullname in DEFERRED:
            return run_when_used(self._watched(fullname, path))
        if fullname == "keras.src.backend.config":
            return self._watched(
                fullname, path, before=_refuse_nnx, after=self._tell_keras_which_backend
            )
        return None

    def _watched(self, fullname, path, before=None, after=None):
        """The spec that Python would have found without us, with something to do around it."""
        for finder in sys.meta_path:
            if finder is self or not hasattr(finder, "find_spec"):
                continue
            spec = finder.find_spec(fullname, path)
            if spec is not None:
                if spec.loader is not None:
                    spec.loader = _Watched(spec.loader, before, after)
                return spec
        return None

    def _check_installation(self, module):
        version = _keras_version(module.__spec__.origin)
        first, end = SUPPORTED_KERAS
        supported = _as_numbers(first) <= _as_numbers(version) < _as_numbers(end)
        if not supported and os.environ.get("KERAS_EDU_ANY_KERAS") == "1":
            warnings.warn(
                f"Keras {version} was not tested with the edu backend, which works with Keras "
                f"{first} up to, not including, {end}. It is tried because KERAS_EDU_ANY_KERAS=1. "
                "`python -m keras_edu_backend.keras_seam` says what this Keras moved.",
                RuntimeWarning,
                stacklevel=2,
            )
        elif not supported:
            raise ImportError(
                f"The edu backend (keras-edu-backend) works with Keras {first} up to, not "
                f"including, {end}; Keras {version} is installed. Install a supported version, for "
                f'example `pip install "keras>={first},<{end}"`, or choose another KERAS_BACKEND. '
                "KERAS_EDU_ANY_KERAS=1 tries this version all the same."
            )
        try:
            import jax  # noqa: F401
        except ImportError as error:
            raise ImportError(
                f"KERAS_BACKEND={NAME} needs JAX, which could not be imported ({error}). "
                "Install it with `pip install jax`."
            ) from error

    def _tell_keras_which_backend(self, config):
        asked = os.environ.get("KERAS_BACKEND")
        if asked in (None, "", NAME, "jax"):
            config._BACKEND = "jax"
            os.environ["KERAS_BACKEND"] = NAME
        else:
            # The program's own word, said after ours, wins, as it does with stock Keras.
            sys.meta_path.remove(self)
            for finder in filter(_asked_at_start, sys.meta_path):
                finder.asked_for = None
            warnings.warn(
                f"The edu backend was switched on, but the program then set KERAS_BACKEND={asked}: "
                f"Keras runs on {asked}, not on edu.",
                RuntimeWarning,
                stacklevel=2,
            )


class _Watched:
    """A loader that calls ``before(module)`` and ``after(module)`` around the real one's work."""

    def __init__(self, loader, before, after):
        self.loader = loader
        self.before = before
        self.after = after

    def __getattr__(self, name):
        return getattr(self.loader, name)

    def create_module(self, spec):
        return self.loader.create_module(spec)

    def exec_module(self, module):
        module.__spec__.loader = module.__loader__ = self.loader
        with collector_waits(all_stay=True):
            if self.before is not None:
                self.before(module)
            self.loader.exec_module(module)
            if self.after is not None:
                self.after(module)


class _TakesThePlace:
    """Gives the module called ``ours`` wherever Keras asks for one of its own."""

    def __init__(self, ours):
        self.ours = ours

    def create_module(self, spec):
        module = importlib.import_module(self.ours)
        # Python writes the asked-for spec onto whatever comes back; the module keeps its own.
        self.own_spec = module.__spec__
        return module

    def exec_module(self, module):
        module.__spec__ = self.own_spec
        # A part that is imported later is written over what the package has under its name: the
        # module `rnn` over the function. So parts that the package has are there from now on.
        for place, ours in MODULES.items():
            package, _, name = place.rpartition(".")
            if MODULES.get(package) == self.ours and ours in sys.modules and hasattr(module, name):
                sys.modules.setdefault(place, sys.modules[ours])


def _configured_backend():
    """The backend named in Keras's configuration file, or None; found and read as Keras does."""
    folder = os.environ.get("KERAS_HOME")
    if folder is None:
        home = os.path.expanduser("~")
        folder = os.path.join(home if os.access(home, os.W_OK) else "/tmp", ".keras")
    try:
        with open(os.path.expanduser(os.path.join(folder, "keras.json")), encoding="utf-8") as file:
            return json.load(file).get("backend")
    except (OSError, ValueError, AttributeError):
        return None  # Keras itself says what is wrong with the file


def _keras_version(origin):
    """The version in ``keras/src/version.py``, read as text: nothing of Keras has run yet."""
    if origin is None:
        return "unknown"
    try:
        path = os.path.join(os.path.dirname(origin), "src", "version.py")
        with open(path, encoding="utf-8") as file:
            found = re.search(r"""^__version__\s*=\s*["']([^"']+)["']""", file.read(), re.M)
    except OSError:
        return "unknown"
    return found.group(1) if found else "unknown"


def _as_numbers(version):
    """``"3.15.1"`` → ``(3, 15)``: major and minor; anything else compares below all versions."""
    found = re.match(r"(\d+)\.(\d+)", version)
    return tuple(map(int, found.groups())) if found else (0, 0)


def _refuse_nnx(_config):
    if os.environ.get("KERAS_NNX_ENABLED", "").lower() in ("1", "true"):
        raise NotImplementedError(
            "KERAS_NNX_ENABLED is set, but the edu backend does not implement Flax NNX "
            "variables. Unset it, or use KERAS_BACKEND=jax."
        )

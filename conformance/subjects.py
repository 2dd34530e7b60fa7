"""The backends that can be compared, by the name given to ``--backends`` or ``--backend``.

Those of `SUBJECTS` are known. Any other is described where it is named, so that the author of a
backend can use every command here without a change to it:

    python -m conformance --backends edu,tinygrad
    python -m conformance --backends edu,tinygrad=keras_tinygrad@tinygrad
    python -m conformance fuzz --backends edu,mine=my_package.backend+my_package.ops
    python -m conformance.upstream --backend tinygrad
"""

import importlib.util
import re
from typing import Any

import click

from keras_edu_backend.compare import Subject
from keras_edu_backend.compare.experiment import QUANTITIES

DEFAULT = ("edu", "jax", "reference")

KERAS_ON_JAX: Any = {
    "library": "keras on jax",
    "generator": "jax.random",
    "requires": ("keras", "jax"),
}

SUBJECTS = {
    subject.name: subject
    for subject in (
        Subject("edu", backend="edu", **KERAS_ON_JAX),
        Subject("jax", backend="jax", **KERAS_ON_JAX),
        Subject("tensorflow", backend="tensorflow", requires=("keras", "tensorflow")),
        Subject("torch", backend="torch", requires=("keras", "torch")),
        Subject(
            "numpy",
            backend="numpy",
            requires=("keras", "jax"),
            quantities=("parameters", "outputs", "activations", "draws"),
        ),
        Subject(
            "reference",
            backend="",
            generator="jax.random",
            requires=("reference_models", "jax"),
            quantities=QUANTITIES,
            adapter="conformance.reference:ReferenceAdapter",
        ),
    )
}

# What to type for a backend that is not in the list.
OTHERS = "NAME=MODULE[+MODULE…][@LIBRARY]"
_DESCRIPTION = re.compile(r"(\w+)=(\w[\w.]*(?:\+\w[\w.]*)*)(?:@(\w+))?")


def subject(text: str) -> Subject:
    """The subject that a name or a description means.

    Args:
        text: a name of `SUBJECTS`; or ``"NAME=MODULE+MODULE@LIBRARY"``: the value of
            ``KERAS_BACKEND``, the modules to import before Keras, and the package that does the
            arithmetic, by default the one called NAME, if there is one. ``"NAME"`` alone means
            ``"NAME=keras_NAME"``, as Keras plans to find backends (keras-team/keras#23523).

    Returns:
        A `Subject`. If NAME is one of `SUBJECTS`, reports call it by its description.

    Raises:
        ValueError: it is written in another way, or a module is not installed.

    >>> subject("sparse=json").imports
    ('json',)
    """
    if text in SUBJECTS:
        return SUBJECTS[text]
    if re.fullmatch(r"\w+", text):
        if not _is_installed(f"keras_{text}"):
            raise ValueError(
                f"{text!r} is unknown; there are: {', '.join(SUBJECTS)}. Another backend is named "
                f"with the module to import before Keras: {text}=MODULE."
            )
        text = f"{text}=keras_{text}"
    described = _DESCRIPTION.fullmatch(text)
    if described is None:
        raise ValueError(f"{text!r} describes no backend; expected NAME, or {OTHERS}.")
    name, modules, library = described.groups()
    if library is None and _is_installed(name):
        library = name
    imports = modules.split("+") + ([library] if library else [])
    for module in imports:
        if not _is_installed(module):
            raise ValueError(f"{text}: this Python has no module {module!r}.")
    return Subject(
        text if name in SUBJECTS else name,
        backend=name,
        imports=tuple(imports),
        library=f"keras on {library}" if library else "",
        requires=("keras",),
    )


def _is_installed(module):
    """Whether its package can be found; nothing is imported."""
    return importlib.util.find_spec(module.partition(".")[0]) is not None


class Backend(click.ParamType):
    """A backend, as `subject` reads it."""

    name = "backend"

    def convert(self, value, param, ctx):
        """A `Subject`, or a usage error that says what is wrong with the description."""
        if isinstance(value, Subject):
            return value
        try:
            return subject(value.strip())
        except ValueError as error:
            self.fail(str(error), param, ctx)


class Backends(Backend):
    """Several, separated by commas."""

    name = "backends"

    def convert(self, value, param, ctx):
        """A list of `Subject`s."""
        names = value.split(",") if isinstance(value, str) else value
        return [super(Backends, self).convert(name, param, ctx) for name in names]


def backends_option(default: tuple[str, ...] = DEFAULT):
    """The option ``--backends`` of a command that compares the first with each of the others."""
    return click.option(
        "--backends",
        type=Backends(),
        multiple=True,
        default=[",".join(default)],
        show_default=True,
        callback=_distinct,
        metavar="NAME[,NAME…]",
        help=f"Backends, each compared with the first: {', '.join(SUBJECTS)}; any other as "
        f"{OTHERS}: KERAS_BACKEND, what to import before Keras, the array library.",
    )


def _distinct(_context, _parameter, lists):
    """All subjects of a repeated option, each once; one is no comparison."""
    found = list({each.name: each for subjects in lists for each in subjects}.values())
    if len(found) < 2:
        raise click.BadParameter(
            f"a comparison needs two backends or more, got only {found[0].name}."
        )
    return found

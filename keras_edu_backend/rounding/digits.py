"""How many decimal digits of a model's numbers are not noise.

    digits(a) = log10(‖exact a‖ / ‖noise of a‖), at least 0

for each layer's output, the loss and each trainable weight's gradient, in float32, bfloat16 and
float16. ``noise`` is the floor that `monte_carlo` measures; exact is the float64 run without
rounding. One program of one training step serves all three: it is run as if every number of it were
of that precision, the loss among them. What is out of the range of float16 counts as noise too.

Which layer loses digits: where its output has the fewest, compared with its inputs.

Branches that rounding decides (a relu's side near 0) are held while the noise is measured.
"""

import dataclasses
import json
from typing import Any

import jax
import numpy as np

from keras_edu_backend.rounding.units import FACTOR, UNIT_ROUNDOFF
from keras_edu_backend.target import BadTarget, one_line

PRECISIONS = ("float32", "bfloat16", "float16")
# A drop below this is none: noise that is at most twice as large.
NO_DROP = float(np.log10(2))


@dataclasses.dataclass
class Row:
    """What is known of one output, gradient, or of the loss.

    Attributes:
        kind: ``"layer"``, ``"loss"`` or ``"gradient"``.
        name: of the layer, with the models around it, or of the weight.
        class_name: of the layer.
        shape: of the array; of several outputs, the first one's.
        digits: by precision; of several outputs, the fewest. None: exactly zero, no digits to lose.
        given: digits of the layer's inputs, the fewest; None for a loss or gradient.
        said: by precision, why there are none: ``"overflow"``, ``"underflow"`` or ``"zero"``.
    """

    kind: str
    name: str
    class_name: str
    shape: tuple[int, ...]
    digits: dict[str, float | None]
    said: dict[str, str]
    given: dict[str, float | None] = dataclasses.field(default_factory=dict)
    # Names and layers whose dtype policy decides how the inputs and the output are rounded.
    layers: list[tuple[str, Any]] = dataclasses.field(default_factory=list, repr=False)

    def lost(self, precision: str) -> float:
        """Digits that its inputs have and its output has no more."""
        before, after = self.given.get(precision), self.digits[precision]
        return 0.0 if before is None or after is None else before - after


@dataclasses.dataclass(frozen=True)
class Policy:
    """A dtype policy that keeps so many digits of everything.

    Attributes:
        name: ``"float16"``, ``"bfloat16"``, ``"mixed_bfloat16"`` or ``"float32"``; None: not even
            float32 keeps them.
        digits: how many were asked for.
        in_float32: paths of the layers to keep in float32 under ``mixed_bfloat16``.
        short: names of what has fewer digits even in float32.
    """

    name: str | None
    digits: float
    in_float32: tuple[str, ...] = ()
    short: tuple[str, ...] = ()

    def __str__(self):
        wanted = f"{self.digits:g} digits of everything"
        if self.name is None:
            first = ", ".join(self.short[:3]) + (", …" if len(self.short) > 3 else "")
            return f"No policy keeps {wanted}: float32 has fewer of {first}."
        if not self.in_float32:
            return f"To keep {wanted}: {self.name}."
        layers = ", ".join(self.in_float32)
        return f"To keep {wanted}: {self.name}, with these layers in float32: {layers}."


@dataclasses.dataclass(frozen=True)
class Digits:
    """What `digits` found; prints as a table.

    Attributes:
        model: the model's name.
        loss: what was differentiated, in words.
        rows: layers in the order of the graph, the loss, gradients.
        policy: the `Policy`.
    """

    model: str
    loss: str
    rows: list[Row]
    policy: Policy

    def loses(self, precision: str = "float32") -> Row | None:
        """The layer that loses most digits; None where no noise grows by more than a factor of two.

        Args:
            precision: ``"float32"``, ``"bfloat16"`` or ``"float16"``.
        """
        layers = [row for row in self.rows if row.kind == "layer"]
        worst = max(layers, key=lambda row: row.lost(precision), default=None)
        return worst if worst is not None and worst.lost(precision) > NO_DROP else None

    def __str__(self):
        from keras_edu_backend.rounding import digits_show

        return digits_show.text(self)

    def _repr_html_(self):
        from keras_edu_backend.rounding import digits_show

        return digits_show.html(self)

    def to_html(self) -> str:
        """An HTML page that needs nothing from elsewhere."""
        from keras_edu_backend.rounding import digits_show

        return digits_show.page(self)

    def to_json(self) -> str:
        """All of it as JSON text."""
        worst = {precision: self.loses(precision) for precision in PRECISIONS}
        return json.dumps(
            {
                "model": self.model,
                "loss": self.loss,
                "rows": [
                    {key: value for key, value in vars(row).items() if key != "layers"}
                    for row in self.rows
                ],
                "loses": {name: row.name if row else None for name, row in worst.items()},
                "policy": dataclasses.asdict(self.policy),
            },
            indent=1,
        )

    def plot(self):
        """A matplotlib figure: digits of each row, in each precision."""
        from keras_edu_backend.rounding import digits_show

        return digits_show.plot(self)


def digits(model, x=None, y=None, *, keep=2, loss=None, batch=None, seed=0) -> Digits:
    """log10(‖exact‖ / ‖noise‖) of each layer's output and each gradient, in three precisions.

    Args:
        model: a Keras model.
        x: inputs, a tree of arrays; None: drawn at random as the model declares them.
        y: labels; None: drawn such as the loss takes.
        keep: how many digits the policy has to keep of everything.
        loss: in place of the model's: a name, a function or a `keras.losses.Loss`. Without any, the
            mean square of the outputs is differentiated.
        batch: rows of what is drawn; of x and y, how many of the first rows to take.
        seed: of what is drawn.

    Returns:
        A `Digits`.

    Raises:
        ValueError: the model says too little about its inputs, or does not take them.
        UnknownPrimitive: the model uses a primitive whose rounding is not described.

    >>> import keras_edu_backend
    >>> keras_edu_backend.activate()
    >>> import keras
    >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, name="scores")])
    >>> found = keras_edu_backend.digits(model)  # and print(found) for the table
    >>> [row.name for row in found.rows if row.kind == "layer"]
    ['scores']
    >>> print(found.policy)
    To keep 2 digits of everything: float16.
    """
    from keras_edu_backend.plugin import activate, is_active

    if not is_active():
        activate()
    from keras_edu_backend.rounding.model_program import StepProgram, dtype_policies

    if x is None:
        from keras_edu_backend import model_inputs

        x = model_inputs.inputs_for(model, batch or model_inputs.ROWS, seed)
    try:
        x, y = _data(model, x, y, loss, batch, seed)
        program = StepProgram(model, x, y, loss)
    except BadTarget:
        raise
    except Exception as error:
        raise BadTarget(
            f"{model.name} cannot take a step on {_shapes(x)}: {one_line(error)}"
        ) from error
    floors = {precision: program.measured(precision) for precision in PRECISIONS}
    rows = _rows(program, floors, floors["float32"])

    def short_in_mixed(kept):
        with dtype_policies(model, "mixed_bfloat16", kept):
            mixed = StepProgram(model, x, y, loss)
        found = mixed.measured(None)
        return _short(_rows(mixed, {"mixed": found}, found), "mixed", keep)

    policy = _policy(rows, keep, short_in_mixed)
    return Digits(model.name, program.loss, rows, policy)


def _data(model, x, y, loss, batch, seed):
    """Inputs and labels as trees of arrays, and the model built."""
    from keras_edu_backend import model_inputs
    from keras_edu_backend.rounding.model_program import has_loss, outputs_of

    def array(leaf):
        if np.asarray(leaf).dtype.kind in "USO":
            raise BadTarget(
                f"{model.name} is given strings, which have no digits: give the model from the "
                "layer on that has made numbers of them."
            )
        return jax.numpy.asarray(leaf)[:batch]

    if np.ndim(jax.tree.leaves(x)[0]) == 0:
        x = np.asarray(x)  # nested lists of numbers
    x = jax.tree.map(array, x)
    if not model.built:
        model(x)
    if y is None and (has_loss(model) or loss is not None):
        y = model_inputs.labels_for(model, outputs_of(model, x), loss, seed)
    if y is not None:
        y = jax.tree.map(array, np.asarray(y) if np.ndim(jax.tree.leaves(y)[0]) == 0 else y)
    if has_loss(model):
        model.optimizer.build(model.trainable_variables)
        model._symbolic_build(data_batch=(x, y, None))
    return x, y


def _shapes(x):
    return ", ".join(str(np.shape(leaf)) for leaf in jax.tree.leaves(x))


def _rows(program, floors, reference):
    """A `Row` for each layer's output, for the loss and for each gradient.

    Args:
        program: a `StepProgram`.
        floors: by precision, what its `measured` gave.
        reference: the one of them whose range counts as wide enough.
    """

    def counted(find):
        return {name: _counted(find(reference), find(found)) for name, found in floors.items()}

    def row(kind, name, class_name, places, find, **more):
        found = [counted(lambda f, p=place: find(f, p)) for place in places]
        shape = np.shape(find(reference, places[0]).exact)
        digits, said = {}, {}
        for precision in floors:
            digits[precision], why = min(
                (one[precision] for one in found),
                key=lambda pair: np.inf if pair[0] is None else pair[0],
            )
            if why:
                said[precision] = why
        return Row(kind, name, class_name, tuple(shape), digits, said, **more)

    def array(floor, place):
        return floor[2][place]

    rows = []
    names: dict[int, str] = {}
    makers: dict[int, list[tuple[str, Any]]] = {}
    for call in program.calls:
        inside = {place for inner in call.inner for place in inner.outputs}
        before = [*call.inputs, *inside]
        if not call.outputs or (call.inner and set(before).issuperset(call.outputs)):
            continue
        given = row("", "", "", before, array).digits if before else {}
        name = names.setdefault(id(call.owner), call.path)
        fed_by = [maker for place in before for maker in makers.get(place, ())]
        # What a model or an op computes itself has the dtypes of its inputs.
        own = [(name, call.owner)] if _has_policy(call.owner) else fed_by
        for place in call.outputs:
            makers.setdefault(place, own)
        class_name, layers = type(call.owner).__name__, [*own, *fed_by]
        rows.append(
            row("layer", call.path, class_name, call.outputs, array, given=given, layers=layers)
        )
    rows.append(row("loss", "loss", "", [0], lambda floor, _: floor[0]))
    for place, variable in enumerate(program.model.trainable_variables):
        rows.append(row("gradient", variable.path, "", [place], lambda floor, p: floor[1][p]))
    return rows


def _counted(reference, floor):
    """(digits, why none) of an array, from its `Floor` in wide range and in a precision."""
    exact, noise = np.float64(reference.exact), np.float64(floor.noise)
    if not exact.size:
        return None, "zero"
    with np.errstate(invalid="ignore", over="ignore"):
        off = np.hypot(noise, floor.exact - exact)
    if not (np.isfinite(off).all() and np.isfinite(exact).all()):
        return 0.0, "overflow"
    # A sum of terms that cancel exactly leaves float64's own rounding: FACTOR of its floors.
    zero = FACTOR * UNIT_ROUNDOFF[np.dtype(np.float64)] / UNIT_ROUNDOFF[np.dtype(np.float32)]
    size = np.linalg.norm(exact)
    if size <= zero * np.linalg.norm(reference.noise):
        return None, "zero"
    found = float(max(0.0, np.log10(size / np.linalg.norm(off))))
    return found, "underflow" if not np.any(floor.exact) else ""


def _short(rows, precision, keep):
    """Names of what has fewer digits."""
    return tuple(
        row.name
        for row in rows
        if row.digits[precision] is not None and row.digits[precision] < keep
    )


def _policy(rows, keep, short_in_mixed):
    """The narrowest policy that keeps so many digits of everything.

    Args:
        rows: the table.
        keep: how many digits.
        short_in_mixed: function of layers to keep in float32, which measures what has fewer digits
            with all others in mixed_bfloat16.
    """
    for precision in ("float16", "bfloat16"):
        if not _short(rows, precision, keep):
            return Policy(precision, keep)
    short = _short(rows, "float32", keep)
    if short:
        return Policy(None, keep, short=short)
    found: dict[int, tuple[str, Any]] = {}
    outputs = [row for row in rows if row.kind == "layer"]
    for row in sorted(outputs, key=lambda row: -row.lost("bfloat16")):
        for name, layer in row.layers:
            found.setdefault(id(layer), (name, layer))
    ordered = list(found.values())
    # The fewest of those that lose most: halving, as one more layer in float32 rarely does harm.
    enough, too_few = len(ordered), -1
    while enough - too_few > 1:
        middle = (enough + too_few) // 2
        if short_in_mixed([layer for _, layer in ordered[:middle]]):
            too_few = middle
        else:
            enough = middle
    if enough == len(ordered):
        return Policy("float32", keep)
    return Policy("mixed_bfloat16", keep, tuple(name for name, _ in ordered[:enough]))


def _has_policy(owner):
    """Whether it is a layer that computes in a dtype of its own."""
    import keras

    return isinstance(owner, keras.Layer) and not isinstance(owner, keras.Model)

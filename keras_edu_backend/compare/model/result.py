"""What a comparison of one model on several backends found."""

import dataclasses
import json
from typing import Any

from keras_edu_backend.compare.verdict import AMPLIFIED, DIFFERENT, VERDICTS


@dataclasses.dataclass
class Layer:
    """One call of a layer on two sides.

    Attributes:
        path: names of the models and layers around it and its own, joined by ``/``; with a number
            from the second call on, and with the number of the output where there are several.
        class_name: of the layer.
        when: it was called so: ``"predict"``, ``"training"``, or ``"hard inputs"`` (zeros, ties,
            large and small numbers).
        verdict: on what it returned.
        handed_on: how far that is apart, in noise floors: its inputs are each side's own.
        handed_on_size: the same, absolute.
        made: how far apart with the first side's inputs on both sides; None: not measured.
        made_size: the same, absolute.
        made_verdict: on that; ``"different"``: the layer makes a difference of its own.
        note: what else to say.
    """

    path: str
    class_name: str
    when: str
    verdict: str
    handed_on: float
    handed_on_size: float
    made: float | None
    made_size: float | None
    made_verdict: str
    note: str = ""

    @property
    def amplification(self) -> float | None:
        """What is handed on over what is made; None where nothing is made."""
        return self.handed_on_size / self.made_size if self.made_size else None


@dataclasses.dataclass
class Pair:
    """Two sides, and what became of them.

    Attributes:
        left: name of a backend.
        right: name of another.
        verdict: ``"equal"``, ``"rounding"``, ``"amplified"`` or ``"different"``.
        first_output: path of the layer that makes the first difference, or None.
        when: how it was called, see `Layer`.
        first_gradient: path of the first weight whose gradient departs, in the order in which
            backpropagation reaches them; or None.
        first_step: ``step``, ``variable``, ``floors`` and ``note`` of the first departure of the
            training run, or None.
        layers: a `Layer` for each call.
        makers: paths of all layers that make a difference.
        farthest: probe (``outputs``, ``gradients``, ``training``) → the ``place`` that is the most
            floors apart, how many ``floors``, and the largest ``difference`` there.
        less_accurate: ``where``, ``backend``, ``floors``, ``digits`` (decimal digits lost).
        causes: the known differences that were found to be at work: ``probe``, ``backend``,
            ``explanation``. With the cause taken away, the sides agree there.
        notes: what else a reader should know.
        not_compared: probes that failed on both sides alike.
    """

    left: str
    right: str
    verdict: str
    first_output: str | None = None
    first_gradient: str | None = None
    first_step: dict[str, Any] | None = None
    layers: list[Layer] = dataclasses.field(default_factory=list)
    makers: list[str] = dataclasses.field(default_factory=list)
    farthest: dict[str, dict[str, Any]] = dataclasses.field(default_factory=dict)
    less_accurate: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    causes: list[dict[str, str]] = dataclasses.field(default_factory=list)
    notes: list[str] = dataclasses.field(default_factory=list)
    not_compared: list[str] = dataclasses.field(default_factory=list)
    when: str = "predict"
    loss_departs: bool = False
    gradient_floors: float | None = None
    at_kinks: int = 0
    out_of_range: int = 0


@dataclasses.dataclass
class Result:
    """The comparison of one model on several backends; prints as tables.

    Attributes:
        model: its name.
        parameters: how many it has.
        loss: what was differentiated, in words.
        optimizer: its class.
        steps: of training.
        versions: backend → package → version.
        settings: backend → what may make a difference and is not the model → its value.
        pairs: a `Pair` for each two backends, in the order in which they were named.
        notes: what else a reader should know.
    """

    model: str
    parameters: int
    loss: str
    optimizer: str
    steps: int
    versions: dict[str, dict[str, str]]
    settings: dict[str, dict[str, str]]
    pairs: list[Pair]
    notes: list[str]

    @property
    def verdict(self) -> str:
        """The worst of all pairs."""
        return max((pair.verdict for pair in self.pairs), key=VERDICTS.index)

    @property
    def agree(self) -> bool:
        """Whether no two backends are different."""
        return self.verdict != DIFFERENT

    def exit_status(self, strict: bool = False) -> int:
        """0: all agree; 1: two are different, or with ``strict`` amplify rounding."""
        return int(not self.agree or (strict and self.verdict == AMPLIFIED))

    def to_dict(self) -> dict[str, Any]:
        """All of it as plain data, such as JSON holds."""
        document = dataclasses.asdict(self)
        document["verdict"] = self.verdict
        for pair, found in zip(self.pairs, document["pairs"], strict=True):
            for layer, each in zip(pair.layers, found["layers"], strict=True):
                each["amplification"] = layer.amplification
        return _finite(document)

    def to_json(self) -> str:
        """`to_dict` as JSON text; a number of floors beyond all is written as ``"inf"``."""
        return json.dumps(self.to_dict(), indent=1)

    def to_html(self) -> str:
        """An HTML page that needs nothing from elsewhere."""
        from keras_edu_backend.compare.model import show

        return show.page(self)

    def to_junit(self) -> str:
        """JUnit XML: a test case for each two backends."""
        from keras_edu_backend.compare.model import show

        return show.junit(self)

    def plot(self):
        """A matplotlib figure: what each layer makes and hands on, in floors."""
        from keras_edu_backend.compare.model import show

        return show.plot(self)

    def __str__(self):
        from keras_edu_backend.compare.model import show

        return show.text(self)

    def _repr_html_(self):
        from keras_edu_backend.compare.model import show

        return show.html(self)


def _finite(value):
    """The same without infinities, which JSON has no name for."""
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_finite(item) for item in value]
    if isinstance(value, float) and value - value != 0:
        return str(value)
    return value

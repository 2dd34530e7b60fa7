"""What the author of a case writes down, and the experiment that is made of it."""

import ast
import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import reference_models
from conformance import weights
from keras_edu_backend.compare import Experiment, Point, Training
from keras_edu_backend.compare.batch import Batch, each, instances, rows
from reference_models.network import Network

STYLES = ("sequential", "functional", "subclassed")
SEED = 1
PROBED_ROWS = 32


@dataclasses.dataclass(frozen=True)
class Data:
    """What a network is trained on; `notice` says so where other data stands in for it.

    Tuples where the network has several inputs or outputs.
    """

    x: Batch
    y: Batch
    notice: str | None = None


@dataclasses.dataclass(frozen=True)
class Case:
    """A network of the documents, to be compared.

    Attributes:
        name: its name in `reference_models`.
        document: number of the document it comes from.
        shapes: shape of each weight by name, in the model's order (see `weights.dense`).
        data: function that returns the `Data`.
        batch_size: rows of a training batch.
        epochs: length of the compared training run.
        keras: the layers, optimizer and losses of Keras that it is made of, by their names in
            `listings`, whose code is shown.
        operations: the backend operations it uses, such as ``"nn.relu"``, whose code is shown.
        styles: in which of `STYLES` it is written.
        models: the module ``conformance.models.<models>`` holds its Keras models, one function for
            each style; ``name`` unless given.
        arguments: keyword arguments of these functions.
        network: function that returns its plain form; the catalog's network of its name unless
            given.
        activations: function of the plain form's parameters and x that returns the output of each
            layer with weights, in order; None where there is one layer, whose output is known.
    """

    name: str
    document: int
    shapes: dict[str, tuple[int, ...]]
    data: Callable[[], Data]
    batch_size: int = 32
    epochs: int = 5
    keras: tuple[str, ...] = ()
    operations: tuple[str, ...] = ()
    styles: tuple[str, ...] = STYLES
    models: str = ""
    arguments: dict[str, Any] = dataclasses.field(default_factory=dict)
    network: Callable[[], Network] | None = None
    activations: Callable[[Any, Any], tuple] | None = None

    def plain(self) -> Network:
        """Its plain form, from `reference_models`."""
        return self.network() if self.network else reference_models.catalog()[self.name]

    @property
    def quantities(self) -> tuple[str, ...]:
        """What is compared. A step has no slope, so units with steps have only one gradient: the
        one that makes Keras learn by the perceptron rule."""
        ways = ("jax.grad", "finite differences") if self.plain().gradients else ()
        return ("parameters", "outputs", "activations", "gradients", *ways, "training")

    @property
    def parameter_counts(self):
        """Weights and biases of each layer, by layer name."""
        return weights.count_by_layer(self.shapes)

    def source(self):
        """How its Keras model is built in its first style: text of the module up to there.

        Returns:
            The text, and the file it stands in.
        """
        place = f"conformance/models/{self.models or self.name}.py"
        text = (Path(__file__).parents[1] / place).read_text(encoding="utf-8")
        functions = [each for each in ast.parse(text).body if isinstance(each, ast.FunctionDef)]
        last = next(each.end_lineno for each in functions if each.name == self.styles[0])
        return "\n".join(text.splitlines()[:last]), place


def documents_data(name: str, instances: int, **choices: Any) -> Callable[[], Data]:
    """Some of what the document trains a network on, evenly taken from all of it.

    Args:
        name: the network's name in `reference_models`.
        instances: how many; they show two runs part as well as all of them would.
        choices: handed to the network's `data`.

    Returns:
        Function that returns the `Data`.
    """

    def data():
        (x, y), _, _, notice = reference_models.catalog()[name].data(**choices)
        x, y = each(_numpy, x), each(_numpy, y)
        total = len(y[0] if isinstance(y, tuple) else y)
        chosen = np.arange(instances) * total // instances
        return Data(rows(x, chosen), rows(y, chosen), notice)

    return data


def experiments(case, data, styles=STYLES, row_order=None):
    """The experiments of a case: one for each style, with the same weights, data and order.

    Args:
        case: the `Case`.
        data: its `Data`.
        styles: those wanted.
        row_order: seed of another order of the rows within each point and each batch. All sums over
            a batch have the same terms, so what they come to changes by rounding alone, and no
            verdict may change with it. None: the order as drawn.

    Returns:
        List of `Experiment`; styles that the case does not have are left out.
    """
    random = np.random.default_rng(SEED)
    initial = weights.initial(case.shapes, random)
    points = probes(initial, data, random)
    total = instances(data.x)
    training = Training(
        weights=initial,
        x=data.x,
        y=data.y,
        batches=fixed_order(total, case.batch_size, case.epochs, random),
        epochs=case.epochs,
        batch_size=case.batch_size,
    )
    if row_order is not None:
        points, training = _in_another_row_order(points, training, row_order)
    return [
        Experiment(
            case=case.name,
            style=style,
            build=f"conformance.models.{case.models or case.name}:{style}",
            arguments=case.arguments,
            points=points,
            # `fit` treats all styles alike, and compiling it takes as long as all the rest.
            training=dataclasses.replace(training, fit=style == case.styles[0]),
            parameter_counts=case.parameter_counts,
            quantities=case.quantities,
        )
        for style in case.styles
        if style in styles
    ]


def probes(initial, data, random):
    """Where outputs and gradients are taken: where two implementations could part.

    Args:
        initial: initial weights, with zero biases.
        data: the `Data`.
        random: numpy random generator.

    Returns:
        List of `Point`:

        * ``kinks``: half of the rows are zero, so with zero biases every weighted sum is exactly
          zero there, which is where relu has its kink and where equal logits tie;
        * ``biases``: ordinary rows, all biases away from zero, so that none can be forgotten;
        * ``saturated``: weights so large that softmax reaches 0 and 1, and losses their clipping.

        Finite differences are taken at ``biases``, away from kinks and clipping.
    """
    total = instances(data.x)
    chosen = random.choice(total, size=min(PROBED_ROWS, total), replace=False)
    x, y = rows(data.x, chosen), rows(data.y, chosen)
    return [
        Point("kinks", initial, each(_first_half_zero, x), y, smooth=False),
        Point("biases", weights.with_biases(initial, random), x, y),
        Point("saturated", weights.scaled(initial, 20), x, y, smooth=False),
    ]


def _in_another_row_order(points, plan, seed):
    """The same points and training run, the rows of every point and of every batch moved about."""
    random = np.random.default_rng(seed)
    moved = []
    for point in points:
        order = random.permutation(instances(point.x))
        moved.append(dataclasses.replace(point, x=rows(point.x, order), y=rows(point.y, order)))
    # `fit` takes the rows as they lie, so they move only within its batches.
    total, size = instances(plan.x), plan.batch_size
    of_fit = np.split(np.arange(total), range(size, total, size))
    order = np.concatenate([random.permutation(batch) for batch in of_fit])
    now_at = np.argsort(order)
    batches = [random.permutation(now_at[batch]) for batch in plan.batches]
    x, y = rows(plan.x, order), rows(plan.y, order)
    return moved, dataclasses.replace(plan, x=x, y=y, batches=batches)


def _first_half_zero(x):
    x = x.copy()
    x[: len(x) // 2] = 0
    return x


def _numpy(array):
    """Class numbers stay integers; everything else is float32."""
    array = np.asarray(array)
    return array.astype(np.int32 if array.dtype.kind in "iu" else np.float32)


def fixed_order(instances, batch_size, epochs, random):
    """Row numbers of every batch of a run; each epoch takes all rows in a new order.

    Args:
        instances: number of rows.
        batch_size: rows of a batch; the last of an epoch takes what is left.
        epochs: passes over the data.
        random: numpy random generator.

    Returns:
        List of integer arrays.
    """
    batches = []
    for _ in range(epochs):
        order = random.permutation(instances)
        batches += [order[start : start + batch_size] for start in range(0, instances, batch_size)]
    return batches

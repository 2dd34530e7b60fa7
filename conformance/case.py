"""What the author of a case writes down, and the experiment that is made of it."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

import numpy as np

from conformance import weights
from keras_edu_backend.compare import Experiment, Point, Training

STYLES = ("sequential", "functional", "subclassed")
SEED = 1
PROBED_ROWS = 32


@dataclasses.dataclass(frozen=True)
class Data:
    """What a network is trained on; `notice` says so where other data stands in for it."""

    x: np.ndarray
    y: np.ndarray
    notice: str | None = None


@dataclasses.dataclass(frozen=True)
class Case:
    """A network of the documents, to be compared.

    Attributes:
        name: its name; ``conformance.models.<name>`` holds its Keras models, one function for
            each style, and `reference_models` its plain form under the same name.
        document: number of the document it comes from.
        shapes: shape of each weight by name, in the model's order (see `weights.dense`).
        data: function that returns the `Data`.
        batch_size: rows of a training batch.
        epochs: length of the compared training run.
        operations: the backend operations it uses, such as ``"nn.relu"``, whose code is shown.
        styles: in which of `STYLES` it is written.
    """

    name: str
    document: int
    shapes: dict[str, tuple[int, ...]]
    data: Callable[[], Data]
    batch_size: int
    epochs: int = 5
    operations: tuple[str, ...] = ()
    styles: tuple[str, ...] = STYLES

    @property
    def parameter_counts(self):
        """Weights and biases of each layer, by layer name."""
        return weights.count_by_layer(self.shapes)

    def source(self):
        """Text of the module that builds its Keras models."""
        path = Path(__file__).parent / "models" / f"{self.name}.py"
        return path.read_text(encoding="utf-8")


def experiments(case, data, styles=STYLES):
    """The experiments of a case: one for each style, with the same weights, data and order.

    Args:
        case: the `Case`.
        data: its `Data`.
        styles: those wanted.

    Returns:
        List of `Experiment`; styles that the case does not have are left out.
    """
    random = np.random.default_rng(SEED)
    initial = weights.initial(case.shapes, random)
    points = probes(initial, data, random)
    training = Training(
        weights=initial,
        x=data.x,
        y=data.y,
        batches=fixed_order(len(data.x), case.batch_size, case.epochs, random),
        epochs=case.epochs,
        batch_size=case.batch_size,
    )
    return [
        Experiment(
            case=case.name,
            style=style,
            build=f"conformance.models.{case.name}:{style}",
            points=points,
            training=training,
            parameter_counts=case.parameter_counts,
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
    """
    rows = random.choice(len(data.x), size=min(PROBED_ROWS, len(data.x)), replace=False)
    x, y = data.x[rows], data.y[rows]
    with_zeros = x.copy()
    with_zeros[: len(x) // 2] = 0
    return [
        Point("kinks", initial, with_zeros, y),
        Point("biases", weights.with_biases(initial, random), x, y),
        Point("saturated", weights.scaled(initial, 20), x, y),
    ]


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

"""Which pictures are drawn, from which networks.

Networks are trained through Keras, on the backend that this process has, as their documents do and
with seed 0; several pictures share one training.
"""

import dataclasses
import functools
from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from conformance.pictures.activation_graphs import activation_graphs
from conformance.pictures.classification_report import classification_report
from conformance.pictures.confusion_matrix import confusion_matrix
from conformance.pictures.data_scatter import data_scatter
from conformance.pictures.decision_boundary import decision_boundary, of_each_class
from conformance.pictures.hidden_features import hidden_features
from conformance.pictures.learning_curves import learning_curves
from conformance.pictures.misclassified import misclassified
from conformance.pictures.optimizer_costs import optimizer_costs
from conformance.pictures.vanishing_gradients import vanishing_gradients
from conformance.pictures.weight_images import aggregated_weights, first_layer_weights
from conformance.results.rows import BY_KEY
from conformance.results.run import Fitted, fit
from reference_models import optimizer_comparison
from reference_models.data import iris, points
from reference_models.networks import function_approximator

SEED = 0


@dataclasses.dataclass(frozen=True)
class Picture:
    """A picture to be drawn.

    Attributes:
        name: of its file, without the ending.
        document: number of the document that shows its like.
        caption: what can be seen in it.
        draw: draws it.
    """

    name: str
    document: int
    caption: str
    draw: Callable[[], Figure]


@functools.cache
def trained(key: str) -> Fitted:
    """A network of the results' table, trained once.

    Args:
        key: the row's, such as ``"iris_mlp, 100 epochs"``.

    Returns:
        The `Fitted` model.
    """
    return fit(BY_KEY[key], SEED)


def answers(key: str) -> tuple[np.ndarray, np.ndarray]:
    """What a classifier should say on its test data, and what it says.

    Args:
        key: the row's.

    Returns:
        True and predicted class numbers.
    """
    x, y = trained(key).test
    predicted = of_each_class(trained(key).predict(x)).argmax(axis=-1)
    return class_numbers(y), predicted


def class_numbers(y: Any) -> np.ndarray:
    """Labels as class numbers, from a column of 0 and 1, one-hot rows, or class numbers.

    Args:
        y: labels.

    Returns:
        Whole numbers, shape (instances,).
    """
    y = np.asarray(y)
    if y.ndim == 2:
        return y[:, 0].astype(int) if y.shape[1] == 1 else y.argmax(axis=1)
    return y.astype(int)


def images_of(key: str) -> str:
    """What the images of a row really are: "MNIST", or "digits, not MNIST".

    Args:
        key: the row's.

    Returns:
        Words for a title.
    """
    name = BY_KEY[key].images
    stand_in = "scikit-learn's digits (MNIST is not at hand)".replace("MNIST", str(name))
    return stand_in if trained(key).data.notice else str(name)


def _scatter(title, make, **style):
    def draw():
        x, classes = make()
        return data_scatter(x, classes, title, **style)

    return draw


def _iris():
    x, species = iris.measurements()
    return data_scatter(
        x[:, 2:],
        species,
        "Iris: petals of 150 flowers",
        names=iris.SPECIES,
        axes_names=("petal length (cm)", "petal width (cm)"),
    )


def _boundary(key, title):
    def draw():
        x, y = trained(key).train
        return decision_boundary(x, class_numbers(y), trained(key).predict, title)

    return draw


def _curves(key, title):
    def draw():
        data = f"\n{images_of(key)}" if BY_KEY[key].images else ""
        return learning_curves(trained(key).history, f"{title}{data}")

    return draw


def _confusion(key, title, names=None):
    def draw():
        data = f"\n{images_of(key)}" if BY_KEY[key].images else ""
        return confusion_matrix(*answers(key), f"{title}{data}", names)

    return draw


def _report(key, title, names=None):
    def draw():
        data = f"\n{images_of(key)}" if BY_KEY[key].images else ""
        return classification_report(*answers(key), f"{title}{data}", names)

    return draw


def _kernels(key):
    return [np.asarray(layer.kernel) for layer in trained(key).model.layers if layer.weights]


def _first_layer():
    kernel, _ = _kernels("mnist_mlp")
    return first_layer_weights(
        kernel, f"mnist_mlp: what its 512 first units look for; {images_of('mnist_mlp')}"
    )


def _aggregated():
    kernel1, kernel2 = _kernels("mnist_mlp")
    return aggregated_weights(
        kernel1,
        kernel2,
        f"mnist_mlp: $W_1 W_2$, both layers' weights as one; {images_of('mnist_mlp')}",
    )


def _wrong_digits():
    x, _ = trained("mnist_mlp").test
    return misclassified(
        x.reshape(-1, 28, 28), *answers("mnist_mlp"), f"mnist_mlp, {images_of('mnist_mlp')}"
    )


def _features(function):
    def draw():
        import keras

        curve: Callable = function_approximator.FUNCTIONS[function]  # type: ignore[assignment]
        model = trained(f"function_approximator, {function}").model
        layers = [layer for layer in model.layers if layer.weights]
        x = np.linspace(-3, 3, 601, dtype=np.float32)[:, None]
        outputs, curves = x, []
        for layer in layers[:-1]:
            outputs = keras.ops.convert_to_numpy(layer(outputs))
            curves.append(outputs)
        last = layers[-1]
        return hidden_features(
            x,
            curves,
            np.asarray(last.kernel),
            np.asarray(last.bias),
            trained(f"function_approximator, {function}").train,
            np.ravel(curve(x)),
            f"function_approximator: how {function}(x) is put together",
        )

    return draw


def _costs():
    costs = {name: np.asarray(curve) for name, curve in optimizer_comparison.costs().items()}
    data = "scikit-learn's digits (MNIST is not at hand)"
    if optimizer_comparison.data().notice is None:
        data = "MNIST"
    return optimizer_costs(costs, f"Optimisers on 784-100-100-10 with dropout\n{data}")


GALLERY = (
    Picture(
        "data_separable",
        1,
        "Two classes that a straight line separates.",
        _scatter("make_classification: separable but for a few", points.separable),
    ),
    Picture("data_moons", 1, "Two half moons.", _scatter("Moons", points.moons, equal=True)),
    Picture(
        "data_circles", 1, "A circle in a circle.", _scatter("Circles", points.circles, equal=True)
    ),
    Picture(
        "data_sine",
        1,
        "Every quarter wave is of the other class.",
        _scatter("Sine wave", points.sine_wave),
    ),
    Picture(
        "data_spiral",
        1,
        "Three classes, one arm each.",
        _scatter("Spiral", points.spiral, equal=True),
    ),
    Picture("data_iris", 2, "Three species by their petals.", _iris),
    Picture(
        "boundary_logistic_separable",
        1,
        "One unit draws one straight line.",
        _boundary("logistic_regression, separable", "Logistic regression, separable points"),
    ),
    Picture(
        "boundary_logistic_moons",
        1,
        "A straight line cannot part the moons.",
        _boundary("logistic_regression, moons", "Logistic regression, moons"),
    ),
    Picture(
        "boundary_moons",
        1,
        "Two small hidden layers bend the line.",
        _boundary("moons_circles_ann, moons", "4-2-1 network, moons"),
    ),
    Picture(
        "boundary_circles",
        1,
        "The same network closes it.",
        _boundary("moons_circles_ann, circles", "4-2-1 network, circles"),
    ),
    Picture(
        "boundary_sine",
        1,
        "No straight line gets more than two thirds of these points right.",
        _boundary("sine_ann", "64-64-64-1 network, sine wave"),
    ),
    Picture(
        "boundary_softmax",
        1,
        "Softmax regression: straight lines between three classes.",
        _boundary("softmax_regression, spiral", "Softmax regression, spiral"),
    ),
    Picture(
        "boundary_spiral",
        1,
        "Hidden layers follow the arms.",
        _boundary("spiral_ann", "64-32-16-3 network, spiral"),
    ),
    Picture(
        "curves_logistic",
        1,
        "Loss and accuracy of logistic regression.",
        _curves("logistic_regression, separable", "Logistic regression, separable points"),
    ),
    Picture(
        "curves_iris",
        2,
        "Of 12 validation flowers, each is a step of the accuracy.",
        _curves("iris_mlp, 100 epochs", "Iris, 4-128-3 network"),
    ),
    Picture(
        "curves_fashion_mnist",
        3,
        "Learning curves with validation data.",
        _curves("fashion_mnist_mlp", "300-100-10 network"),
    ),
    Picture(
        "confusion_moons",
        1,
        "What logistic regression takes for what.",
        _confusion("logistic_regression, moons", "Logistic regression, moons"),
    ),
    Picture(
        "confusion_iris",
        2,
        "The test flowers.",
        _confusion("iris_mlp, 100 epochs", "Iris after 100 epochs", list(iris.SPECIES)),
    ),
    Picture(
        "confusion_mnist_softmax_free",
        5,
        "Ten sigmoid units without a hidden layer.",
        _confusion("mnist_softmax_free", "10 sigmoid units"),
    ),
    Picture(
        "confusion_mnist_hidden_100",
        5,
        "The same with 100 hidden units.",
        _confusion("mnist_hidden_100", "100 relu, 10 sigmoid units"),
    ),
    Picture(
        "report_moons",
        1,
        "Precision, recall and F1 of logistic regression.",
        _report("logistic_regression, moons", "Logistic regression, moons"),
    ),
    Picture(
        "report_mnist",
        4,
        "The same of every digit.",
        _report("mnist_mlp", "512 relu, 10 softmax units"),
    ),
    Picture("activations", 2, "Six activation functions and their slopes.", activation_graphs),
    Picture("weights_first_layer", 4, "512 units, 28 x 28 weights each.", _first_layer),
    Picture("weights_aggregated", 4, "Which pixels speak for a digit.", _aggregated),
    Picture("misclassified", 4, "Digits that are taken for others.", _wrong_digits),
    *(
        Picture(
            f"features_{function}",
            4,
            "A weighted sum of the hidden units' curves.",
            _features(function),
        )
        for function in function_approximator.FUNCTIONS
    ),
    Picture(
        "vanishing_gradient",
        5,
        "Every sigmoid layer divides the gradient by four or more.",
        vanishing_gradients,
    ),
    Picture("optimizer_costs", 5, "Five optimisers, the same weights and batches.", _costs),
)

"""Each picture shows the numbers it was given, under a title, with names on its axes."""

import matplotlib.colors
import numpy as np
import pytest

from conformance.pictures import style
from conformance.pictures.activation_graphs import activation_graphs
from conformance.pictures.classification_report import classification_report
from conformance.pictures.confusion_matrix import confusion_matrix
from conformance.pictures.data_scatter import data_scatter
from conformance.pictures.decision_boundary import decision_boundary
from conformance.pictures.hidden_features import hidden_features
from conformance.pictures.learning_curves import learning_curves
from conformance.pictures.misclassified import misclassified
from conformance.pictures.optimizer_costs import optimizer_costs
from conformance.pictures.vanishing_gradients import vanishing_gradients
from conformance.pictures.weight_images import aggregated_weights, first_layer_weights

RANDOM = np.random.default_rng(0)
POINTS = RANDOM.normal(size=(30, 2))
CLASSES = (POINTS[:, 0] > 0).astype(int)
KERNEL1, KERNEL2 = RANDOM.normal(size=(784, 40)), RANDOM.normal(size=(40, 10))
X = np.linspace(-1, 1, 21)
LAYERS = [np.maximum(RANDOM.normal(size=(21, 4)), 0) for _ in range(3)]


def by_first_coordinate(x):
    """A sure classifier: class 1 right of 0."""
    return 1 / (1 + np.exp(-20 * x[:, :1]))


DRAWINGS = {
    "data scatter": lambda: data_scatter(POINTS, CLASSES, "title"),
    "decision boundary": lambda: decision_boundary(POINTS, CLASSES, by_first_coordinate, "title"),
    "learning curves": lambda: learning_curves(
        {"loss": [2, 1], "val_loss": [2, 1.5], "accuracy": [0.5, 0.9], "val_accuracy": [0.4, 0.8]},
        "title",
    ),
    "confusion matrix": lambda: confusion_matrix(CLASSES, CLASSES, "title"),
    "classification report": lambda: classification_report(CLASSES, CLASSES, "title"),
    "activations": activation_graphs,
    "first layer": lambda: first_layer_weights(KERNEL1, "title"),
    "aggregated": lambda: aggregated_weights(KERNEL1, KERNEL2, "title"),
    "misclassified": lambda: misclassified(np.zeros((3, 28, 28)), [1, 2, 3], [1, 0, 0], "title"),
    "hidden features": lambda: hidden_features(
        X, LAYERS, np.ones((4, 1)), np.ones(1), (X, X), X, "title"
    ),
    "vanishing gradient": vanishing_gradients,
    "optimizer costs": lambda: optimizer_costs({"SGD": [2, 1.5], "Adam": [1, 0.5]}, "title"),
}
IMAGES = {"aggregated", "misclassified"}  # pixels have no axes to name
WITHOUT_LEGEND = IMAGES | {"first layer", "confusion matrix"}  # colour bars and numbers instead


@pytest.fixture(scope="module", params=DRAWINGS)
def drawing(request):
    return request.param, DRAWINGS[request.param]()


def test_it_has_a_title_and_names_on_its_axes(drawing):
    name, figure = drawing
    plots = [axes for axes in figure.axes if axes.axison]
    assert figure.get_suptitle() or plots[0].get_title()
    if name not in IMAGES:
        # Axes that share a coordinate name it once, at the picture's edge.
        assert any(axes.get_xlabel() for axes in plots)
        assert any(axes.get_ylabel() for axes in plots)


def test_it_says_what_its_colours_mean(drawing):
    name, figure = drawing
    legends = [*figure.legends, *(axes.get_legend() for axes in figure.axes)]
    assert any(legends) or name in WITHOUT_LEGEND


def test_it_can_be_written_as_png(drawing, tmp_path):
    _, figure = drawing
    figure.savefig(tmp_path / "picture.png", dpi=30)
    assert (tmp_path / "picture.png").read_bytes().startswith(b"\x89PNG")


def test_classes_differ_by_colour_and_by_marker():
    assert len(set(style.COLOURS)) == len(set(style.MARKERS)) == len(style.COLOURS) >= 5
    # And by how light they are, for those who see no colours, in the classes that documents have.
    weights = (0.2126, 0.7152, 0.0722)
    lightness = [np.dot(weights, matplotlib.colors.to_rgb(c)) for c in style.COLOURS[:2]]
    assert abs(lightness[0] - lightness[1]) > 0.2


def test_scattered_points_are_the_data():
    (axes,) = data_scatter(POINTS, CLASSES, "title").axes
    for number, drawn in enumerate(axes.collections):
        np.testing.assert_array_equal(drawn.get_offsets(), POINTS[number == CLASSES])


def test_the_boundary_lies_where_the_answer_changes_and_wrong_points_are_counted():
    labels = CLASSES.copy()
    labels[np.argmax(POINTS[:, 0])] = 0
    axes = decision_boundary(POINTS, labels, by_first_coordinate, "title").axes[0]
    assert "1 of 30 points wrong" in axes.get_title()
    lines = [path.vertices for c in axes.collections for path in c.get_paths() if len(path) > 50]
    # Up to the width of one of the 250 columns that the plane is drawn with.
    width = np.ptp(axes.get_xlim()) / 249
    assert lines and all(np.abs(line[:, 0]).max() < width for line in lines)


def test_learning_curves_are_the_history():
    loss, accuracy = learning_curves({"loss": [3, 2, 1], "accuracy": [0.1, 0.2, 0.3]}, "t").axes
    np.testing.assert_array_equal(loss.lines[0].get_xydata(), [[1, 3], [2, 2], [3, 1]])
    np.testing.assert_array_equal(accuracy.lines[0].get_ydata(), [0.1, 0.2, 0.3])


def test_confusion_has_the_true_class_down_and_the_predicted_across():
    y, predicted = np.array([0, 0, 0, 1]), np.array([0, 1, 1, 1])
    axes = confusion_matrix(y, predicted, "title").axes[0]
    numbers = {text.get_position(): text.get_text() for text in axes.texts}
    # Positions are (across, down).
    assert numbers == {(0, 0): "1", (1, 0): "2", (0, 1): "0", (1, 1): "1"}
    assert "2 of 4 right (50.0%)" in axes.get_title()


def test_precision_and_recall_by_hand():
    y, predicted = np.array([0, 0, 0, 1]), np.array([0, 1, 1, 1])
    axes = classification_report(y, predicted, "title").axes[0]
    precision, recall, f1 = ([bar.get_width() for bar in bars] for bars in axes.containers)
    assert precision == pytest.approx([1 / 1, 1 / 3])
    assert recall == pytest.approx([1 / 3, 1 / 1])
    assert f1 == pytest.approx([1 / 2, 1 / 2])


def test_each_unit_of_the_first_layer_has_its_image():
    sheet = first_layer_weights(KERNEL1, "title").axes[0].images[0].get_array()
    # Unit 33 is the second image of the second row of 32; each has a frame of one pixel.
    image = sheet[31 : 31 + 28, 31 : 31 + 28]
    np.testing.assert_array_equal(image, KERNEL1[:, 33].reshape(28, 28))


def test_aggregated_weights_are_the_product():
    axes = aggregated_weights(KERNEL1, KERNEL2, "title").axes[3]
    expected = (KERNEL1 @ KERNEL2)[:, 3].reshape(28, 28)
    np.testing.assert_allclose(axes.images[0].get_array(), expected, rtol=1e-12)


def test_misclassified_images_say_what_was_said_and_what_is():
    pixels = np.arange(3)[:, None, None] / 3 * np.ones((3, 28, 28))
    figure = misclassified(pixels, [7, 8, 9], [7, 3, 9], "title")
    assert "1 of 3 wrong" in figure.get_suptitle()
    assert figure.axes[0].get_title() == "said 3, is 8\nimage 1"
    assert figure.axes[0].images[0].get_array()[0, 0] == pixels[1, 0, 0]


def test_the_contributions_and_the_bias_sum_to_the_networks_curve():
    kernel, bias = np.array([[1.0], [-2.0], [0.5], [3.0]]), np.array([0.25])
    figure = hidden_features(X, LAYERS, kernel, bias, (X, X), X, "title")
    weighted, fit = figure.axes[3:5]
    expected = (LAYERS[-1] @ kernel + bias)[:, 0]
    np.testing.assert_allclose(weighted.lines[-1].get_ydata(), expected, rtol=1e-12)
    np.testing.assert_allclose(fit.lines[-1].get_ydata(), expected, rtol=1e-12)


def test_the_gradient_vanishes_below_its_bound():
    lines = {line.get_label(): line for line in vanishing_gradients().axes[0].lines}
    bound = lines["0.25 to the power of layers"].get_ydata()
    gradients = lines["every weight 1"].get_ydata()
    assert np.all(gradients <= bound)
    # One layer: sigmoid'(1), which is sigmoid(1) (1 - sigmoid(1)).
    sigmoid = 1 / (1 + np.exp(-1))
    assert gradients[0] == pytest.approx(sigmoid * (1 - sigmoid), rel=1e-6)

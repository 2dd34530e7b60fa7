"""Pictures of trained networks, each drawn after a single epoch of its training."""

import dataclasses
import functools

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from conformance.pictures import gallery
from conformance.results.rows import BY_KEY
from conformance.results.run import fit
from reference_models import optimizer_comparison
from reference_models.data import points

pytestmark = pytest.mark.long

UNTRAINED = {"data_separable", "data_moons", "data_circles", "data_sine", "data_spiral"} | {
    "data_iris",
    "activations",
    "vanishing_gradient",
}
BY_NAME = {picture.name: picture for picture in gallery.GALLERY}


@pytest.fixture(scope="module")
def models():
    return {}


@pytest.fixture(autouse=True)
def one_epoch(monkeypatch, models):
    def trained(key):
        if key not in models:
            models[key] = fit(dataclasses.replace(BY_KEY[key], epochs=1), gallery.SEED)
        return models[key]

    costs = functools.partial(optimizer_comparison.costs, epochs=1)
    two = {name: optimizer_comparison.OPTIMIZERS[name] for name in ("Adagrad", "Adam")}
    monkeypatch.setattr(gallery, "trained", trained)
    monkeypatch.setattr(optimizer_comparison, "costs", costs)
    monkeypatch.setattr(optimizer_comparison, "OPTIMIZERS", two)


@pytest.mark.parametrize("name", [name for name in BY_NAME if name not in UNTRAINED])
def test_it_is_drawn_from_its_network(name, models, tmp_path):
    figure = BY_NAME[name].draw()
    figure.savefig(tmp_path / "picture.png", dpi=20)
    assert models or name == "optimizer_costs"
    assert figure.get_suptitle() or any(axes.get_title() for axes in figure.axes)
    for axes in figure.axes:
        drawn = (*axes.lines, *axes.images, *axes.collections, *axes.patches, *axes.texts)
        assert drawn or not axes.axison


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("confusion_moons", "logistic_regression, moons"),
        ("confusion_iris", "iris_mlp, 100 epochs"),
        ("confusion_mnist_hidden_100", "mnist_hidden_100"),
    ],
)
def test_a_confusion_matrix_counts_every_instance_of_the_test_data_once(name, key, models):
    axes = BY_NAME[name].draw().axes[0]
    fitted = models[key]
    counts = {text.get_position(): int(text.get_text().replace(",", "")) for text in axes.texts}
    assert sum(counts.values()) == len(fitted.test[0])
    accuracy = fitted.model.evaluate(*fitted.test, verbose=0, return_dict=True)["accuracy"]
    right = sum(count for (across, down), count in counts.items() if across == down)
    assert right == round(accuracy * len(fitted.test[0]))


def test_no_straight_line_parts_the_sine_wave():
    assert "two thirds" in BY_NAME["boundary_sine"].caption
    x, classes = points.sine_wave()
    assert LogisticRegression().fit(x, classes).score(x, classes) < 2 / 3
    # Every direction, in steps of a quarter of a degree, and every threshold along it.
    for angle in np.deg2rad(np.arange(0, 180, 0.25)):
        order = np.argsort(x @ [np.cos(angle), np.sin(angle)])
        ahead = np.cumsum(np.where(classes[order] == 1, 1, -1))
        # Calling all up to a threshold 1, and the rest 0, gets `ahead` more right than the zeros.
        most = max((classes == 0).sum() + ahead.max(), (classes == 1).sum() - ahead.min())
        assert most < 2 / 3 * len(x)

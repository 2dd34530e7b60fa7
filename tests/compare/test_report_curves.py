"""The drawings of loss curves: what lies where."""

import math
import re

import pytest

from keras_edu_backend.compare.report import curves
from keras_edu_backend.compare.report.reading import Curve


def drawn(**losses):
    return curves.svg(Curve("iris_mlp", "sequential", "float32", losses))


def points(drawing, kind):
    """Places of the corners of the lines of one kind, the one in the legend left out."""
    paths = re.findall(rf'<path class="{kind}" d="([^"]*)"', drawing)
    corners = [re.findall(r"[ML]([\d.]+) ([\d.]+)", path) for path in paths if "h26" not in path]
    return [[(float(x), float(y)) for x, y in path] for path in corners]


def test_losses_lie_on_their_axes_to_scale():
    ((first, *_, last),) = points(drawn(edu=[4.0, 2.0, 3.0]), "line-0")
    ((_, middle, _),) = points(drawn(edu=[4.0, 2.0, 3.0]), "line-0")
    assert (first[0], last[0]) == (curves.LEFT, curves.RIGHT)
    assert curves.LOSSES[0] < first[1] < last[1] < middle[1] < curves.LOSSES[1]
    assert last[1] == pytest.approx((first[1] + middle[1]) / 2, abs=0.2)


def test_differences_lie_below_on_a_logarithmic_axis():
    _, (one, two, three) = points(drawn(edu=[1.0, 1.0, 1.0], jax=[1.001, 1.01, 1.1]), "line-1")
    assert all(curves.DIFFERENCES[0] < y < curves.DIFFERENCES[1] for _, y in (one, two, three))
    assert one[1] - two[1] == pytest.approx(two[1] - three[1], abs=0.2)


def test_a_gap_parts_a_line_and_a_point_alone_is_a_dot():
    drawing = drawn(edu=[1.0, 2.0, None, 1.5, math.nan, 2.0, 1.0])
    assert re.findall(r'class="line-0" d="(M[^"]*)"', drawing)[1].count("M") == 2
    ((dot,),) = points(drawing, "line-0 dots")
    assert dot[0] == pytest.approx((curves.LEFT + curves.RIGHT) / 2, abs=0.1)


@pytest.mark.parametrize(
    "losses",
    [
        {},
        {"edu": []},
        {"edu": [1.0]},
        {"edu": [0.0, 0.0], "jax": [0.0, 0.0]},
        {"edu": [1e308, -1e308], "jax": [-1e308, math.inf]},
        {"edu": [5e-324, 0.0], "jax": [0.0, 0.0]},
        {"edu": [-3.0, -2.0], "jax": [-3.0, -1.0], "<b>": [0.5]},
    ],
)
def test_whatever_the_losses_the_drawing_is_whole(losses):
    drawing = drawn(**losses)
    assert drawing.startswith("<svg") and drawing.endswith("</svg>")
    assert "<b>" not in drawing
    assert not re.search(r"\b(nan|inf|None)\b", drawing)


def test_losses_that_nobody_could_draw_are_told():
    assert "no finite loss" in drawn(edu=[None, math.inf])
    assert "no finite loss" not in drawn(edu=[None, 1.0])


def test_a_long_run_stays_small_and_keeps_its_extremes():
    losses = [1.0] * 100_000
    losses[54_321] = 9.0
    drawing = drawn(edu=losses)
    assert len(drawing) < 40_000
    ((*all_points,),) = points(drawing, "line-0")
    peak = min(all_points, key=lambda point: point[1])
    assert peak[1] == curves.LOSSES[0] + 4
    share = (peak[0] - curves.LEFT) / (curves.RIGHT - curves.LEFT)
    assert share == pytest.approx(0.54321, abs=1e-3)


@pytest.mark.parametrize(("low", "high"), [(0.84, 1.04), (1, 65), (0, 1e-9), (-3, 7), (2.5, 2.5)])
def test_axes_have_a_few_round_numbers(low, high):
    ticks = curves._ticks(low, high)
    assert 1 <= len(ticks) <= curves.TICKS + 1
    assert all(low - 1e-9 <= tick <= high + 1e-9 for tick in ticks)
    if len(ticks) > 1:
        step = f"{ticks[1] - ticks[0]:.3e}"
        assert step[0] in "125" and set(step[1:5]) <= set(".0")

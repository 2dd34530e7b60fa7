"""``keras_edu_backend.ops.image``: against geometry and colour theory, and against its twin."""

import colorsys

import jax
import keras
import numpy as np
import pytest
import twins

from keras_edu_backend.ops import image as ops

RANDOM = np.random.default_rng(0)

# A few roundings of float32 in numbers of about 1.
CLOSE = {"rtol": 1e-5, "atol": 1e-6}
LAST = {"data_format": "channels_last"}


def images(*shape):
    return RANDOM.uniform(size=shape).astype("float32")


@pytest.mark.parametrize(
    "ours, theirs", [("rgb_to_hsv", colorsys.rgb_to_hsv), ("hsv_to_rgb", colorsys.hsv_to_rgb)]
)
def test_colours_are_those_of_the_standard_library(ours, theirs):
    corners = np.array(np.meshgrid(*[[0.0, 0.25, 1.0]] * 3)).reshape(3, -1).T
    colours = np.concatenate([corners, images(40, 3)]).astype("float32")
    result = getattr(ops, ours)(colours[None], **LAST)[0]
    expected = np.array([theirs(*map(float, colour)) for colour in colours])
    if ours == "rgb_to_hsv":
        # A hue of 1 is one of 0: a whole turn.
        np.testing.assert_allclose(np.sin(np.pi * (result[:, 0] - expected[:, 0])), 0, atol=1e-6)
        result, expected = result[:, 1:], expected[:, 1:]
    np.testing.assert_allclose(result, expected, **CLOSE)


def test_grey_is_the_weighted_mean_of_the_channels():
    x = images(2, 4, 5, 3)
    expected = x.astype("float64") @ [0.2989, 0.5870, 0.1140]
    grey = ops.rgb_to_grayscale(x, **LAST)
    np.testing.assert_allclose(grey, expected[..., None], **CLOSE)
    np.testing.assert_array_equal(ops.rgb_to_grayscale(grey, **LAST), grey)
    assert ops.rgb_to_grayscale((x * 255).astype("uint8"), **LAST).dtype == "uint8"


@pytest.mark.parametrize(
    ("name", "x", "said"),
    [
        ("rgb_to_grayscale", np.ones((4, 4), "float32"), "rank"),
        ("rgb_to_grayscale", np.ones((4, 4, 2), "float32"), "channel"),
        ("rgb_to_hsv", np.ones((4, 4, 3), "uint8"), "dtype"),
        ("hsv_to_rgb", np.ones((4, 4, 4), "float32"), "channel"),
        ("gaussian_blur", np.ones((4, 4), "float32"), "rank"),
    ],
)
def test_what_is_no_such_image_is_refused(name, x, said):
    with pytest.raises(ValueError, match=said):
        getattr(ops, name)(x, **LAST)


EVERY = {
    "rgb_to_grayscale": lambda x, f: ops.rgb_to_grayscale(x, data_format=f),
    "rgb_to_hsv": lambda x, f: ops.rgb_to_hsv(x, data_format=f),
    "hsv_to_rgb": lambda x, f: ops.hsv_to_rgb(x, data_format=f),
    "resize": lambda x, f: ops.resize(x, (4, 9), data_format=f),
    "affine_transform": lambda x, f: ops.affine_transform(x, TILT, data_format=f),
    "perspective_transform": lambda x, f: ops.perspective_transform(x, FROM, TO, data_format=f),
    "gaussian_blur": lambda x, f: ops.gaussian_blur(x, (3, 5), data_format=f),
    "elastic_transform": lambda x, f: ops.elastic_transform(x, seed=1, sigma=0.5, data_format=f),
}
TILT = np.array([0.9, 0.1, 1.0, -0.1, 1.1, 0.5, 0.01, 0.02], "float32")
FROM = np.array([[0, 0], [6, 0], [0, 5], [6, 5]], "float32")
TO = np.array([[1, 0], [5, 1], [0, 5], [6, 4]], "float32")


@pytest.mark.parametrize("name", EVERY)
def test_every_layout_of_an_image_gives_the_same(name):
    op, batch = EVERY[name], images(1, 6, 7, 3)
    expected = np.array(op(batch, "channels_last"))
    np.testing.assert_array_equal(op(batch[0], "channels_last"), expected[0])
    first = op(np.moveaxis(batch, -1, 1), "channels_first")
    np.testing.assert_allclose(np.moveaxis(first, 1, -1), expected, **CLOSE)
    np.testing.assert_array_equal(op(batch, None), expected)
    with pytest.raises(ValueError, match="data_format"):
        op(batch, "channels_middle")


def test_enlarging_repeats_or_interpolates_the_pixels():
    x = np.array([[0.0, 4.0]])[..., None]
    assert ops.resize(x, (1, 4), "nearest", **LAST)[0, :, 0].tolist() == [0, 0, 4, 4]
    assert ops.resize(x, (1, 4), "bilinear", **LAST)[0, :, 0].tolist() == [0, 1, 3, 4]


def test_cropping_and_padding_keep_the_proportions():
    x = images(6, 10, 1)
    cropped = ops.resize(x, (6, 6), crop_to_aspect_ratio=True, **LAST)
    np.testing.assert_array_equal(cropped, x[:, 2:8])
    padded = np.array(ops.resize(x, (10, 10), pad_to_aspect_ratio=True, fill_value=7.0, **LAST))
    np.testing.assert_array_equal(padded[2:8], x)
    assert (padded[[0, 1, 8, 9]] == 7).all()


@pytest.mark.parametrize(
    "wrong",
    [
        {"interpolation": "cubic"},
        {"fill_mode": "wrap"},
        {"crop_to_aspect_ratio": True, "pad_to_aspect_ratio": True},
        {"size": (3,)},
    ],
)
def test_resize_refuses_what_it_does_not_know(wrong):
    with pytest.raises(ValueError):
        ops.resize(images(4, 4, 1), **{"size": (3, 3), **wrong})


def test_translations_and_turns_move_whole_pixels():
    x = images(1, 5, 5, 2)
    shift = np.array([1, 0, 2, 0, 1, -1, 0, 0], "float32")
    moved = np.array(ops.affine_transform(x, shift, fill_value=9.0, **LAST))
    np.testing.assert_array_equal(moved[0, 1:, :3], x[0, :4, 2:])
    assert (moved[0, 0] == 9).all()
    turn = np.array([0, 1, 0, -1, 0, 4, 0, 0], "float32")
    np.testing.assert_array_equal(ops.affine_transform(x, turn, **LAST)[0], np.rot90(x[0], -1))


def test_one_transform_serves_a_whole_batch():
    x = images(3, 5, 6, 2)
    together = ops.affine_transform(x, TILT, **LAST)
    each = [ops.affine_transform(one, TILT, **LAST) for one in x]
    np.testing.assert_allclose(together, each, **CLOSE)


def test_the_last_two_numbers_of_a_transform_are_the_perspective():
    """Read back a plane: what comes out is the very place that the formula names."""
    y, x = np.mgrid[:8, :8].astype("float64")
    a0, a1, a2, b0, b1, b2, c0, c1 = transform = [0.5, 0.1, 1, 0.05, 0.6, 1, 0.02, 0.03]
    k = c0 * x + c1 * y + 1
    expected = np.stack([(a0 * x + a1 * y + a2) / k, (b0 * x + b1 * y + b2) / k], axis=-1)
    plane = np.stack([x, y], axis=-1).astype("float32")
    places = ops.affine_transform(plane, np.array(transform, "float32"), **LAST)
    np.testing.assert_allclose(places, expected, rtol=1e-5, atol=1e-5)


def test_perspective_takes_the_end_points_to_the_start_points():
    y, x = np.mgrid[:6, :7].astype("float32")
    places = np.array(ops.perspective_transform(np.stack([x, y], -1), FROM, TO, **LAST))
    for start, (column, row) in zip(FROM, TO.astype(int), strict=True):
        # The eight equations are solved in float32: condition about 100.
        np.testing.assert_allclose(places[row, column], start, atol=1e-3)
    with pytest.raises(ValueError, match="start_points"):
        ops.perspective_transform(images(6, 7, 1), FROM[:3], TO[:3])


def test_linear_interpolation_reads_a_plane_exactly():
    y, x = np.mgrid[:4, :5]
    places = np.array([[0.5, 2.25], [1.75, 3.5]], "float32")
    plane = (10 * y + x).astype("float32")
    assert ops.map_coordinates(plane, places, 1).tolist() == [6.75, 26.0]
    assert ops.map_coordinates(plane, [places[0], places[1]], 0).tolist() == [12.0, 24.0]


@pytest.mark.parametrize(
    ("fill_mode", "expected"),
    [
        ("constant", [8, 8, 1, 2, 3, 8, 8]),
        ("nearest", [1, 1, 1, 2, 3, 3, 3]),
        ("wrap", [2, 3, 1, 2, 3, 1, 2]),
        ("mirror", [3, 2, 1, 2, 3, 2, 1]),
        ("reflect", [2, 1, 1, 2, 3, 3, 2]),
    ],
)
def test_beyond_the_edges(fill_mode, expected):
    x, places = np.array([1, 2, 3]), np.arange(-2, 5)[None]
    assert ops.map_coordinates(x, places, 1, fill_mode, 8).tolist() == expected


@pytest.mark.parametrize(
    ("places", "choice", "said"),
    [
        (np.zeros((3, 2)), {}, "rank of `inputs`"),
        (np.zeros(2), {}, "at least rank 2"),
        (np.zeros((2, 2)), {"order": 3}, "order"),
        (np.zeros((2, 2)), {"fill_mode": "white"}, "fill_mode"),
    ],
)
def test_map_coordinates_says_what_is_wrong(places, choice, said):
    with pytest.raises(ValueError, match=said):
        ops.map_coordinates(images(4, 4), places, **{"order": 1, **choice})


def test_blur_is_the_weighted_mean_of_the_neighbours():
    x = images(7, 8, 2)
    result = ops.gaussian_blur(x, (3, 5), (0.8, 1.3), **LAST)
    along_x, along_y = (
        np.exp(-0.5 * (np.arange(-n, n + 1) / s) ** 2) for n, s in ((1, 0.8), (2, 1.3))
    )
    padded = np.pad(x.astype("float64"), ((2, 2), (1, 1), (0, 0)))
    for place in ((0, 0), (3, 4), (6, 7)):
        weights = np.outer(along_y / along_y.sum(), along_x / along_x.sum())[..., None]
        around = padded[place[0] : place[0] + 5, place[1] : place[1] + 3]
        np.testing.assert_allclose(result[place], (weights * around).sum((0, 1)), **CLOSE)


def test_blur_of_an_image_laid_out_by_default():
    x = images(6, 7, 3)
    np.testing.assert_array_equal(
        keras.ops.image.gaussian_blur(x), ops.gaussian_blur(x, data_format="channels_last")
    )


def test_sobel_measures_the_slopes():
    y, x = np.mgrid[:5, :6].astype("float32")
    edges = ops.sobel_edges((2 * y + 3 * x)[None, ..., None], **LAST)
    # Sobel's weights add up to 8 times the slope.
    np.testing.assert_allclose(edges[0, 1:-1, 1:-1, 0], np.broadcast_to([16, 24], (3, 4, 2)))


def test_elastic_depends_on_its_seed_alone():
    x = images(2, 8, 8, 1)
    first, again, other = (ops.elastic_transform(x, seed=seed, **LAST) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
    np.testing.assert_allclose(ops.elastic_transform(x, alpha=0.0, seed=1, **LAST), x, **CLOSE)


def test_scale_and_translate_doubles_and_moves():
    x = np.array([[1.0, 2.0]])
    moved = ops.scale_and_translate(
        x, (1, 6), np.array([1.0]), np.array([3.0]), (1,), "linear", antialias=False
    )
    assert moved.tolist() == [[0, 0, 0, 1, 2, 0]]
    with pytest.raises(ValueError, match="method"):
        ops.scale_and_translate(x, (1, 6), np.array([1.0]), np.array([3.0]), (1,), "nearest")


CASES = twins.Cases()
X = images(1, 9, 11, 3)
# Colours are sums of products: eagerly stock rounds each, compiled they are fused. What the three
# channels of the result pass back to one of the image's is added in another order.
for dtype in ("float32", "bfloat16"):
    CASES.add(f"rgb_to_hsv, {dtype}", lambda m, x: m.rgb_to_hsv(x, **LAST), (X, dtype), eager_ulp=1)
    CASES.add(
        f"hsv_to_rgb, {dtype}", lambda m, x: m.hsv_to_rgb(x, **LAST), (X, dtype), eager_ulp=4, ulp=1
    )
    CASES.add(f"gray, {dtype}", lambda m, x: m.rgb_to_grayscale(x, **LAST), (X, dtype), eager_ulp=0)
GREY = np.full((2, 2, 3), 0.5, "float32")
CASES.add("rgb_to_hsv of grey", lambda m, x: m.rgb_to_hsv(x, **LAST), GREY)
CASES.add("rgb_to_hsv of black", lambda m, x: m.rgb_to_hsv(x, **LAST), GREY * 0)
for interpolation in ("bilinear", "nearest", "bicubic"):
    for kind in ({}, {"crop_to_aspect_ratio": True}, {"pad_to_aspect_ratio": True}):
        CASES.add(
            f"resize, {interpolation}, {kind}",
            lambda m, x, i=interpolation, k=kind: m.resize(
                x, (12, 5), i, antialias=True, **LAST, **k
            ),
            X,
        )
CASES.add(
    "resize of bytes",
    lambda m, x: m.resize(x, (12, 5), pad_to_aspect_ratio=True, **LAST),
    (X * 255).astype("uint8"),
    gradient=(),
)
AFFINE = TILT * [1, 1, 1, 1, 1, 1, 0, 0]
for fill_mode in ("constant", "nearest", "wrap", "mirror", "reflect"):
    # Coordinates of about 10 are rounded to 1e-6 and multiplied by the slope of the image.
    CASES.add(
        f"affine_transform, {fill_mode}",
        lambda m, x, t, f=fill_mode: m.affine_transform(x, t, fill_mode=f, **LAST),
        X,
        AFFINE[None].astype("float32"),
        gradient=(0,),
        ulp=32,
    )
CASES.add(
    "perspective_transform, nearest",
    lambda m, x, a, b: m.perspective_transform(x, a, b, "nearest", **LAST),
    *(X, FROM[None], TO[None]),
)
CASES.add(
    "perspective_transform",
    lambda m, x, a, b: m.perspective_transform(x, a, b, **LAST),
    *(X, FROM[None], TO[None]),
    ulp=32,
)
CASES.add(
    "compute_homography_matrix",
    lambda m, a, b: m.compute_homography_matrix(a, b),
    *(FROM[None], TO[None]),
    ulp=1,  # The slopes of eight equations are added in another order.
)
CASES.add("gaussian_blur", lambda m, x: m.gaussian_blur(x, (5, 3), (1.3, 0.7), **LAST), X, ulp=2)
CASES.add("sobel_edges", lambda m, x: m.sobel_edges(x, **LAST), X, ulp=2)


def wobble(m, x):
    # Stock's cannot be traced: only eagerly are there two to compare.
    return (
        x if isinstance(x, jax.core.Tracer) else m.elastic_transform(x, seed=3, sigma=1.0, **LAST)
    )


CASES.add("elastic_transform", wobble, X, gradient=(), eager_ulp=0)
PAIR = np.array([1.2, 0.8], "float32")
CASES.add(
    "scale_and_translate",
    lambda m, x: m.scale_and_translate(x, (1, 9, 9, 3), PAIR, -PAIR, (1, 2), "cubic"),
    X,
    eager_ulp=0,
)


@pytest.fixture(scope="module")
def found():
    return twins.differences(__file__)


@pytest.mark.parametrize("name", list(CASES))
def test_equals_stock_keras(found, name):
    assert found[name] == []


if __name__ == "__main__":
    from keras.src.backend.jax import image as twin

    CASES.report(ops, twin)

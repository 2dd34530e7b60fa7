"""Wrong calls: each raises what stock Keras raises, and says which op it was and what it was given.

Every case is called in three ways: the backend's op itself, ``keras.ops`` on arrays, ``keras.ops``
on symbolic tensors. The tests do so on this backend; run as a program, this file does it on stock
Keras and prints the types of the exceptions.
"""

import json
import re

import jax.numpy as jnp
import pytest
from twins import differences

# op: calls, each a tuple of arguments with the keyword arguments last, if any. A list of numbers
# in quotes is a float32 array of that shape; "int32[2,3]" is one of another dtype.
CALLS = {
    # Shapes that do not broadcast, or do not fit together.
    "numpy.add": [("[2,3]", "[4]")],
    "numpy.subtract": [("[2]", "[3]")],
    "numpy.multiply": [("[2,3]", "[3,2]")],
    "numpy.divide": [("[2,3]", "[2]")],
    "numpy.maximum": [("[2]", "[3]")],
    "numpy.power": [("[5]", "[3]")],
    "numpy.logaddexp": [("[5]", "[3]")],
    "numpy.where": [("bool[2]", "[3]", "[4]"), ("bool[2]", "[2]")],
    "numpy.equal": [("[2]", "[3]")],
    "numpy.logical_and": [("bool[2]", "bool[3]")],
    "numpy.arctan2": [("[2]", "[3]")],
    "numpy.isclose": [("[2]", "[3]")],
    "numpy.matmul": [("[2,3]", "[2,3]"), ("[2,3]", "[4]"), ("[]", "[3]")],
    "numpy.dot": [("[2,3]", "[2,3]")],
    "numpy.tensordot": [("[2,3]", "[4,5]", {"axes": 1})],
    "numpy.einsum": [("ij,jk->ik", "[2,3]", "[4,5]"), ("ij->ijk", "[2,3]"), ("ij,jk", "[2,3]")],
    "numpy.cross": [("[4]", "[4]")],
    "numpy.concatenate": [(["[2,3]", "[2,4]"],), (["[2]", "[2]"], {"axis": 1}), ([],)],
    "numpy.stack": [(["[2]", "[3]"],), (["[2]", "[2]"], {"axis": 3}), ([],)],
    "numpy.reshape": [("[2,3]", (4, 2)), ("[2,3]", (-1, -1)), ("[6]", (-1, 4))],
    "numpy.broadcast_to": [("[2,3]", (2, 4))],
    "numpy.split": [("[5]", 2), ("[4]", 2, {"axis": 1})],
    # Axes out of range, or twice.
    "numpy.sum": [("[2,3]", {"axis": 2}), ("[2,3]", {"axis": (0, 0)}), ("[2,3]", {"axis": "x"})],
    "numpy.mean": [("[2,3]", {"axis": -3})],
    "numpy.max": [("[2,3]", {"axis": 5}), ("[0]",)],
    "numpy.argmax": [("[2,3]", {"axis": 2}), ("[0]",)],
    "numpy.var": [("[2,3]", {"axis": 2})],
    "numpy.cumsum": [("[2,3]", {"axis": 2})],
    "numpy.sort": [("[2,3]", {"axis": 2})],
    "numpy.expand_dims": [("[2,3]", 5)],
    "numpy.squeeze": [("[2,3]", {"axis": 0}), ("[2,3]", {"axis": 4})],
    "numpy.transpose": [("[2,3]", {"axes": (0, 0)}), ("[2,3]", {"axes": (0,)})],
    "numpy.swapaxes": [("[2,3]", 0, 2)],
    "numpy.moveaxis": [("[2,3]", 0, 2)],
    "numpy.flip": [("[2,3]", {"axis": 2})],
    "numpy.roll": [("[2,3]", 1, {"axis": 2})],
    "numpy.take": [("[2,3]", "int32[2]", {"axis": 2}), ("[2,3]", "[2]")],
    "numpy.take_along_axis": [("[2,3]", "int32[2]", {"axis": 1})],
    "numpy.repeat": [("[2,3]", -1), ("[2,3]", 2, {"axis": 2})],
    "numpy.diagonal": [("[3]",)],
    "numpy.trace": [("[3]",)],
    "numpy.median": [("[2,3]", {"axis": 2})],
    "numpy.quantile": [("[2,3]", 0.5, {"axis": 2}), ("[2,3]", 0.5, {"method": "guess"})],
    # Sizes, modes, dtypes, and other values out of range.
    "numpy.zeros": [((-1, 2),), ("nonsense",), ((2,), {"dtype": "float99"})],
    "numpy.ones": [((2, -3),)],
    "numpy.full": [((2,), "[3]")],
    "numpy.eye": [(-1,), (2.5,)],
    "numpy.arange": [(0, 5, 0), ("[3]",), (0, 5, {"dtype": "float99"})],
    "numpy.linspace": [(0, 1, -5), ("[2]", "[3]")],
    "numpy.pad": [
        ("[2,3]", ((1, 1),) * 3),
        ("[2,3]", 1, {"mode": "guess"}),
        ("[2,3]", 1, {"mode": "edge", "constant_values": 1}),
        ("[2,3]", -5),
    ],
    "numpy.tile": [("[2,3]", -1)],
    "numpy.clip": [("[2]", "[3]", 1.0)],
    "numpy.rot90": [("[3]",), ("[2,3]", {"axes": (0, 0)})],
    "numpy.bitwise_and": [("[2]", "[2]")],
    "numpy.left_shift": [("[2]", "[2]")],
    "numpy.ldexp": [("[2]", "[2]")],
    "numpy.meshgrid": [("[2]", "[3]", {"indexing": "yx"})],
    "numpy.digitize": [("[2]", "[2,2]"), ("int32[2]", "int32[2]", {"right": True})],
    "numpy.searchsorted": [("[2,2]", "[2]"), ("[2]", "[2]", {"side": "middle"})],
    "numpy.argsort": [("[2,3]", {"axis": 2})],
    "numpy.argpartition": [("[4]", 9)],
    "numpy.average": [("[2,3]", {"weights": "[4]"}), ("[2,3]", {"axis": 1, "weights": "[2]"})],
    "numpy.diff": [("[2,3]", {"n": -1}), ("[2,3]", {"axis": 4})],
    "numpy.diag": [("[2,2,2]",)],
    "numpy.histogram": [("[3]", {"bins": -1})],
    "numpy.hstack": [(["[2,3]", "[3,3]"],)],
    "numpy.vstack": [(["[2,3]", "[2,4]"],)],
    "numpy.append": [("[2,3]", "[2,4]", {"axis": 0})],
    "numpy.inner": [("[2,3]", "[2,4]")],
    "numpy.vdot": [("[3]", "[4]")],
    "numpy.correlate": [("[3]", "[2]", {"mode": "guess"}), ("[2,2]", "[2]")],
    "numpy.percentile": [("[2,3]", 50.0, {"axis": 2})],
    "numpy.select": [(["bool[2]"], ["[2]", "[2]"], {"default": 0})],
    "numpy.slogdet": [("[2,3]",)],
    "numpy.array_split": [("[4]", 0)],
    "numpy.bincount": [("[2]",)],
    "numpy.vander": [("[2,2]",)],
    "nn.softmax": [("[2,3]", {"axis": 2}), ("[2,3]", {"axis": (0, 3)})],
    "nn.log_softmax": [("[2,3]", {"axis": 2})],
    "nn.sigmoid": [("int32[2]",)],
    "nn.glu": [("[2,3]",), ("[2,4]", {"axis": 3})],
    "nn.one_hot": [("int32[2]", 3, {"axis": 4}), ("int32[2]", -3), ("[2]", "three")],
    "nn.conv": [
        ("[1,5,5,3]", "[2,2,4,6]"),
        ("[1,2,2,3]", "[3,3,3,6]"),
        ("[1,5,5,3]", "[2,2,3,6]", {"padding": "most"}),
        ("[1,5,5,3]", "[2,2,3,6]", {"data_format": "channels_nowhere"}),
        ("[1,5,5,3]", "[2,3,6]"),
        ("[1,5,5,3]", "[2,2,3,6]", {"strides": (1, 1, 1)}),
        ("[1,5,5,3]", "[2,2,3,6]", {"strides": 0}),
        ("[1,5,5,3]", "[2,2,3,6]", {"dilation_rate": (1, 1, 1)}),
        ("[1,5,5,3]", "[2,2,3,6]", {"padding": ((1, 1),)}),
        ("[5,3]", "[2,2,3,6]"),
        ("[3]", "[2,2,3,6]"),
        ("[1,5,3]", "[2,2,2,3,6]"),
    ],
    "nn.depthwise_conv": [
        ("[1,5,5,3]", "[2,2,4,1]"),
        ("[1,5,5,3]", "[2,3,1]"),
        ("[1,5,3]", "[2,2,3,1]"),
        ("[1,5,5,3]", "[2,2,3,1]", {"strides": (1, 1, 1)}),
        ("[1,5,5,3]", "[2,2,3,1]", {"padding": "most"}),
    ],
    "nn.separable_conv": [
        ("[1,5,5,3]", "[2,2,4,1]", "[1,1,4,2]"),
        ("[1,5,5,3]", "[2,2,3,1]", "[1,1,4,2]"),
        ("[1,5,5,3]", "[2,2,3,1]", "[1,3,2]"),
    ],
    "nn.conv_transpose": [
        ("[1,5,5,3]", "[2,2,6,4]"),
        ("[1,5,5,3]", "[2,6,3]"),
        ("[1,5,5,3]", "[2,2,6,3]", {"padding": "most"}),
        ("[1,5,5,3]", "[2,2,6,3]", {"strides": (1, 1, 1)}),
    ],
    "nn.max_pool": [
        ("[1,5,5,3]", 2, {"padding": "most"}),
        ("[1,5,5,3]", (2, 2, 2)),
        ("[1,5,5,3]", 2, {"data_format": "channels_nowhere"}),
        ("[1,5,5,3]", 2, {"strides": (1, 1, 1)}),
        ("[1,5,5,3]", 0, 1),
        ("[1,5,5,3]", -2, 1),
        ("[1,5,5,3]", 2, 0),
        ("[5,3]", (2, 2), (1, 1)),
        ("[3]", 2, 1),
    ],
    "nn.average_pool": [
        ("[1,5,5,3]", 2, {"padding": "most"}),
        ("[1,5,5,3]", (2, 2, 2)),
        ("[1,5,5,3]", 2, {"strides": (1, 1, 1)}),
        ("[1,5,5,3]", 0, 1),
    ],
    "nn.categorical_crossentropy": [("[2,3]", "[2,4]"), ("[2,3]", "[2,3]", {"axis": 5})],
    "nn.sparse_categorical_crossentropy": [("int32[3]", "[2,4]")],
    "nn.binary_crossentropy": [("[2,3]", "[2,4]")],
    "nn.moments": [("[2,3]", {"axes": (2,)})],
    "nn.batch_normalization": [("[2,3]", "[4]", "[4]", -1), ("[2,3]", "[3]", "[3]", 5)],
    "nn.dot_product_attention": [
        ("[1,2,3]", "[1,2,3]", "[1,2,3]"),
        ("[1,2,4,8]", "[1,2,3,8]", "[1,2,3,8]"),
        ("[1,2,4,8]", "[1,2,4,7]", "[1,2,4,7]"),
        ("[1,2,4,8]", "[1,2,4,8]", "[1,2,4,8]", {"flash_attention": True}),
    ],
    "nn.adaptive_average_pool": [("[1,5,5,3]", (2, 2, 2)), ("[1,5,5,3]", 0)],
    "nn.adaptive_max_pool": [("[1,5,5,3]", (2, 2, 2)), ("[1,3]", 2), ("[1,5,5,3]", -1)],
    "nn.unfold": [("[2,3]", 2), ("[1,3,4,4]", (2, 2, 2))],
    "nn.fold": [
        ("[1,8,9]", (4, 4), {"kernel_size": 3}),
        ("[1,8,8]", (4, 4), {"kernel_size": 2}),
        ("[1,9,9]", (4, 4), {"kernel_size": 2}),
        ("[8,9]", (4, 4), {"kernel_size": 2}),
    ],
    "nn.depth_to_space": [("[1,2,2,3]", 2), ("[2,3]", 2)],
    "nn.space_to_depth": [("[1,3,3,1]", 2)],
    "nn.multi_hot": [("int32[2]", -3)],
    "nn.ctc_loss": [("int32[2,3]", "[3,5,4]", "int32[2]", "int32[2]")],
    "nn.ctc_decode": [("[2,5,4]", "int32[2]", {"strategy": "guess"}), ("[2,5]", "int32[2]")],
    "nn.leaky_relu": [("[2]", "[3]")],
    "nn.elu": [("[2]", {"alpha": "one"})],
    "nn.threshold": [("[2]", "[3]", 0.0)],
    "nn.psnr": [("[2,3]", "[3,2]", 1.0)],
    "math.segment_sum": [("[3,2]", "int32[2]"), ("[3]", "[3]")],
    "math.top_k": [("[2,3]", 5), ("[2,3]", -1), ("[]", 1)],
    "math.in_top_k": [("int32[3]", "[2,4]", 1)],
    "math.logsumexp": [("[2,3]", {"axis": 2})],
    "math.extract_sequences": [("[2,9]", 0, 2), ("[2,9]", 3, 0), ("[]", 1, 1)],
    "math.fft": [(("[2,3]", "[2,4]"),), ("[2,3]",)],
    "math.stft": [("[2,16]", 9, 2, 8), ("int32[2,16]", 8, 2, 8)],
    "math.rfft": [("[8]", {"fft_length": -1})],
    "math.irfft": [(("[8]", "[9]"),), (("[8]", "[8]"), {"fft_length": -1})],
    "math.istft": [(("[2,5]", "[2,5]"), 8, 2, 4), (("[5]", "[5]"), 8, 2, 8)],
    "math.fft2": [(("[4]", "[4]"),)],
    "math.ifft2": [(("[4]", "[4]"),)],
    "math.cdist": [("[2,3]", "[4,5]"), ("[3]", "[3]")],
    "math.logdet": [("[2,3]",)],
    "math.segment_max": [("[3,2]", "int32[2]"), ("[3]", "int32[3]", {"num_segments": -2})],
    "linalg.cholesky": [("[2,3]",), ("[4]",)],
    "linalg.inv": [("[2,3]",)],
    "linalg.det": [("[2,3]",)],
    "linalg.solve": [("[2,2]", "[3]"), ("[2,3]", "[2]")],
    "linalg.norm": [("[2,3]", {"axis": 2}), ("[2,3]", {"ord": "guess"}), ("[2,3,4]", {"ord": 2})],
    "linalg.qr": [("[2,3]", {"mode": "guess"}), ("[2]",)],
    "linalg.svd": [("[2]",)],
    "linalg.eigh": [("[2,3]",), ("[3]",)],
    "linalg.eig": [("[2,3]",)],
    "linalg.lu_factor": [("[3]",)],
    "linalg.pinv": [("[3]",)],
    "linalg.matrix_rank": [("[]",)],
    "linalg.cholesky_inverse": [("[2,3]",)],
    "linalg.solve_triangular": [("[2,3]", "[2]"), ("[2,2]", "[3]")],
    "linalg.lstsq": [("[2,3]", "[3]")],
    "image.resize": [
        ("[4,4]", (2, 2)),
        ("[4,4,3]", (2, 2, 2)),
        ("[4,4,3]", (2, 2), {"interpolation": "guess"}),
    ],
    "image.rgb_to_grayscale": [("[4,4,2]",), ("[4]",)],
    "image.affine_transform": [("[4,4,3]", "[8]", {"interpolation": "guess"}), ("[4]", "[8]")],
    "image.map_coordinates": [("[4,4]", "[3,2,2]", 1), ("[4,4]", "[2,2]", 7)],
    "image.rgb_to_hsv": [("[4,4,2]",), ("int32[4,4,3]",)],
    "image.hsv_to_rgb": [("[4,4,2]",), ("[3]",)],
    "image.perspective_transform": [("[4,4,3]", "[3,2]", "[4,2]"), ("[4]", "[4,2]", "[4,2]")],
    "image.gaussian_blur": [("[4]",)],
    "image.elastic_transform": [("[4]",), ("[4,4,3]", {"interpolation": "guess"})],
    "image.scale_and_translate": [("[4,4,3]", (2, 2, 3), "[2]", "[2]", (0, 1), "guess")],
    "image.sobel_edges": [("[4]",)],
    "core.cast": [("[2]", "float99")],
    "core.convert_to_tensor": [("nonsense",), ("[2]", {"dtype": "float99"})],
    "core.scatter": [("int32[2,1]", "[3]", (4,)), ("int32[2,1]", "[2]", (-4,))],
    "core.scatter_update": [
        ("[4]", "int32[2,1]", "[3]"),
        ("[4]", "int32[2,1]", "[2]", {"reduction": "guess"}),
    ],
    "core.slice": [("[4]", (0,), (9,)), ("[4,4]", (0,), (2,))],
    "core.slice_update": [("[4]", (0,), "[5]")],
    "core.unstack": [("[4]", {"axis": 3})],
    "random.normal": [((-1,),), ((2,), {"dtype": "int32"})],
    "random.uniform": [((-1,),)],
    "random.randint": [((2,), 0, 5, {"dtype": "float32"}), ((-2,), 0, 5)],
    "random.categorical": [("[3]", 2), ("[2,3]", -1), ("[2,3,4]", 2)],
    "random.truncated_normal": [((-1,),), ((2,), {"dtype": "int32"})],
    "random.gamma": [((-1,), 1.0), ((2,), "[3]")],
    "random.beta": [((2,), "[3]", 1.0)],
    "random.binomial": [((2,), "[3]", 0.5)],
    "random.shuffle": [("[3]", {"axis": 4})],
    "random.dropout": [
        ("[2,3]", 0.5, {"noise_shape": (2,)}),
        ("[2,3]", 0.5, {"noise_shape": (5, 3)}),
    ],
}
CASES = {f"{op} {i}": (op, call) for op, calls in CALLS.items() for i, call in enumerate(calls)}
WAYS = ("directly", "on arrays", "on symbolic tensors")


def _array(text):
    dtype, sizes = re.fullmatch(r"(\w*)\[([\d,]*)\]", text).groups()
    return tuple(map(int, filter(None, sizes.split(",")))), dtype or "float32"


def _is_array(value):
    return isinstance(value, str) and re.fullmatch(r"\w*\[[\d,]*\]", value)


def _filled(value, make):
    if _is_array(value):
        return make(*_array(value))
    if isinstance(value, (list, tuple)):
        return type(value)(_filled(one, make) for one in value)
    return value


def outcome(op, call, way):
    """The exception of one call, or None."""
    import keras
    from keras.src import backend

    room, name = op.split(".")
    if way == "directly":
        function = getattr(getattr(backend, room), name)
    else:
        home = {"random": keras.random, "image": keras.ops.image}.get(room, keras.ops)
        function = getattr(home, name)
    make = keras.KerasTensor if way == "on symbolic tensors" else jnp.ones
    keywords = call[-1] if call and isinstance(call[-1], dict) else {}
    positional = call[:-1] if keywords else call
    try:
        function(
            *[_filled(one, make) for one in positional],
            **{key: _filled(one, make) for key, one in keywords.items()},
        )
    except Exception as error:
        return error
    return None


def main():
    found = {}
    for name, (op, call) in CASES.items():
        errors = [outcome(op, call, way) for way in WAYS]
        found[name] = [[type(error).__name__, str(error)] for error in errors]
    print(json.dumps(found))


@pytest.fixture(scope="module")
def stock():
    return differences(__file__)


@pytest.mark.parametrize("name", CASES)
def test_raises_what_stock_keras_raises(stock, name):
    theirs = [kind for kind, _ in stock[name]]
    assert theirs[0] != "NoneType", "this is no bad input"
    errors = [outcome(*CASES[name], way) for way in WAYS]
    assert [type(error).__name__ for error in errors] == theirs, errors


@pytest.mark.parametrize("name", CASES)
def test_names_the_op_and_what_it_was_given(name):
    op, call = CASES[name]
    error = outcome(op, call, "directly")
    said = "\n".join([str(error), *getattr(error, "__notes__", [])])
    # Once, although ops call each other.
    (given,) = re.findall(r"\nIn (\w+\(.*)\)\.", said)
    assert given.startswith(f"{op.split('.')[1]}(")
    for one in call:
        for text in one if isinstance(one, list) else [one]:
            if _is_array(text):
                shape, dtype = _array(text)
                assert f"{dtype}[{','.join(map(str, shape))}]" in given


if __name__ == "__main__":
    main()

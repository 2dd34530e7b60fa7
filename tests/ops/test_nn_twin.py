"""``ops.nn`` beside its production twin, ``keras.src.backend.jax.nn``, in one stock Keras process.

Run as a program, this file calls both sides of each case below with the same arguments and prints
what differs as JSON. As a test it starts that program once, and each case is a test of its own.

Traced with its gradient, each side must be the same program once nested functions are written
out; that is proof enough. Where it is not, both are compiled, and values and gradients in float32
must have the same bits. In half precision XLA may keep an intermediate result in float32, and does
so or not depending on how functions were nested; and called eagerly (cases named "float32"), stock
runs one primitive at a time where ours is one program, in which XLA may round a multiplication and
an addition once. These are allowed a few units in the last place of the largest element, and never
another NaN or infinity.
"""

import json
import os
import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
ULP = 4

# 0 and its neighbours, kinks of every activation, saturation on both sides, and what is no number.
NUMBERS = [0.0, -0.0, 1e-30, -1e-30, 0.5, -0.5, 1.0, -1.0, 2.0, -2.0, 3.0, -3.0, 6.0, -6.0]
NUMBERS += [0.3, -0.7, 8.0, -8.0, 15.0, -15.0, 20.0, -20.0, 40.0, -40.0, 90.0, -90.0, 104.0, -104.0]
NUMBERS += [200.0, -200.0, 1e4, -1e4, np.inf, -np.inf, np.nan, 0.25, -1.5, 1.5]
FLOATS = ("float32", "bfloat16", "float16")


def numbers(dtype):
    return np.array(NUMBERS, "float32"), dtype


def random(*shape, dtype="float32", seed=0, low=-3.0, high=3.0):
    return np.random.default_rng(seed).uniform(low, high, shape).astype("float32"), dtype


def whole(*values, dtype="int32"):
    return np.array(values), dtype


def probabilities(*shape, dtype="float32", seed=0):
    values = np.random.default_rng(seed).uniform(0, 1, shape).astype("float32")
    values.flat[:4] = [0.0, 1.0, 1e-9, 1 - 1e-9]
    return values, dtype


def one_hot_rows(classes, size):
    return np.eye(size, dtype="float32")[list(classes)], "float32"


# One case: its name, the op, its arguments (arrays as (values, dtype)), the keyword arguments, and
# which of the arguments to differentiate.
CASES = []


def case(name, op, *args, grad=(0,), **kwargs):
    CASES.append((name, op, args, kwargs, grad))


ELEMENTWISE = {
    "relu": [{}],
    "relu6": [{}],
    "sigmoid": [{}],
    "sparse_sigmoid": [{}],
    "tanh": [{}],
    "tanh_shrink": [{}],
    "softplus": [{}],
    "softsign": [{}],
    "soft_shrink": [{}, {"threshold": 1.5}],
    "sparse_plus": [{}],
    "silu": [{}],
    "squareplus": [{}, {"b": 3}],
    "log_sigmoid": [{}],
    "leaky_relu": [{}, {"negative_slope": 0.01}],
    "hard_sigmoid": [{}],
    "hard_silu": [{}],
    "elu": [{}, {"alpha": 0.3}],
    "selu": [{}],
    "gelu": [{}, {"approximate": False}],
    "celu": [{}, {"alpha": 0.3}],
    "hard_tanh": [{}],
    "hard_shrink": [{}, {"threshold": 1.5}],
    "threshold": [{"threshold": 0.5, "default_value": 0.25}, {"threshold": 1, "default_value": 2}],
}
for op, variants in ELEMENTWISE.items():
    for kwargs in variants:
        for dtype in FLOATS:
            case(f"{op}{list(kwargs.values()) or ''}, {dtype}", op, numbers(dtype), **kwargs)
    case(f"{op}, int32", op, whole(-7, -1, 0, 1, 2, 6, 7), grad=(), **variants[-1])
    case(f"{op}, bool", op, whole(0, 1, dtype="bool"), grad=(), **variants[-1])

for op in ("softmax", "log_softmax", "sparsemax"):
    for dtype in FLOATS:
        case(f"{op}, {dtype}", op, random(5, 7, dtype=dtype, high=30.0))
        case(f"{op} of special numbers, {dtype}", op, numbers(dtype))
    case(f"{op} of ties", op, whole(1, 1, 1, 0, dtype="float32"))
    case(f"{op} of finite extremes", op, whole(-300, 0, 300, 300, dtype="float32"))
    case(f"{op}, axis 0", op, random(3, 4, 2), axis=0)
    case(f"{op}, one class", op, random(3, 1))
for op in ("softmax", "log_softmax"):
    case(f"{op}, all axes", op, random(3, 4), axis=None)
    case(f"{op}, two axes", op, random(3, 4, 2), axis=(0, 2))
    case(f"{op}, no rows", op, random(0, 4))
for dtype in FLOATS:
    case(f"glu, {dtype}", "glu", random(3, 6, dtype=dtype))
case("glu, axis 0", "glu", random(4, 6), axis=0)

for dtype in FLOATS:
    target = (one_hot_rows([0, 2, 1, 3, 3], 4)[0], dtype)
    classes = whole(0, 2, 1, 3, 3)
    for logits in (False, True):
        told = f"{'logits' if logits else 'probabilities'}, {dtype}"
        predicted = random(5, 4, dtype=dtype) if logits else probabilities(5, 4, dtype=dtype)
        given = {"from_logits": logits}
        name = "categorical_crossentropy"
        case(f"{name}, {told}", name, target, predicted, grad=(0, 1), **given)
        case(f"{name}, axis 0, {told}", name, target, predicted, grad=(0, 1), axis=0, **given)
        name = "sparse_categorical_crossentropy"
        case(f"{name}, {told}", name, classes, predicted, grad=(1,), **given)
        name = "binary_crossentropy"
        case(f"{name}, {told}", name, target, predicted, grad=(0, 1), **given)
        case(
            f"{name}, saturated, {told}",
            name,
            (np.tile([0.0, 1.0, 0.3, 1.0], 10)[: len(NUMBERS)], dtype),
            numbers(dtype),
            grad=(1,),
            **given,
        )
case(
    "sparse_categorical_crossentropy, column of classes out of range",
    "sparse_categorical_crossentropy",
    (np.array([[0], [-1], [9]]), "int32"),
    random(3, 4),
    from_logits=True,
    grad=(1,),
)
case(
    "sparse_categorical_crossentropy, classes given as floats",
    "sparse_categorical_crossentropy",
    whole(0, 1, 3, dtype="float32"),
    random(3, 4),
    from_logits=True,
    grad=(1,),
)
case(
    "categorical_crossentropy, whole numbers",
    "categorical_crossentropy",
    whole([1, 0], [0, 1]),
    whole([1, 3], [2, 2]),
    grad=(),
)
case(
    "categorical_crossentropy, shapes differ",
    "categorical_crossentropy",
    random(2, 3),
    random(2, 4),
)
case("categorical_crossentropy, single numbers", "categorical_crossentropy", random(), random())
case(
    "sparse_categorical_crossentropy, shapes differ",
    "sparse_categorical_crossentropy",
    whole(1, 2),
    random(3, 4),
)
case("binary_crossentropy, shapes differ", "binary_crossentropy", random(2, 3), random(3))

for kwargs in ({}, {"axis": 0}, {"axis": 1, "dtype": "int32"}, {"dtype": "bool"}):
    case(f"one_hot {kwargs}", "one_hot", whole([0, 3, 1], [2, -1, 4]), 4, grad=(), **kwargs)
    case(f"multi_hot {kwargs}", "multi_hot", whole([0, 3, 1], [2, -1, 4]), 4, grad=(), **kwargs)
    for op in ("one_hot", "multi_hot"):
        case(
            f"sparse {op} {kwargs}",
            op,
            whole([0, 3, 1], [2, -1, 3]),
            4,
            grad=(),
            sparse=True,
            **({"dtype": "float32"} | kwargs),
        )
case("one_hot, small integers", "one_hot", whole(0, 2, dtype="uint8"), 3, grad=())
case("one_hot, floats", "one_hot", whole(0, 2, 1, dtype="float32"), 3, grad=())
case("multi_hot of one row", "multi_hot", whole(0, 2, 2), 4, grad=())

for dtype in (*FLOATS, "int32"):
    for kwargs in ({"axes": [0]}, {"axes": (0, 2), "keepdims": True}, {"axes": (-1,)}):
        case(
            f"moments {kwargs}, {dtype}",
            "moments",
            random(4, 3, 5, dtype=dtype, high=300.0),
            grad=() if dtype == "int32" else (0,),
            **kwargs,
        )
case("moments beyond float16", "moments", (np.full((2, 2), 6e4), "float16"), axes=[0])
case("moments, synchronized", "moments", random(2, 2), axes=[0], synchronized=True)
for dtype in FLOATS:
    features = [random(3, dtype=dtype, seed=seed, low=0.0) for seed in range(4)]
    for count in (2, 3, 4):
        for axis in (-1, 1):
            case(
                f"batch_normalization, {count} arrays, axis {axis}, {dtype}",
                "batch_normalization",
                random(4, 3, 3, dtype=dtype),
                *features[:2],
                axis,
                *features[2:count],
                grad=(0, 1, 2) + ((4,) if count > 2 else ()) + ((5,) if count > 3 else ()),
            )
case(
    "batch_normalization, variance 0",
    "batch_normalization",
    random(4, 3),
    random(3),
    (np.zeros(3), "float32"),
    -1,
    epsilon=0.0,
    grad=(0, 1),
)

case("psnr", "psnr", random(2, 3, 3), random(2, 3, 3, seed=1), 255, grad=(0, 1))
case("psnr of equal images", "psnr", random(2, 3), random(2, 3), 1.0)
case("psnr, shapes differ", "psnr", random(2, 3), random(3, 2), 1.0)

for space in (1, 2, 3):
    for data_format in ("channels_last", "channels_first")[: 1 if space == 3 else 2]:
        size = (6, 7, 5)[:space]
        images = (2, *size, 4) if data_format == "channels_last" else (2, 4, *size)
        for padding, strides in (("valid", 1), ("same", 2)):
            told = f"{space} dimensions, {data_format}, {padding}, strides {strides}"
            given = {"padding": padding, "data_format": data_format}
            for op in ("max_pool", "average_pool"):
                case(f"{op}, {told}", op, random(*images), 3, strides=strides, **given)
            image, more = random(*images), {"strides": strides, **given}
            kernel = random(*(3, 2, 3)[:space], 4, 6, seed=1)
            case(f"conv, {told}", "conv", image, kernel, grad=(0, 1), **more)
            narrow = random(*(3, 2, 3)[:space], 2, 6, seed=1)
            case(f"conv in groups, {told}", "conv", image, narrow, grad=(0, 1), **more)
            kernel = random(*(3, 2, 3)[:space], 4, 2, seed=1)
            case(f"depthwise_conv, {told}", "depthwise_conv", image, kernel, grad=(0, 1), **more)
            if space < 3:
                points = random(*(1, 1)[:space], 8, 3, seed=2)
                case(
                    f"separable_conv, {told}",
                    "separable_conv",
                    image,
                    kernel,
                    points,
                    grad=(0, 1, 2),
                    **more,
                )
            kernel = random(*(3, 2, 3)[:space], 3, 4, seed=1)
            case(f"conv_transpose, {told}", "conv_transpose", image, kernel, grad=(0, 1), **more)
        for goal in (2, 4):
            for op in ("adaptive_max_pool", "adaptive_average_pool"):
                case(
                    f"{op} to {goal}, {space} dimensions, {data_format}",
                    op,
                    random(*images),
                    goal,
                    data_format=data_format,
                )
last = {"data_format": "channels_last"}
for op in ("max_pool", "average_pool"):
    case(f"{op} by default strides, float32", op, random(2, 6, 8, 3), (2, 4), (2, 4), **last)
    case(
        f"{op} of ties",
        op,
        whole(*[[[1], [1], [1], [0], [2], [2]]] * 2, dtype="float32"),
        3,
        1,
        **last,
    )
    case(f"{op} of special numbers", op, (np.reshape(NUMBERS, (1, -1, 1)), "float32"), 2, 1, **last)
    case(f"{op}, whole numbers", op, whole(*[[[1], [2], [4]]] * 2), 2, 1, grad=(), **last)
    case(f"{op}, bfloat16", op, random(2, 6, 8, 3, dtype="bfloat16"), 2, 2, "same", **last)
    case(f"{op}, unknown padding", op, random(2, 6, 3), 2, 2, "full", **last)
    case(f"adaptive_{op} of four dimensions", f"adaptive_{op}", random(1, 2, 2, 2, 2, 1), 1, **last)
case(
    "conv, dilated, float32",
    "conv",
    random(2, 9, 9, 3),
    random(3, 3, 3, 4, seed=1),
    grad=(0, 1),
    dilation_rate=(2, 3),
    **last,
)
case(
    "conv, borders given",
    "conv",
    random(2, 9, 3),
    random(3, 3, 4, seed=1),
    grad=(0, 1),
    padding=[(2, 0)],
    **last,
)
case(
    "conv, bfloat16",
    "conv",
    random(2, 6, 3, dtype="bfloat16"),
    random(3, 3, 4, seed=1, dtype="bfloat16"),
    grad=(0, 1),
    **last,
)
case(
    "conv, image cast to the kernel's dtype",
    "conv",
    whole(*[[[1], [2], [4]]] * 2),
    random(2, 1, 4),
    grad=(1,),
    **last,
)
case("conv, channels that cannot be grouped", "conv", random(2, 6, 3), random(3, 2, 4), **last)
case("conv of a small image", "conv", random(2, 2, 3), random(3, 3, 4), **last)
case("depthwise_conv, wrong channels", "depthwise_conv", random(2, 6, 3), random(3, 2, 4), **last)
case("conv_transpose, wrong channels", "conv_transpose", random(2, 6, 3), random(3, 4, 2), **last)
for output_padding in (None, 0, 1):
    for padding in ("valid", "same"):
        case(
            f"conv_transpose, {padding}, output_padding {output_padding}, dilated",
            "conv_transpose",
            random(2, 5, 4, 3),
            random(3, 2, 2, 3, seed=1),
            grad=(0, 1),
            strides=1,
            padding=padding,
            output_padding=output_padding,
            dilation_rate=2,
            **last,
        )
        case(
            f"conv_transpose, {padding}, output_padding {output_padding}, strides 2 and 3",
            "conv_transpose",
            random(2, 5, 4, 3),
            random(3, 4, 2, 3, seed=1),
            grad=(0, 1),
            strides=(2, 3),
            padding=padding,
            output_padding=output_padding,
            **last,
        )

windows = [
    {"kernel_size": 2},
    {"kernel_size": (3, 2), "stride": 2, "padding": (1, 2)},
    {"kernel_size": 2, "dilation": (2, 1), "stride": (1, 2), "padding": 1},
]
for places, kwargs in zip((30, 20, 24), windows, strict=True):
    case(f"unfold {kwargs}", "unfold", random(2, 3, 6, 7), **kwargs)
    columns = 3 * np.prod(np.broadcast_to(kwargs["kernel_size"], 2))
    case(f"fold {kwargs}", "fold", random(2, columns, places), (6, 7), **kwargs)
for data_format in ("channels_last", "channels_first"):
    for op in ("depth_to_space", "space_to_depth"):
        case(f"{op}, {data_format}", op, random(2, 4, 8, 4), 2, data_format)

q, k, v = (random(2, time, 4, 8, seed=time) for time in (5, 6, 7))
k, v = random(2, 6, 4, 8, seed=1), random(2, 6, 4, 8, seed=2)
bias = random(2, 4, 5, 6, seed=3)
mask = (np.random.default_rng(4).uniform(size=(2, 4, 5, 6)) > 0.5, "bool")
mask[0][0, 0, 0] = False
few = (random(2, 6, 2, 8, seed=1), random(2, 6, 2, 8, seed=2))
op = "dot_product_attention"
for name, args, kwargs in (
    ("plain, float32", (q, k, v), {}),
    ("scaled, causal", (q, k, v), {"scale": 0.3, "is_causal": True}),
    ("biased", (q, k, v, bias), {}),
    ("masked, causal, biased", (q, k, v, bias, mask), {"is_causal": True}),
    ("mask of rank 3", (q, k, v, None, (mask[0][:, 0], "bool")), {}),
    ("mask for one head", (q, k, v, None, (mask[0][:, :1], "bool")), {}),
    ("mask for one row", (q, k, v, bias, (mask[0][:1], "bool")), {}),
    ("fewer key heads", (q, *few), {}),
    ("fewer key heads, masked", (q, *few, bias, mask), {"is_causal": True}),
    ("bfloat16", [(x[0], "bfloat16") for x in (q, k, v)], {}),
    ("fewer key heads, bfloat16", [(x[0], "bfloat16") for x in (q, *few)], {"is_causal": True}),
    ("mixed dtypes, bfloat16 and float32", [(q[0], "bfloat16"), k, v], {}),
    ("rank 3", [(x[0][0], "float32") for x in (q, k, v)], {}),
):
    case(
        f"{op}, {name}",
        op,
        *args,
        grad=(0, 1, 2) if len(args) < 4 or args[3] is None else (0, 1, 2, 3),
        **kwargs,
    )

labels = whole([1, 2, 2, 0], [3, 1, 3, 3])
for name, logits, lengths, frames, mask_index in (
    ("float32", random(2, 9, 5), [4, 2], [9, 7], 0),
    ("bfloat16", random(2, 9, 5, dtype="bfloat16"), [4, 2], [9, 7], 0),
    ("blank last", random(2, 9, 5), [3, 1], [9, 0], 4),
    ("too few frames", random(2, 3, 5), [4, 4], [3, 3], 0),
):
    case(
        f"ctc_loss, {name}",
        "ctc_loss",
        labels,
        logits,
        whole(*lengths),
        whole(*frames),
        mask_index,
        grad=(1,),
    )
for kwargs in ({}, {"merge_repeated": False}, {"mask_index": None}, {"mask_index": 2}):
    case(
        f"ctc_decode, greedy, {kwargs}",
        "ctc_decode",
        random(3, 9, 4),
        whole(9, 5, 0),
        grad=(),
        **kwargs,
    )


def _leaves(value):
    """The arrays of a result."""
    import jax

    return jax.tree.leaves(value)


def _same_kind(ours, theirs):
    ours, theirs = ([(str(one.dtype), one.shape) for one in side] for side in (ours, theirs))
    return None if ours == theirs else f"{ours} is not {theirs}"


def _same_bits(ours, theirs):
    for a, b in zip(map(np.asarray, ours), map(np.asarray, theirs), strict=True):
        # Every NaN is one NaN here. A zero's sign counts.
        wrong = (a != b) | (np.signbit(a) != np.signbit(b)) if a.dtype.kind == "f" else a != b
        wrong &= ~((a != a) & (b != b))
        if wrong.any():
            return f"{wrong.sum()} of {a.size} differ: {a[wrong][:4]} is not {b[wrong][:4]}"
    return None


def _nearly(ours, theirs):
    import ml_dtypes

    for a, b in zip(map(np.asarray, ours), map(np.asarray, theirs), strict=True):
        exact = a.dtype.kind in "iub"
        unit = 0.0 if exact else float(ml_dtypes.finfo(a.dtype).eps)
        a, b = a.astype("float64"), b.astype("float64")
        finite = np.isfinite(b)
        largest = np.abs(b[finite]).max(initial=0.0)
        if not np.array_equal(a[~finite], b[~finite], equal_nan=True):
            return f"not finite in other places: {a} is not {b}"
        if np.abs(a[finite] - b[finite]).max(initial=0.0) > ULP * unit * largest:
            return f"{a} is not {b}"
    return None


class Case:
    """One case, ready to be called on either side."""

    def __init__(self, name, op, args, kwargs, grad):
        self.name, self.op, self.args, self.kwargs = name, op, args, kwargs
        self.places = [i for i, arg in enumerate(args) if isinstance(arg, tuple)]
        self.slots = tuple(self.places.index(i) for i in grad)

    def arrays(self):
        import jax.numpy as jnp

        return [jnp.asarray(values).astype(dtype) for values, dtype in map(self._arg, self.places)]

    def _arg(self, place):
        return self.args[place]

    def call(self, module, arrays):
        filled = list(self.args)
        for place, array in zip(self.places, arrays, strict=True):
            filled[place] = array
        return getattr(module, self.op)(*filled, **self.kwargs)

    def slope(self, module, arrays):
        """The gradient of a weighted sum of the result; no two elements have the same weight."""
        import jax
        import jax.numpy as jnp

        def total(*arrays):
            return sum(
                jnp.sum(leaf.astype("float32") * jnp.arange(1.0, 1 + leaf.size).reshape(leaf.shape))
                for leaf in jax.tree.leaves(self.call(module, arrays))
            )

        return jax.grad(total, self.slots)(*arrays) if self.slots else ()


def _traced(case, module):
    """The program, with its gradient, that JAX traces a case to."""
    import jax

    def both(arrays):
        return case.call(module, arrays), case.slope(module, arrays)

    closed = jax.make_jaxpr(both)(case.arrays())

    def write_out(*arguments):
        return _evaluate(closed.jaxpr, closed.consts, arguments)

    return str(jax.make_jaxpr(write_out)(*jax.tree.leaves(case.arrays())))


def _evaluate(jaxpr, constants, arguments):
    """Run a traced program, step by step, where it calls another one too."""
    known = dict(zip([*jaxpr.constvars, *jaxpr.invars], [*constants, *arguments], strict=True))
    for step in jaxpr.eqns:
        values = [v.val if hasattr(v, "val") else known[v] for v in step.invars]
        called = step.params.get("jaxpr" if step.primitive.name == "jit" else "call_jaxpr")
        if called is not None:
            results = _evaluate(called.jaxpr, called.consts, values)
        elif step.primitive.name in ("copy", "copy_p"):
            results = values
        else:
            results = step.primitive.bind(*values, **step.primitive.get_bind_params(step.params))
            results = results if step.primitive.multiple_results else [results]
        known.update(zip(step.outvars, results, strict=True))
    return [v.val if hasattr(v, "val") else known[v] for v in jaxpr.outvars]


def compare(cases):
    """What differs between the two sides: a list of lines for each case, by name."""
    import jax
    from keras.src.backend.jax import nn as stock

    from keras_edu_backend.ops import nn as edu

    found = {case.name: [] for case in cases}

    def note(case, told, line):
        if line:
            found[case.name].append(f"{told}: {line}")

    def outcome(function, module, case):
        try:
            return _leaves(function(module, case)), None
        except Exception as error:
            return None, type(error).__name__

    working = []
    for case in cases:
        (ours, our_error), (theirs, their_error) = (
            outcome(lambda m, c: jax.eval_shape(partial(c.call, m), c.arrays()), module, case)
            for module in (edu, stock)
        )
        if our_error != their_error:
            note(case, "raises", f"{our_error}, not {their_error}")
        elif our_error is None:
            note(case, "shapes and dtypes", _same_kind(ours, theirs))
            working.append(case)
            if case.name.endswith("float32"):
                eager = (_leaves(case.call(module, case.arrays())) for module in (edu, stock))
                note(case, "eager", _nearly(*eager))

    different = [c for c in working if _traced(c, edu) != _traced(c, stock)]
    # One program for many cases: compiling is what takes the time.
    for start in range(0, len(different), 50):
        group = different[start : start + 50]
        arrays = [case.arrays() for case in group]
        both = []
        for module in (edu, stock):

            def program(arrays, module=module, group=group):
                return [
                    (case.call(module, given), case.slope(module, given))
                    for case, given in zip(group, arrays, strict=True)
                ]

            both.append(jax.jit(program)(arrays))
        for case, (value, slope), (twin_value, twin_slope) in zip(group, *both, strict=True):
            agree = _nearly if "float16" in case.name else _same_bits
            note(case, "value", agree(_leaves(value), _leaves(twin_value)))
            note(case, "gradient", agree(_leaves(slope), _leaves(twin_slope)))
    print(len(different), "of", len(working), "were compiled", file=sys.stderr)
    return found


def main():
    names = sys.argv[1:]
    cases = [Case(*one) for one in CASES if not names or any(name in one[0] for name in names)]
    print(json.dumps(compare(cases)))


@pytest.fixture(scope="module")
def differences():
    done = subprocess.run(
        [sys.executable, __file__],
        env={
            **os.environ,
            "KERAS_BACKEND": "jax",
            "PYTHONPATH": str(ROOT),
            # Both sides are compiled alike, and in half the time.
            "XLA_FLAGS": "--xla_backend_optimization_level=0",
        },
        capture_output=True,
        text=True,
        timeout=900,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("name", [name for name, *_ in CASES])
def test_equals_stock_keras(differences, name):
    assert differences[name] == []


if __name__ == "__main__":
    main()

"""A problem made smaller, for a file that shows a difference by itself: fewer layers, units, rows.

`ways` lists what can be cut, the largest cuts first; `cut` makes one cut. Whether the difference is
still there afterwards is for the caller to find out. Both run in the worker of one side. A problem
that was cut holds its model as ``config``, which is what the file will hold (see `to_send`).
"""

import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import tree

from keras_edu_backend.compare.model import side
from keras_edu_backend.compare.model.judge import HARD, TRAINING, without_prefix
from keras_edu_backend.model_calls import calls_of, told_of, with_arrays
from keras_edu_backend.rounding import of_models

# What a layer's configuration says of its size.
SIZES = ("units", "filters", "kernel_size", "strides", "pool_size", "num_heads", "key_dim")
_PER_ROW = ("x", "y", "sample_weight", "hard")


def ways(problem: Mapping[str, Any], precision: str | None) -> list[list]:
    """The cuts that may be possible.

    Args:
        problem: what `side.prepare` or `cut` returned.
        precision: see `side.answer`.

    Returns:
        A list of cuts, each a list of its kind and what to cut: rows, layers (before one, after
        one, some of them, those around a nested model), a size of a layer, an axis of the inputs.
    """
    return list(_ways(problem, side.side_of(problem, precision).model))


def _ways(problem, model) -> Iterator[list]:
    count = len(problem["rows"])
    if count > 1:
        yield ["rows", 0, count // 2]
        yield ["rows", count // 2, count]
    if not _is_graph(model):
        return
    layers = [each for each in model.layers if not isinstance(each, keras.layers.InputLayer)]
    names = [each.name for each in layers]
    if len(layers) == 1 and isinstance(layers[0], keras.Model) and _is_graph(layers[0]):
        yield ["inside", names[0]]
    size = len(names) // 2
    while size:
        yield ["before", names[size]]
        yield ["after", names[-1 - size]]
        for start in range(0, len(names), size):
            yield ["layers", names[start : start + size]]
        size //= 2
    for each in layers:
        for name, value in each.get_config().items() if not hasattr(each, "layers") else ():
            if name in SIZES:
                for smaller in _smaller(value):
                    yield ["size", each.name, name, smaller]
    axes = {axis for each in tree.flatten(problem["x"]) for axis in range(1, np.ndim(each))}
    for axis in sorted(axes):
        sizes = [each.shape[axis] for each in tree.flatten(problem["x"]) if each.ndim > axis]
        for smaller in _smaller(max(sizes)):
            yield ["axis", axis, smaller]


def _smaller(value):
    """1 and half of a size, or of each of several."""
    if isinstance(value, int) and not isinstance(value, bool):
        return dict.fromkeys(n for n in (1, value // 2) if 0 < n < value)
    if isinstance(value, list | tuple) and value and all(isinstance(n, int) for n in value):
        return [[1] * len(value)] if max(value) > 1 else []
    return []


def _is_graph(model):
    """Whether it is Keras's own kind of graph, which can be put together anew."""
    own = any(of_models.own(model, name) for name in ("train_step", "compute_loss"))
    return not own and (isinstance(model, keras.Sequential) or hasattr(model, "operations"))


def cut(problem: Mapping[str, Any], precision: str | None, way: list) -> dict[str, Any]:
    """The problem after a cut.

    Args:
        problem: what `side.prepare` or `cut` returned.
        precision: see `side.answer`.
        way: one of `ways`; or ``["alone", place]``, the layer call of this place by itself, on
            what it is given; or ``["hard"]``, the hard inputs in place of the others.

    Returns:
        A problem.

    Raises:
        Exception: of any kind, where the cut cannot be made.
    """
    kind, *what = way
    if kind == "rows":
        return {**problem, **_rows(problem, *what)}
    if kind == "hard":
        return {**problem, "x": problem["hard"], "hard": None}
    of = side.side_of(problem, precision)
    with of.as_at_first():
        smaller, x = _KINDS[kind](of, *what)
        settings = _settings(of)
        labels = problem["y"]
        if kind in ("alone", "after"):  # other outputs, to which loss and labels do not fit
            settings |= {"loss": "mse", "loss_weights": None}
            labels = None
        smaller.compile_from_config(settings)
        return {**problem, **_with_model(problem, of.model, smaller, x, labels)}


def _rows(problem, start, end):
    count = len(problem["rows"])
    found = {part: side.each(np.asarray, problem[part]) for part in _PER_ROW}
    if any(leaf.shape[:1] != (count,) for leaf in tree.flatten(found) if leaf is not None):
        raise ValueError("not all arrays have the same rows")
    found = {part: side.each(lambda leaf: leaf[start:end], array) for part, array in found.items()}
    return {**found, "rows": problem["rows"][start:end]}


def _alone(of, place):
    """A layer call by itself, as it was called."""
    x = of.problem["hard"] if place.startswith(HARD) else of.x
    with calls_of(of.model) as calls:
        of.model(side.tensors(x), **told_of(of.model, place.startswith(TRAINING)))
    (call,) = (each for each in calls if each.path == without_prefix(place))
    inputs = list(map(_input_like, call.inputs))
    args, kwargs = with_arrays(call.arguments, inputs)
    smaller = keras.Model(inputs, call.owner(*args, **kwargs), name=of.model.name)
    return smaller, list(map(side.to_numpy, call.inputs))


def _before(of, name):
    """Without what comes before a layer: it gets what it was given there."""
    layer = of.model.get_layer(name)
    with calls_of(of.model) as calls:
        of.model(side.tensors(of.x), **told_of(of.model, training=True))
    (call,) = (each for each in calls if each.owner is layer)
    inputs = tree.flatten(layer.input)
    if len(inputs) != len(call.inputs):
        raise ValueError(f"{name} is called with more than its inputs")
    smaller = keras.Model(inputs, _ends(of.model)[1], name=of.model.name)
    return smaller, list(map(side.to_numpy, call.inputs))


def _after(of, name):
    """Without what comes after a layer; the loss is the mean square of what it returns."""
    outputs = of.model.get_layer(name).output
    return keras.Model(_ends(of.model)[0], outputs, name=of.model.name), of.x


def _inside(of, name):
    """A nested model that is all there is."""
    inner = of.model.get_layer(name)
    return keras.Model(*_ends(inner), name=of.model.name), of.x


def _without(of, names):
    """Each of these layers hands on what it is given."""

    def call(layer, *args, **kwargs):
        return args[0] if layer.name in names else layer(*args, **kwargs)

    return _anew(of, call_function=call), of.x


def _resized(of, layer_name, name, value):
    """A layer of another size."""

    def clone(layer):
        config = layer.get_config()
        return type(layer).from_config(
            config | {name: value} if layer.name == layer_name else config
        )

    return _anew(of, clone_function=clone), of.x


def _narrowed(of, axis, size):
    """An axis of the inputs ends after so many places."""
    x = side.each(lambda a: a.take(range(min(size, a.shape[axis])), axis), of.x)
    inputs = list(map(_input_like, tree.flatten(x)))
    return _anew(of, input_tensors=tree.pack_sequence_as(_ends(of.model)[0], inputs)), x


def _ends(model):
    """Its inputs and its outputs as its graph has them."""
    if isinstance(model, keras.Sequential):
        return model.inputs[0], model.outputs[0]
    return model.input, model.output


def _input_like(array):
    dtype = keras.backend.standardize_dtype(array.dtype)
    return keras.Input(tuple(array.shape[1:]), dtype=dtype)


def _anew(of, **options):
    """The graph with new layers; see `keras.models.clone_model`."""
    graph = keras.Model(*_ends(of.model), name=of.model.name)
    return keras.models.clone_model(graph, **options)


_KINDS: dict[str, Callable[..., Any]] = {
    "alone": _alone,
    "before": _before,
    "after": _after,
    "inside": _inside,
    "layers": _without,
    "size": _resized,
    "axis": _narrowed,
}


def _settings(of):
    """How the side's model is compiled, without metrics."""
    if of.problem["words"]["loss"] == side.MEAN_SQUARE:
        # The same of labels that are 0, and a loss that a file can name.
        of.model.compile(of.model.optimizer, "mse")
    return of.model.get_compile_config() | {"metrics": None, "weighted_metrics": None}


def _with_model(problem, before, smaller, x, labels):
    """What changes in a problem with its model. The weights go by the names of their layers."""
    config = smaller.to_json()
    model = side.model_of(config, problem)
    if not model.compiled:
        raise ValueError("the loss or the optimizer cannot be made of its configuration")
    values = dict(zip(map(id, before.weights), problem["weights"], strict=True))
    known = {layer.name: layer for layer in before._flatten_layers(include_self=False)}
    fitting = {
        id(weight): _fitted(values[id(old)], weight.shape)
        for layer in model.layers
        if layer.weights
        for weight, old in zip(layer.weights, known[layer.name].weights, strict=True)
    }
    outputs = tree.map_structure(side.to_numpy, model(side.tensors(x), training=False))
    if labels is None:
        labels = tree.map_structure(lambda o: np.zeros(o.shape, "float32"), outputs)
    else:
        fitted = map(_labels_for, tree.flatten(labels), tree.flatten(outputs))
        labels = tree.pack_sequence_as(labels, list(fitted))
    return {
        "config": config,
        "x": x,
        "hard": None,
        "y": labels,
        "weights": [fitting[id(weight)] for weight in model.weights],
        "paths": [weight.path for weight in model.weights],
        "parameters": model.count_params(),
        "loss": None,
        "optimizer": None,
        "words": problem["words"] | {"loss": "as configured"},
    }


def _fitted(array, shape):
    """An array of this shape: cut off, or repeated where it is too short."""
    for axis, size in enumerate(shape):
        array = array.take(np.arange(size) % array.shape[axis], axis)
    return array


def _labels_for(labels, outputs):
    """Labels for outputs of a smaller size, where they have one; classes stay within theirs."""
    if labels.ndim == outputs.ndim and labels.shape[-1] != 1:
        labels = labels[tuple(map(slice, outputs.shape))]
    numbered = np.issubdtype(labels.dtype, np.integer) and labels.shape != outputs.shape
    return labels % outputs.shape[-1] if numbered else labels


def to_send(problem: Mapping[str, Any], precision: str | None) -> dict[str, Any]:
    """What a file needs that shows a difference by itself (see `compare.repro.write`).

    Args:
        problem: what `side.prepare` or `cut` returned.
        precision: see `side.answer`.

    Returns:
        ``config_json``, ``weights``, ``inputs``, ``labels``, ``sample_weight``, ``imports``;
        ``draws``: whether it draws random numbers in training; ``size``, in words.
    """
    of = side.side_of(problem, precision)
    model = of.model
    with of.as_at_first() as drawn:
        model(side.tensors(of.x), **told_of(model, training=True))
        draws = bool(drawn)
    model.compile_from_config(_settings(of))
    inputs, labels, sample_weight = of.batch
    layers = list(model._flatten_layers(include_self=False, recursive=False))
    count = sum(not isinstance(each, keras.layers.InputLayer) for each in layers)
    return {
        "config_json": model.to_json(),
        "weights": problem["weights"],
        "inputs": tree.flatten(inputs),
        "labels": tree.flatten(labels),
        "sample_weight": None if sample_weight is None else tree.flatten(sample_weight),
        "imports": _definitions(model, problem["unsafe"]),
        "draws": draws,
        "size": f"{count} layer{'s' * (count != 1)}, {model.count_params():,} parameters, "
        f"{len(problem['rows'])} of the rows",
    }


def _definitions(model, unsafe):
    """Statements that define the model's own classes: of installed modules an import, of others
    the text of their file."""
    classes = map(type, model._flatten_layers())
    found = ["keras.config.enable_unsafe_deserialization()"] * unsafe
    for name in dict.fromkeys(each.__module__ for each in classes):
        if name.partition(".")[0] == "keras":
            continue
        path = Path(getattr(sys.modules[name], "__file__", None) or "")
        if "site-packages" in path.parts:
            found.append(f"import {name}")
        elif path.suffix == ".py":
            text = path.read_text(encoding="utf-8")
            found += [
                "import types",
                f"own = sys.modules[{name!r}] = types.ModuleType({name!r})",
                f"exec({text!r}, own.__dict__)",
                "classes = {name: one for name, one in vars(own).items() if isinstance(one, type)}",
                "keras.saving.get_custom_objects().update(classes)",
            ]
    return found

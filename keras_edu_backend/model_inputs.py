"""Inputs and labels for a model that nobody has given any.

Inputs follow the model's own declarations, labels what its loss takes. Their values mean nothing:
they are drawn so that the model can run and its units are neither all dead nor all saturated.
"""

import zipfile

import jax
import keras
import numpy as np
from keras import tree

from keras_edu_backend.model_calls import calls_of
from keras_edu_backend.target import BadTarget

ROWS = 8
# In place of an open dimension: of a sequence; of an image, which pooling halves several times.
LENGTH = 16
SIDE = 32
# Whole numbers that no layer says the range of.
CLASSES = 10


def inputs_for(model, batch=ROWS, seed=0):
    """Inputs drawn at random, in the tree in which the model declares them.

    Floats are standard normal, booleans fair, whole numbers below the size of the Embedding (or
    CategoryEncoding) that takes them, else from 0 to 9.

    Args:
        model: a Sequential or functional model that knows the shape of its inputs.
        batch: rows, in place of an open first dimension.
        seed: of the draws.

    Returns:
        A tree of NumPy arrays.

    Raises:
        BadTarget: the model declares no inputs, or takes strings.
    """
    declared = _declared(model)
    forms = [
        jax.ShapeDtypeStruct(_shape(given.shape, batch), getattr(jax.numpy, given.dtype))
        for given in tree.flatten(declared)
    ]
    limits = _limits(model, declared, forms)
    random = np.random.default_rng(seed)
    drawn = [_drawn(form, limits.get(place), random) for place, form in enumerate(forms)]
    return tree.pack_sequence_as(declared, drawn)


def _declared(model):
    """The model's tree of `keras.KerasTensor`."""
    declared = getattr(model, "inputs", None)
    if not declared:
        raise BadTarget(
            f"{model.name} does not say which inputs it takes: let a function return "
            "(model, inputs), or give --inputs FILE.npz."
        )
    for given in declared:
        if given.dtype == "string":
            raise BadTarget(
                f"{model.name}'s input {given.name!r} takes strings, which have no digits: give "
                "the model from the layer on that has made numbers of them."
            )
    structure = getattr(model, "_inputs_struct", None)
    if structure is None:
        structure = declared[0] if len(declared) == 1 else list(declared)
    return structure


def _shape(shape, batch):
    """A declared shape with a number in place of each open dimension."""
    open_size = SIDE if len(shape) > 3 else LENGTH
    rows, *others = shape
    return (rows or batch, *(open_size if size is None else size for size in others))


def _drawn(form, limit, random):
    """Numbers of a shape and dtype; below the limit and whole where there is one."""
    if form.dtype == bool:
        return random.random(form.shape) < 0.5
    if limit is not None or jax.numpy.issubdtype(form.dtype, np.integer):
        return random.integers(0, limit or CLASSES, form.shape).astype(form.dtype)
    return random.standard_normal(form.shape).astype(form.dtype)


def _limits(model, declared, forms):
    """By the place of an input among the leaves: the smallest vocabulary that it is looked up in.

    The model is called on shapes alone. An input is followed through layers that hand on whole
    numbers, and through those that hand on the very same array.
    """
    limits: dict[int, int] = {}

    def follow(*values):
        origins = {id(value): {place} for place, value in enumerate(values)}
        with calls_of(model) as calls:
            model(tree.pack_sequence_as(declared, list(values)))
        for call in (call for call in calls if not call.inner):
            origin = set().union(*(origins.get(id(value), set()) for value in call.inputs))
            size = _vocabulary(call.owner)
            for place in origin if size else ():
                limits[place] = min(size, limits.get(place, size))
            for value in call.outputs:
                if not jax.numpy.issubdtype(value.dtype, jax.numpy.inexact):
                    origins[id(value)] = origin
        return ()

    if any(_vocabulary(layer) for layer in model._flatten_layers()):
        try:
            jax.eval_shape(follow, *forms)
        except Exception:
            # Lookup tables are TensorFlow's, which JAX cannot trace.
            limits.clear()
            follow(*(jax.numpy.zeros(form.shape, form.dtype) for form in forms))
    return limits


def _vocabulary(layer):
    """How many whole numbers a layer knows, or None."""
    if isinstance(layer, keras.layers.Embedding):
        return layer.input_dim
    if isinstance(layer, keras.layers.CategoryEncoding):
        return layer.num_tokens
    return None


def labels_for(model, outputs, loss=None, seed=0):
    """Labels drawn at random, such as the model's loss takes.

    Class numbers for a sparse loss, one-hot rows for a categorical one, 0 or 1 for a binary one,
    -1 or 1 for a hinge, counts for a Poisson loss; standard normal numbers for any other.

    Args:
        model: a compiled model, or any with ``loss``.
        outputs: tree of what has the shapes of the model's outputs.
        loss: in place of the model's own: a name, a function or a `keras.losses.Loss`.
        seed: of the draws.

    Returns:
        A tree of NumPy arrays like ``outputs``.
    """
    losses = model.loss if loss is None else loss
    leaves = tree.flatten(outputs)
    names = [_loss_name(found) for found in tree.flatten(losses)]
    if isinstance(losses, dict) and isinstance(outputs, dict):
        names = [_loss_name(losses.get(key)) for key in sorted(outputs)]
    elif isinstance(losses, dict):
        names = [_loss_name(losses.get(key)) for key in model.output_names]
    if len(names) != len(leaves):
        names = names[:1] * len(leaves)
    random = np.random.default_rng(seed + 1)
    drawn = [_label(leaf, name, random) for leaf, name in zip(leaves, names, strict=True)]
    return tree.pack_sequence_as(outputs, drawn)


def _loss_name(loss):
    """A loss's name in lower case without underscores."""
    if not isinstance(loss, str):
        loss = getattr(loss, "__name__", type(loss).__name__)
    return loss.lower().replace("_", "")


def _label(output, loss, random):
    shape = tuple(output.shape)
    if "sparse" in loss:
        return random.integers(0, shape[-1], shape[:-1]).astype("int32")
    if "binary" in loss:
        return random.integers(0, 2, shape).astype("float32")
    if "categorical" in loss or "kl" in loss:
        return np.eye(shape[-1], dtype="float32")[random.integers(0, shape[-1], shape[:-1])]
    if "hinge" in loss:
        return random.choice(np.float32([-1, 1]), shape)
    if "poisson" in loss:
        return random.poisson(2.0, shape).astype("float32")
    return random.standard_normal(shape).astype("float32")


def from_file(model, path):
    """Inputs, labels and sample weights from an ``.npz`` file.

    Args:
        model: a Keras model.
        path: of the file: an array for each input under its name, or a single one under any name;
            ``y``, or ``y_NAME`` for each output, for the labels; ``sample_weight``.

    Returns:
        ``(inputs, labels, sample_weight)``; the last two are None where the file has none.

    Raises:
        BadTarget: there is no such file, it holds pickled objects, or an input is missing.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
    except (OSError, ValueError, TypeError, zipfile.BadZipFile) as error:
        raise BadTarget(f"{path} is no .npz file of arrays: {error}") from error
    labels = {name: arrays.pop(name) for name in list(arrays) if name.startswith("y_")}
    y, weights = arrays.pop("y", None), arrays.pop("sample_weight", None)
    if y is None and labels:
        y = _labels_in_order(model, path, labels)
    if not getattr(model, "inputs", None):
        return (arrays if len(arrays) > 1 else _only(path, arrays)), y, weights
    declared = _declared(model)
    if not tree.is_nested(declared):
        return _only(path, arrays), y, weights
    names = [given.name for given in tree.flatten(declared)]
    missing = [name for name in names if name not in arrays]
    if missing:
        raise BadTarget(f"{path} has no array {missing[0]!r}: {model.name} takes {names}.")
    return tree.pack_sequence_as(declared, [arrays[name] for name in names]), y, weights


def _only(path, arrays):
    """The file's single input."""
    if len(arrays) != 1:
        raise BadTarget(f"{path} has {len(arrays)} arrays of inputs; the model takes one.")
    return next(iter(arrays.values()))


def _labels_in_order(model, path, labels):
    names = getattr(model, "output_names", None) or [name[2:] for name in labels]
    missing = [name for name in names if f"y_{name}" not in labels]
    if missing:
        raise BadTarget(f"{path} has no labels 'y_{missing[0]}': the outputs are {list(names)}.")
    return [labels[f"y_{name}"] for name in names]

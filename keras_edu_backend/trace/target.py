"""The trace of a TARGET: which batch it is, where the target does not say."""

import jax
from keras import tree

from keras_edu_backend.target import BadTarget
from keras_edu_backend.trace.taken import Trace

_ROWS = 32


def traced(target, batch=None):
    """The trace of one training step of a target's model.

    Args:
        target: a `keras_edu_backend.target.Target`.
        batch: rows of the batch; None: as many as the target's inputs have, or 32.

    Returns:
        A `Trace` with one step: of training; of the outputs' sum where the model is not compiled.

    Raises:
        BadTarget: the model says too little about its inputs, or does not take the target's.
    """
    model = target.model
    inputs = target.inputs if target.inputs is not None else _inputs_of(model, batch or _ROWS)
    inputs = _with_rows(inputs, batch)
    rows = jax.tree.leaves(inputs)[0].shape[0]
    try:
        if not model.built:
            model.build(jax.tree.map(lambda leaf: leaf.shape, inputs))
        if not model.compiled:
            trace = Trace()
            trace.add("train", model, (inputs,))
            return trace
        if target.labels is not None:
            candidates = [_with_rows(target.labels, rows)]
        else:
            candidates = _labels_of(model, inputs)
        return _first_that_fits(model, inputs, candidates)
    except BadTarget:
        raise
    except Exception as error:
        said = str(error).strip().splitlines() or [""]
        raise BadTarget(
            f"{model.name} cannot take a step on {_shapes(inputs)}: "
            f"{type(error).__name__}: {said[0]}"
        ) from error


def _first_that_fits(model, inputs, candidates):
    """The trace of a step on the first labels that the model's loss takes."""
    for labels in candidates:
        trace = Trace()
        try:
            trace.add("train", model, (inputs, labels))
            return trace
        except Exception:
            if labels is candidates[-1]:
                raise


def _inputs_of(model, rows):
    """Forms of inputs that a model says it takes."""
    declared = getattr(model, "inputs", None)
    if not declared:
        raise BadTarget(
            f"{model.name} does not say which inputs it takes: let the function return "
            "(model, inputs)."
        )
    for given in declared:
        if None in given.shape[1:]:
            raise BadTarget(
                f"{model.name}'s input {given.name!r} has shape {tuple(given.shape)}, open in more "
                "than the batch: let a function return (model, inputs)."
            )
    structure = getattr(model, "_inputs_struct", None)
    if structure is None:
        structure = declared[0] if len(declared) == 1 else list(declared)
    return tree.map_structure(
        lambda given: jax.ShapeDtypeStruct((rows, *given.shape[1:]), given.dtype), structure
    )


def _labels_of(model, inputs):
    """Forms of labels to try: like the outputs, or one class number for each."""
    outputs = jax.eval_shape(
        lambda x: model.stateless_call(
            [v.value for v in model.trainable_variables],
            [v.value for v in model.non_trainable_variables],
            x,
        )[0],
        inputs,
    )
    like = tree.map_structure(lambda o: jax.ShapeDtypeStruct(o.shape, o.dtype), outputs)
    numbers = tree.map_structure(lambda o: jax.ShapeDtypeStruct(o.shape[:-1], "int32"), outputs)
    return [numbers, like] if "sparse" in str(model.loss).lower() else [like, numbers]


def _with_rows(values, rows):
    """Forms of arrays, with so many rows; None keeps what they have."""

    def one(leaf):
        leaf = leaf if hasattr(leaf, "shape") else jax.numpy.asarray(leaf)
        shape = leaf.shape if rows is None else (rows, *leaf.shape[1:])
        return jax.ShapeDtypeStruct(shape, jax.dtypes.canonicalize_dtype(leaf.dtype))

    return jax.tree.map(one, values)


def _shapes(inputs):
    return ", ".join(str(leaf.shape) for leaf in jax.tree.leaves(inputs))

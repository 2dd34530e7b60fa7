"""One side of a comparison: what runs in the worker of one backend.

`prepare` runs on the first side alone and settles the problem: the weights, inputs and labels that
every side gets. `answer` runs on each side and returns its values: a mapping of probe to a mapping
of place to array. The probes:

==========  =======================================================================================
outputs     what ``predict`` and a plain call return, on the inputs and on hard ones (zeros, ties,
            large and small numbers)
layers      what each call of a layer returns, in the order in which the calls end
made        the same, each layer given what the *first* side gave it
gradients   the loss, and its derivative with respect to each trainable weight
training    the loss of each step, and every weight after it
==========  =======================================================================================

``layers`` and ``made`` are taken as for ``predict``, as for a step of training (``training, …``)
and, where it is asked for, on the hard inputs (``hard inputs, …``).
"""

import contextlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import keras
import numpy as np
from keras import tree

from keras_edu_backend import model_inputs
from keras_edu_backend.compare import keras_gradients
from keras_edu_backend.compare import remedies as compare_remedies
from keras_edu_backend.compare.batch import moved
from keras_edu_backend.compare.float64 import make_float64_real
from keras_edu_backend.compare.model.draws import same_draws
from keras_edu_backend.compare.model.judge import HARD, TRAINING
from keras_edu_backend.model_calls import calls_of, told_of, with_arrays
from keras_edu_backend.rounding import of_models
from keras_edu_backend.target import BadTarget, load, one_line

# What one call of a worker leaves for the next: a model that was built, a side that has answered.
_loaded: dict[str, keras.Model] = {}
_sides: dict[tuple[str | None, str | None], "Side"] = {}
_classes: dict[str, dict[str, type]] = {}

_NOT_TOLD = "no: its call() takes no training=, so layers in it do what they do for predict"
MEAN_SQUARE = "the mean square of the outputs, for want of a loss"


def prepare(
    target: str,
    inputs: str | None,
    data: list | None,
    loss: str | None,
    optimizer: str | None,
    rows: int,
    seed: int,
    scale: float,
    unsafe: bool,
) -> dict[str, Any]:
    """What all sides share.

    Args:
        target: see `target.load`.
        inputs: path of an ``.npz`` file of inputs and labels, or None.
        data: inputs, labels and sample weights themselves (each may be None), or None.
        loss: in place of the model's, or None.
        optimizer: likewise.
        rows: of what is drawn.
        seed: of what is drawn, and of the weights.
        scale: by which inputs that are drawn are multiplied.
        unsafe: whether a ``.keras`` file may run code that it holds.

    Returns:
        A problem: ``x``, ``y``, ``sample_weight``, ``hard`` (more inputs, of outputs alone),
        ``weights``, ``paths`` of the weights, ``loss`` and ``optimizer`` as asked for, and in
        words; ``rows``, which of the inputs' are left; ``notes``.

    Raises:
        BadTarget: the target is no model, or cannot run.
    """
    keras.utils.set_random_seed(seed)
    found = load(target, unsafe)
    _loaded[target] = found.model
    model, x, y, sample_weight = found.model, found.inputs, found.labels, found.sample_weight
    notes = []
    if data is not None:
        x, y, sample_weight = data
    if inputs is not None:
        x, y, sample_weight = model_inputs.from_file(model, inputs)
    hard = None
    if x is None:
        x = model_inputs.inputs_for(model, rows, seed)
        x = tree.map_structure(lambda a: a * a.dtype.type(scale) if _continuous(a) else a, x)
        hard = tree.map_structure(_hard, x)
        notes.append(f"Inputs were drawn: {rows} rows from the model's own declarations.")
    x = tree.map_structure(np.asarray, x)
    try:
        outputs = model(tensors(x), training=False)
        keras.losses.get(loss)  # which `compile` would look up at the first step
        words = _compile(model, loss, optimizer)
        if y is None and words["loss"] == MEAN_SQUARE:
            y = tree.map_structure(lambda o: np.zeros(o.shape, "float32"), outputs)
        elif y is None:
            y = model_inputs.labels_for(model, outputs, loss, seed)
            notes.append("Labels were drawn, such as the loss takes.")
    except BadTarget:
        raise
    except Exception as error:
        shapes = ", ".join(str(np.shape(leaf)) for leaf in tree.flatten(x))
        raise BadTarget(
            f"{target}: {model.name} cannot run on {shapes}: {one_line(error)}"
        ) from error
    return {
        "target": target,
        "name": model.name,
        "x": x,
        "y": tree.map_structure(np.asarray, y),
        "sample_weight": each(np.asarray, sample_weight),
        "hard": hard,
        "weights": [to_numpy(weight) for weight in model.weights],
        "paths": [weight.path for weight in model.weights],
        "loss": loss,
        "optimizer": optimizer,
        "words": words,
        "rows": list(range(len(tree.flatten(x)[0]))),
        "seed": seed,
        "unsafe": unsafe,
        "notes": notes,
        "parameters": model.count_params(),
    }


def keep(target: str, unsafe: bool) -> None:
    """Load a model that is to be compared with the one that `prepare` is given.

    Args:
        target: see `target.load`.
        unsafe: likewise.

    Raises:
        BadTarget: the target is no model.
    """
    _loaded[target] = load(target, unsafe).model


def answer(
    problem: Mapping[str, Any],
    precision: str | None,
    probes: list[str],
    steps: int,
    fed: Mapping[str, list] | None,
    remedies: Sequence[str] = (),
    like: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """A side's values.

    Args:
        problem: what `prepare` returned.
        precision: None: as the model has it; ``"float64"``: all of it in float64.
        probes: names from the table above; of layers with their prefix.
        steps: of training.
        fed: for each layer call of the first side the arrays it was given; None: this is it.
        remedies: names of functions in `compare.remedies`, each of which takes the cause of a known
            difference away.
        like: ``calls`` of the first side. Where another model calls as many layers of the same
            classes in the same order, they get the first model's paths.

    Returns:
        ``values``: mapping of probe to mapping of place to array; ``setting``: what may make a
        difference and is not the model; ``fed``: what each layer call was given; ``calls``: of each
        layer call its class; ``problems``: mapping of probe to why it has no values.
    """
    side = side_of(problem, precision)
    values: dict[str, dict] = {}
    with contextlib.ExitStack() as stack:
        for name in remedies:
            stack.enter_context(getattr(compare_remedies, name)())
        side.model.train_function = None  # which holds what was in force when it was compiled
        for probe in probes:
            try:
                values |= side.probe(probe, steps, fed, like)
            except Exception as error:
                side.problems[probe] = one_line(error)
    return {
        "values": values,
        "setting": side.setting,
        "fed": side.fed_here,
        "calls": side.calls,
        "problems": side.problems,
        "watching": side.watching,
    }


def off_kinks(problem: Mapping[str, Any]) -> dict[str, Any]:
    """The same problem, moved a little, so that no number stands exactly on a kink.

    Args:
        problem: what `prepare` returned.

    Returns:
        A problem. Floating weights and inputs are off by about a thousandth
        of the largest of their array; inputs that are whole numbers stay, as they may be looked up.
    """
    random = np.random.default_rng(problem["seed"])
    return {
        **problem,
        "weights": [moved(weight, random) for weight in problem["weights"]],
        "x": each(lambda a: moved(a, random) if _continuous(a) or not a.any() else a, problem["x"]),
    }


def side_of(problem: Mapping[str, Any], precision: str | None) -> "Side":
    """The side of this process; a process has one precision.

    Args:
        problem: what `prepare` returned.
        precision: see `answer`.
    """
    key = (precision, problem.get("config"))
    if key not in _sides:
        if precision and not _sides:
            make_float64_real()
        for smaller in [known for known in _sides if known[1]]:
            del _sides[smaller]
        _sides[key] = Side(problem, precision)
    _sides[key].take(problem)
    return _sides[key]


def model_of(config: str, problem: Mapping[str, Any]) -> keras.Model:
    """A model from its configuration.

    Args:
        config: what ``to_json`` returned.
        problem: of the model that it was made of, whose layers' classes it may have.
    """
    target = problem["target"]
    if problem["unsafe"]:
        keras.config.enable_unsafe_deserialization()
    if target not in _classes:
        layers = load(target, problem["unsafe"]).model._flatten_layers()
        _classes[target] = {type(layer).__name__: type(layer) for layer in layers}
    return keras.models.model_from_json(config, custom_objects=_classes[target])


class Side:
    """The model on this backend, and its answers.

    Args:
        problem: what `prepare` returned.
        precision: see `answer`.
    """

    def __init__(self, problem: Mapping[str, Any], precision: str | None):
        self.calls: dict[str, str] = {}
        self.problems: dict[str, str] = {}
        self.watching = ""
        self.take(problem)
        keras.utils.set_random_seed(problem["seed"])
        self.model = self._made()
        drawn = self._build()
        self._check_weights()
        words = _compile(self.model, problem["loss"], problem["optimizer"])
        self.setting = setting_of(self.model) | {"initial weights": drawn, "loss": words["loss"]}
        if self.model.optimizer is None:
            raise ValueError("the model is compiled without an optimizer of Keras's")
        self.setting |= _configuration(self.model.optimizer)
        self.model.optimizer.build(self.model.trainable_variables)
        self._optimizer = [to_numpy(variable) for variable in self.model.optimizer.variables]

    def take(self, problem: Mapping[str, Any]) -> None:
        """Answer for these inputs from now on; the weights are the same."""
        self.problem = problem
        self.fed_here: dict[str, list] = {}
        self.x = problem["x"]
        # What a step of training takes.
        self.batch = (self.x, problem["y"], problem["sample_weight"])

    @contextlib.contextmanager
    def as_at_first(self) -> Iterator[list[str]]:
        """The weights and the optimizer's state of the problem; the same draws while it is open.

        Gives what `same_draws` gives.
        """
        self.model.set_weights(self.problem["weights"])
        for variable, value in zip(self.model.optimizer.variables, self._optimizer, strict=True):
            variable.assign(value)
        with same_draws(self.model, self.problem["seed"]) as drawn:
            yield drawn

    def probe(
        self,
        name: str,
        steps: int,
        fed: Mapping[str, list] | None,
        like: Mapping[str, str] | None = None,
    ) -> dict[str, dict]:
        """The values of a probe, and of those that come with it; see `answer`."""
        with self.as_at_first():
            if name == "outputs":
                return {name: self._outputs()}
            if name.endswith("layers"):
                return self._layers(name.removesuffix("layers"), fed, like)
            if name == "gradients":
                return {name: self._gradients()}
            return {name: self._training(steps)}

    def _made(self):
        if "config" in self.problem:
            return model_of(self.problem["config"], self.problem)
        target = self.problem["target"]
        return _loaded.pop(target, None) or load(target, self.problem["unsafe"]).model

    def _build(self):
        """Build the model; whether its weights are those of the first side."""
        if not self.model.built or not self.model.weights:
            self.model(tensors(self.x), training=False)
        given = self.problem["weights"]
        here = [to_numpy(weight) for weight in self.model.weights]
        if len(here) == len(given) and all(map(np.array_equal, here, given)):
            return "equal"
        return "drawn anew; replaced by the first side's"

    def _check_weights(self):
        here = [tuple(weight.shape) for weight in self.model.weights]
        given = [np.shape(weight) for weight in self.problem["weights"]]
        if here != given:
            raise ValueError(
                f"the model has other weights here: {len(here)} of shapes {here[:4]}…, and on the "
                f"first side {len(given)} of shapes {given[:4]}…"
            )

    def _outputs(self):
        found: dict[str, np.ndarray] = {}
        for name, x in (("", self.x), (", hard inputs", self.problem["hard"])):
            if x is None:
                continue
            rows = len(tree.flatten(x)[0])
            try:
                predicted = self.model.predict(x, batch_size=rows, verbose=0)
            except Exception as error:  # a step that is compiled may fail where a call does not
                self.problems[f"predict{name}"] = one_line(error)
            else:
                found |= named(f"predict{name}", predicted)
            found |= named(f"call{name}", self.model(tensors(x), training=False))
        return found

    def _layers(self, prefix, fed, like):
        """Each layer's outputs, and what each makes of the first side's inputs."""
        told = told_of(self.model, training=prefix == TRAINING)
        x = tensors(self.problem["hard"] if prefix == HARD else self.x)
        plain = named("", self.model(x, **told))
        self.model.set_weights(self.problem["weights"])
        with calls_of(self.model) as calls:
            watched = named("", self.model(x, **told))
        if not all(np.array_equal(plain[place], watched[place], equal_nan=True) for place in plain):
            self.watching = "Watching the layers changed the outputs' last bits."
        self.model.set_weights(self.problem["weights"])
        layers: dict[str, np.ndarray] = {}
        made: dict[str, np.ndarray] = {}
        for call, path in zip(calls, self._paths(calls, like or {}), strict=True):
            key = prefix + path
            self.calls[path] = type(call.owner).__name__
            given = list(map(to_numpy, call.inputs))
            self.fed_here[key] = given
            outputs = named(key, call.outputs)
            layers |= outputs
            theirs = given if fed is None else fed.get(key)
            if call.owner is self.model or theirs is None or len(theirs) != len(given):
                continue
            if all(map(_same, given, theirs)):
                made |= outputs
            else:
                dtypes = [keras.backend.standardize_dtype(array.dtype) for array in call.inputs]
                arrays = list(map(keras.ops.convert_to_tensor, theirs, dtypes))
                args, kwargs = with_arrays(call.arguments, arrays)
                made |= named(key, call.owner(*args, **kwargs))
        return {f"{prefix}layers": layers, f"{prefix}made": made}

    def _paths(self, calls, like):
        """The calls' paths, or those of the first side's model."""
        here = [call.path for call in calls]
        *_, model = like or here
        same = [type(call.owner).__name__ for call in calls[:-1]] == list(like.values())[:-1]
        return list(like) if same and len(like) == len(here) else [*here[:-1], model]

    def _gradients(self):
        loss, gradients = keras_gradients.of_loss(self.model)(*self.batch)
        paths = dict(zip(map(id, self.model.weights), self.problem["paths"], strict=True))
        names = [paths[id(variable)] for variable in self.model.trainable_variables]
        return {"loss": loss, **dict(zip(names, map(to_numpy, gradients), strict=True))}

    def _training(self, steps):
        losses, found = [], {}
        for step in range(1, steps + 1):
            self.model.reset_metrics()
            logs = self.model.train_on_batch(*self.batch, return_dict=True)
            losses.append(of_models.loss_in(logs))
            for path, weight in zip(self.problem["paths"], self.model.weights, strict=True):
                if keras.backend.is_float_dtype(weight.dtype):
                    found[f"step {step}, {path}"] = np.array(to_numpy(weight))
        return {"losses": np.asarray(losses, keras.config.floatx()), **found}


def setting_of(model: keras.Model) -> dict[str, str]:
    """What may make two sides differ and is not the model, each in words."""
    found = {
        "floatx": keras.config.floatx(),
        "dtype policies": ", ".join(
            sorted({one.dtype_policy.name for one in model._flatten_layers()})
        ),
        "image data format": keras.config.image_data_format(),
        "epsilon": repr(keras.config.epsilon()),
        "told of training": "yes" if told_of(model, training=True) else _NOT_TOLD,
        "processors": str(
            len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else "?"
        ),
    }
    backend = keras.backend.backend()
    if backend == "jax":
        import jax

        found["device"] = jax.devices()[0].device_kind
        found["matmul precision"] = str(
            jax.config.values["jax_default_matmul_precision"] or "default"
        )
        found["XLA_FLAGS"] = os.environ.get("XLA_FLAGS", "")
    elif backend == "torch":
        import torch

        found["device"] = str(keras.src.backend.torch.core.get_device())
        found["matmul precision"] = torch.get_float32_matmul_precision()
        found["threads"] = str(torch.get_num_threads())
    elif backend == "tensorflow":
        import tensorflow as tf

        gpus = tf.config.list_physical_devices("GPU")
        found["device"] = "GPU" if gpus else "cpu"
        found["TF32"] = str(
            bool(gpus and tf.config.experimental.tensor_float_32_execution_enabled())
        )
        found["TF_ENABLE_ONEDNN_OPTS"] = os.environ.get("TF_ENABLE_ONEDNN_OPTS", "1 (default)")
    return found


def _configuration(optimizer):
    """What it was made with, each value by its name."""
    config = optimizer.get_config()
    del config["name"]
    values = {f"optimizer's {name}": str(value) for name, value in config.items()}
    return {"optimizer": type(optimizer).__name__, **values}


def _compile(model, loss, optimizer):
    """Give the model what it lacks to be trained; what it is trained with, in words."""
    own_loss = model.loss if model.compiled else None
    own_step = of_models.own(model, "compute_loss") or of_models.own(model, "train_step")
    chosen = loss or own_loss or (None if own_step else _mean_square)
    if loss or not model.compiled or (own_loss is None and not own_step):
        own_optimizer = getattr(model, "optimizer", None) if model.compiled else None
        model.compile(optimizer=optimizer or own_optimizer or "sgd", loss=chosen)
    elif optimizer:
        model.compile(optimizer=optimizer, loss=chosen)
    words = "the model's own" if chosen is None else str(getattr(chosen, "name", chosen))
    return {
        "loss": MEAN_SQUARE if chosen is _mean_square else words,
        "optimizer": type(model.optimizer).__name__,
    }


def _mean_square(y_true, y_pred):
    return keras.ops.mean(keras.ops.square(y_pred))


def _hard(array):
    """The same rows again, with zeros, ties, small and large numbers among them."""
    if not _continuous(array):
        return array
    found = array.copy()
    for number, change in enumerate((lambda a: 0 * a, lambda a: np.round(2 * a) / 2)):
        found[number::8] = change(array[number::8])
    found[2::8] *= array.dtype.type(1e-3)
    found[3::8] *= array.dtype.type(32)
    return found


def _continuous(array):
    """Whether it may hold any number: what looks up a vocabulary may be floating and is whole."""
    return array.dtype.kind == "f" and not np.array_equal(array, np.round(array))


def tensors(x: Any) -> Any:
    """The same tree with the backend's tensors."""
    return each(keras.ops.convert_to_tensor, x)


def each(function: Callable[[Any], Any], values: Any) -> Any:
    """The same tree with a function of each leaf; None stays."""
    return tree.map_structure(lambda leaf: None if leaf is None else function(leaf), values)


def to_numpy(value: Any) -> np.ndarray:
    """As NumPy has it; what NumPy has no dtype for becomes float32, which holds all of it."""
    found = np.asarray(keras.ops.convert_to_numpy(value))
    return found.astype(np.float32) if found.dtype.name == "bfloat16" else found


def named(name: str, outputs: Any) -> dict[str, np.ndarray]:
    """The leaves of a tree of outputs by place: ``name``, or ``name, output 1`` and so on."""
    arrays = [to_numpy(leaf) for leaf in tree.flatten(outputs) if leaf is not None]
    return dict(zip(places_of(name, len(arrays)), arrays, strict=True))


def places_of(name: str, count: int) -> list[str]:
    """What so many outputs of one name are called."""
    if count == 1:
        return [name]
    return [f"{name}, output {number}" for number in range(1, count + 1)]


def _same(one, other):
    return one.dtype == other.dtype and np.array_equal(one, other, equal_nan=one.dtype.kind == "f")

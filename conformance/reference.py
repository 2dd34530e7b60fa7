"""How a plain-JAX model of `reference_models` takes part in a comparison, without Keras."""

from functools import cache, partial

import jax
import jax.numpy as jnp
import numpy as np

from conformance.cases import all_cases
from keras_edu_backend.compare import slopes
from keras_edu_backend.compare.adapter import Unsupported
from keras_edu_backend.compare.batch import each, instances, places, rows
from reference_models import dropout, gaussian_dropout, initializers, optimizers


class ReferenceAdapter:
    """Answers for the case's network (see `compare.adapter.Adapter`)."""

    def __init__(self, experiment, subject):
        self.experiment = experiment
        self.case = all_cases().get(experiment.case)
        if experiment.build:
            if self.case is None:
                raise Unsupported(f"no case is called {experiment.case}")
            self.network = self.case.plain()

    def parameters(self):
        """The network's own counts, under the case's layer names."""
        counts = self.network.parameter_counts
        expected = self.experiment.parameter_counts
        names = expected if len(expected) == len(counts) else map(str, range(len(counts)))
        return dict(zip(names, map(int, counts), strict=True))

    def outputs(self, point):
        """``apply``, compiled as one and step by step: what Keras's predict and call are."""
        parameters, x = self._parameters(point.weights), each(jnp.asarray, point.x)
        found = places("predict", jax.jit(self.network.apply)(parameters, x))
        found |= places("call", self.network.apply(parameters, x))
        return {place: np.asarray(output) for place, output in found.items()}

    def activations(self, point):
        """The output of each layer, by the case's layer names."""
        parameters, x = self._parameters(point.weights), each(jnp.asarray, point.x)
        if self.case.activations is None:
            found = (self.network.apply(parameters, x),)
        else:
            found = self.case.activations(parameters, x)
        names = self.experiment.parameter_counts
        return {name: np.asarray(value) for name, value in zip(names, found, strict=True)}

    def gradients(self, point):
        """The loss, and the gradients written out by hand."""
        if self.network.gradients is None:
            raise Unsupported("step units have no gradient to write out; see training")
        arguments = self._arguments(point)
        loss = jax.jit(self.network.loss)(*arguments)
        gradients = jax.jit(self.network.gradients)(*arguments)
        return {"loss": np.asarray(loss), **self._named(gradients)}

    def autodiff(self, point):
        """The loss, and the gradients that JAX derives from it."""
        loss, gradients = differentiated(self.network.loss)(*self._arguments(point))
        return {"loss": np.asarray(loss), **self._named(gradients)}

    def differences(self, point):
        """Slopes of the loss along `slopes.directions` of each weight."""
        if not point.smooth:
            return {}
        compiled, (_, x, y) = jax.jit(self.network.loss), self._arguments(point)

        def loss(name, value):
            return float(compiled(self._parameters(point.weights | {name: value}), x, y))

        return {
            name: slopes.quotients(partial(loss, name), value)
            for name, value in point.weights.items()
        }

    def training(self, plan):
        """``train_step`` on every batch; then on the rows in their own order, epoch by epoch."""
        losses = []
        found: dict[str, np.ndarray] = {}
        for step, (loss, parameters) in enumerate(self._steps(plan, plan.batches), start=1):
            losses.append(loss)
            if step in plan.snapshots:
                found |= self._named(parameters, f"step {step}, ")
        return {"losses": np.asarray(losses), **found} | (self._fit(plan) if plan.fit else {})

    def updates(self, plan):
        """The optimiser's rule, compiled, from the given gradients."""
        given = plan.hyperparameters
        if given.get("momentum"):
            rule = optimizers.momentum(given["learning_rate"], gamma=given["momentum"])
        else:
            rule = getattr(optimizers, plan.optimizer)(**given)
        parameters, update = each_array(plan.weights), jax.jit(rule.update)
        state = rule.init(parameters)
        found: dict[str, np.ndarray] = {}
        for step, gradients in enumerate(plan.gradients, start=1):
            parameters, state = update(each_array(gradients), state, parameters)
            found |= {f"step {step}, {name}": np.asarray(w) for name, w in parameters.items()}
        return found

    def draws(self, plan):
        """The same law from the key that Keras makes of the seed on JAX."""
        key, shape = key_of(plan.seed), tuple(plan.shape)
        if plan.source == "Dropout":
            drawn = dropout.inverted_dropout(key, jnp.ones(shape, float), **plan.arguments)
        elif plan.source == "GaussianDropout":
            drawn = gaussian_dropout.gaussian_dropout(key, jnp.ones(shape, float), **plan.arguments)
        else:
            drawn = INITIALIZERS[plan.source](key, shape)
        return {"draws": np.asarray(drawn)}

    def _fit(self, plan):
        total = instances(plan.x)
        in_order = np.split(np.arange(total), range(plan.batch_size, total, plan.batch_size))
        sizes = np.array([len(batch) for batch in in_order])
        fitted = list(self._steps(plan, in_order * plan.epochs))
        by_epoch = np.reshape([loss for loss, _ in fitted], (plan.epochs, len(in_order)))
        losses = _running_mean(by_epoch, sizes.astype(by_epoch.dtype))
        return {
            "fit, losses": losses,
            **self._named(fitted[-1][1], "fit, "),
        }

    def _parameters(self, weights):
        return self.network.from_dense(nested(weights))

    def _arguments(self, point):
        parameters = self._parameters(point.weights)
        return parameters, each(jnp.asarray, point.x), each(jnp.asarray, point.y)

    def _steps(self, plan, batches):
        """The loss before each update and the parameters after it."""
        parameters = self._parameters(plan.weights)
        state = self.network.init_optimizer(parameters)
        for numbers in batches:
            x, y = (each(jnp.asarray, rows(batch, numbers)) for batch in (plan.x, plan.y))
            parameters, state, loss = self.network.train_step(parameters, state, x, y)
            yield np.asarray(loss), parameters

    def _named(self, parameters, prefix=""):
        layers = self.network.to_dense(parameters)
        flat = [layer[kind] for layer in layers for kind in ("kernel", "bias") if kind in layer]
        names = self.experiment.weight_names
        return {prefix + name: np.asarray(value) for name, value in zip(names, flat, strict=True)}


def _running_mean(by_epoch, sizes):
    """Each epoch's mean loss as Keras keeps it: a running sum in the losses' own precision.

    A better sum would differ in its last bit, and for that bit the noise floor of the whole run
    would be measured: minutes, for `mnist_mlp`.
    """
    total = np.zeros(len(by_epoch), by_epoch.dtype)
    for losses, size in zip(by_epoch.T, sizes, strict=True):
        total += losses * size
    return total / sizes.sum()


# Keras's initializers by name, and the functions of the same law.
INITIALIZERS = {
    "RandomUniform": initializers.uniform,
    "GlorotUniform": initializers.glorot_uniform,
    "GlorotNormal": initializers.glorot_normal,
    "HeUniform": initializers.he_uniform,
    "HeNormal": initializers.he_normal,
}


@cache
def differentiated(loss):
    """The compiled function of the loss and its gradient, the same for all styles of a case."""
    return jax.jit(jax.value_and_grad(loss))


def key_of(seed):
    """What Keras makes of an integer on JAX: the other half counts a layer's draws, from 0."""
    return jnp.array([seed, 0], jnp.uint32)


def each_array(weights):
    """The mapping, with JAX arrays."""
    return {name: jnp.asarray(value) for name, value in weights.items()}


def nested(weights):
    """Weights by name as `reference_models` holds them: a list with a dict for each layer.

    Args:
        weights: mapping of ``"layer/weight"`` to array, in order.

    Returns:
        List of mappings of weight to array.
    """
    layers: dict[str, dict[str, jax.Array]] = {}
    for name, value in weights.items():
        layer, _, weight = name.rpartition("/")
        layers.setdefault(layer, {})[weight] = jnp.asarray(value)
    return list(layers.values())

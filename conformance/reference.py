"""How a plain-JAX model of `reference_models` takes part in a comparison, without Keras."""

import jax
import jax.numpy as jnp
import numpy as np

import reference_models
from keras_edu_backend.compare.adapter import Unsupported


class ReferenceAdapter:
    """Answers for the catalog's network of the same name (see `compare.adapter.Adapter`)."""

    def __init__(self, experiment, subject):
        catalog = reference_models.catalog()
        if experiment.case not in catalog:
            raise Unsupported(f"reference_models has no {experiment.case}")
        self.network = catalog[experiment.case]
        self.experiment = experiment

    def parameters(self):
        """The network's own counts, under the case's layer names."""
        counts = self.network.parameter_counts
        expected = self.experiment.parameter_counts
        names = expected if len(expected) == len(counts) else map(str, range(len(counts)))
        return dict(zip(names, map(int, counts), strict=True))

    def outputs(self, point):
        """``apply``, compiled as one and step by step: what Keras's predict and call are."""
        parameters, x = nested(point.weights), jnp.asarray(point.x)
        return {
            "predict": np.asarray(jax.jit(self.network.apply)(parameters, x)),
            "call": np.asarray(self.network.apply(parameters, x)),
        }

    def gradients(self, point):
        """The loss, and the gradients written out by hand."""
        if self.network.gradients is None:
            raise Unsupported(f"{self.network.name} does not learn by gradients")
        arguments = nested(point.weights), jnp.asarray(point.x), jnp.asarray(point.y)
        loss = jax.jit(self.network.loss)(*arguments)
        gradients = jax.jit(self.network.gradients)(*arguments)
        return {"loss": np.asarray(loss), **self._named(gradients)}

    def training(self, plan):
        """``train_step`` on every batch; then on the rows in their own order, epoch by epoch."""
        losses = []
        found: dict[str, np.ndarray] = {}
        for step, (loss, parameters) in enumerate(self._steps(plan, plan.batches), start=1):
            losses.append(loss)
            if step in plan.snapshots:
                found |= self._named(parameters, f"step {step}, ")
        in_order = np.split(
            np.arange(len(plan.x)), range(plan.batch_size, len(plan.x), plan.batch_size)
        )
        rows = np.array([len(batch) for batch in in_order])
        fitted = list(self._steps(plan, in_order * plan.epochs))
        by_epoch = np.reshape([loss for loss, _ in fitted], (plan.epochs, len(in_order)))
        epoch_losses = (by_epoch * rows).sum(axis=1) / rows.sum()
        return {
            "losses": np.asarray(losses),
            **found,
            "fit, losses": epoch_losses.astype(plan.x.dtype),
            **self._named(fitted[-1][1], "fit, "),
        }

    def _steps(self, plan, batches):
        """The loss before each update and the parameters after it."""
        parameters = nested(plan.weights)
        state = self.network.init_optimizer(parameters)
        for rows in batches:
            parameters, state, loss = self.network.train_step(
                parameters, state, jnp.asarray(plan.x[rows]), jnp.asarray(plan.y[rows])
            )
            yield np.asarray(loss), parameters

    def _named(self, parameters, prefix=""):
        flat = [layer[kind] for layer in parameters for kind in ("kernel", "bias") if kind in layer]
        names = self.experiment.weight_names
        return {prefix + name: np.asarray(value) for name, value in zip(names, flat, strict=True)}


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

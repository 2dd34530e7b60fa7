"""The gradient of a compiled Keras model's loss, taken as each backend takes it when it trains."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import tree

from keras_edu_backend.compare.adapter import Unsupported
from keras_edu_backend.model_calls import told_of


def of_loss(
    model: keras.Model,
) -> Callable[..., tuple[np.ndarray, list[np.ndarray]]]:
    """∂ loss / ∂ w for every trainable weight w, in training mode.

    Args:
        model: a built and compiled Keras model; on a backend that is not Keras's own its optimizer
            is replaced.

    Returns:
        Function from inputs, labels and perhaps sample weights of a batch, trees of arrays, to
        ``(loss, gradients)``: an array of shape () and a list of arrays, one for each of
        ``model.trainable_variables``.

    Raises:
        Unsupported: this backend has no differentiation.
    """
    backend = keras.backend.backend()
    if backend in ("numpy", "openvino"):
        raise Unsupported(f"the {backend} backend has no gradients")
    ways = {"jax": _jax, "tensorflow": _tensorflow, "torch": _torch}
    differentiate = ways.get(backend, _trained)(model)

    def loss_and_gradients(x, y, sample_weight=None):
        batch = (x, y) if sample_weight is None else (x, y, sample_weight)
        loss, gradients = differentiate(*tree.map_structure(keras.ops.convert_to_tensor, batch))
        pairs = zip(model.trainable_variables, gradients, strict=True)
        return np.asarray(loss), [
            np.zeros(variable.shape, variable.dtype) if gradient is None else np.asarray(gradient)
            for variable, gradient in pairs
        ]

    return loss_and_gradients


def _loss(model, x, y, sample_weight=None):
    y_pred = model(x, **told_of(model, training=True))
    return model.compute_loss(x=x, y=y, y_pred=y_pred, sample_weight=sample_weight, training=True)


def _jax(model: keras.Model) -> Callable[..., Any]:
    import jax

    @jax.jit
    @jax.value_and_grad
    def differentiate(values, others, *batch):
        # What a program does not get as arguments, it keeps from the first call.
        variables = [*model.trainable_variables, *model.non_trainable_variables]
        pairs = list(zip(variables, [*values, *others], strict=True))
        # The losses that layers add, regularizers of activities among them, count as well.
        with keras.StatelessScope(state_mapping=pairs, collect_losses=True):
            return _loss(model, *batch)

    def of_batch(*batch):
        trainable, others = model.trainable_variables, model.non_trainable_variables
        return differentiate([v.value for v in trainable], [v.value for v in others], *batch)

    return of_batch


def _tensorflow(model: keras.Model) -> Callable[..., Any]:
    import tensorflow as tf

    def differentiate(*batch):
        with tf.GradientTape() as tape:
            loss = _loss(model, *batch)
        gradients = tape.gradient(loss, [v.value for v in model.trainable_variables])
        # The gradient of an Embedding is a list of rows.
        return loss, [None if each is None else tf.convert_to_tensor(each) for each in gradients]

    return differentiate


def _torch(model: keras.Model) -> Callable[..., Any]:
    def differentiate(*batch):
        model.zero_grad()
        loss = _loss(model, *batch)
        loss.backward()
        gradients = [variable.value.grad for variable in model.trainable_variables]
        return loss.detach(), [g if g is None else g.detach().numpy(force=True) for g in gradients]

    return differentiate


def _trained(model: keras.Model) -> Callable[..., Any]:
    """What the training step of any backend hands to the optimizer.

    Keras has no function for gradients, so that on a backend which is not known here a training
    step is the only way to them that all backends share.
    """
    keeper = _Keeper()
    model.optimizer = keeper
    model.train_function = None  # an earlier one would go on with the earlier optimizer

    def differentiate(*batch):
        model.reset_metrics()
        loss = model.train_on_batch(*batch, return_dict=True)["loss"]
        kept = [keras.ops.convert_to_numpy(variable) for variable in keeper.kept]
        return np.asarray(loss, keras.config.floatx()), kept

    return differentiate


class _Keeper(keras.optimizers.Optimizer):
    """An optimizer that keeps the gradients and changes no weight."""

    def __init__(self):
        super().__init__(learning_rate=0.0)
        self.kept: list[keras.Variable] = []

    def build(self, variables):
        """Make a variable for each gradient; one that never comes stays zero."""
        if not self.built:
            super().build(variables)
            self.kept = [
                self.add_variable_from_reference(variable, name="gradient")
                for variable in variables
            ]

    def update_step(self, gradient, variable, learning_rate):
        """Keep one gradient."""
        self.assign(self.kept[self._get_variable_index(variable)], gradient)

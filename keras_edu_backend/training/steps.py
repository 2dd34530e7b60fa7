"""The mathematics of training, as pure functions of a state and a batch. A model may override each.

    train_step(state, batch)   → logs, state       forward, backward, update, metrics
    test_step(state, batch)    → logs, state       forward, metrics
    predict_step(state, batch) → outputs, state    forward

A state holds the values of all the model's variables; nothing else is read or written, so that JAX
can differentiate the steps and compile them.
"""

import jax
from keras.src import backend, tree
from keras.src.trainers.data_adapters import data_adapter_utils


class PureSteps:
    """The part of the trainer that says what one step of training, testing or predicting is."""

    def compute_loss_and_updates(
        self,
        trainable_variables,
        non_trainable_variables,
        metrics_variables,
        x,
        y,
        sample_weight,
        training=False,
        optimizer_variables=None,
    ):
        """The loss of a batch, as a pure function that ``jax.grad`` can differentiate.

        Args:
            trainable_variables: the values of the model's trainable variables, a list of arrays.
            non_trainable_variables: likewise.
            metrics_variables: likewise.
            x: the batch's inputs, an array or a structure of arrays.
            y: its targets.
            sample_weight: its samples' weights, or None.
            training: whether layers behave as in training.
            optimizer_variables: the optimiser's values, when training: some scale the loss.
        Returns:
            The loss to differentiate, and ``(loss to report, predictions,
            non_trainable_variables, metrics_variables)`` with their new values.
        """
        call_arguments = {"training": training} if self._call_has_training_arg else {}
        y_pred, non_trainable_variables, losses = self.stateless_call(
            trainable_variables,
            non_trainable_variables,
            x,
            return_losses=True,
            **call_arguments,
        )
        if losses:
            # What layers added in the forward pass, such as regularisation, is part of the loss.
            self._losses_override = losses
        loss, variables = self.stateless_compute_loss(
            trainable_variables,
            non_trainable_variables,
            metrics_variables,
            x=x,
            y=y,
            y_pred=y_pred,
            sample_weight=sample_weight,
            training=training,
        )
        if losses:
            self._losses_override = []
        _, non_trainable_variables, metrics_variables = variables

        scaled = loss
        if training and self.optimizer is not None:
            values = zip(self.optimizer.variables, optimizer_variables, strict=True)
            with backend.StatelessScope(values):
                scaled = self.optimizer.scale_loss(loss)
        return scaled, (loss, y_pred, non_trainable_variables, metrics_variables)

    def train_step(self, state, data):
        """Forward, backward, update: one step of gradient descent on one batch.

        Args:
            state: ``(trainable, non_trainable, optimizer, metrics)`` values.
            data: ``(x, y, sample_weight)``, or fewer of them.
        Returns:
            The metrics so far in this epoch, by name, and the new state.
        """
        trainable, non_trainable, optimizer, metrics = state
        x, y, sample_weight = data_adapter_utils.unpack_x_y_sample_weight(data)
        differentiate = jax.value_and_grad(self.compute_loss_and_updates, has_aux=True)
        (_, (loss, y_pred, non_trainable, metrics)), gradients = differentiate(
            trainable,
            non_trainable,
            metrics,
            x,
            y,
            sample_weight,
            training=True,
            optimizer_variables=optimizer,
        )
        trainable, optimizer = self.optimizer.stateless_apply(optimizer, gradients, trainable)
        logs, metrics = self._update_metrics_variables(metrics, loss, x, y, y_pred, sample_weight)
        return logs, (trainable, non_trainable, optimizer, metrics)

    def test_step(self, state, data):
        """Forward and metrics on one batch.

        Args:
            state: ``(trainable, non_trainable, metrics)`` values.
            data: ``(x, y, sample_weight)``, or fewer of them.
        Returns:
            The metrics so far, by name, and the new state.
        """
        trainable, non_trainable, metrics = state
        x, y, sample_weight = data_adapter_utils.unpack_x_y_sample_weight(data)
        _, (loss, y_pred, non_trainable, metrics) = self.compute_loss_and_updates(
            trainable, non_trainable, metrics, x, y, sample_weight, training=False
        )
        logs, metrics = self._update_metrics_variables(metrics, loss, x, y, y_pred, sample_weight)
        return logs, (trainable, non_trainable, metrics)

    def predict_step(self, state, data):
        """Forward on one batch.

        Args:
            state: ``(trainable, non_trainable)`` values.
            data: ``(x,)``, or with y and sample weights, which are not used.
        Returns:
            The model's outputs, and the new non-trainable values.
        """
        trainable, non_trainable = state
        x, _, _ = data_adapter_utils.unpack_x_y_sample_weight(data)
        call_arguments = {"training": False} if self._call_has_training_arg else {}
        return self.stateless_call(trainable, non_trainable, x, **call_arguments)

    def _update_metrics_variables(self, metrics_variables, loss, x, y, y_pred, sample_weight):
        """The metrics' values after one more batch, and what they say by name."""
        values = zip(self.metrics_variables, metrics_variables, strict=True)
        with backend.StatelessScope(values) as scope:
            batch_size = next(a for a in tree.flatten(x) if a is not None).shape[0]
            self._loss_tracker.update_state(loss, sample_weight=batch_size)
            logs = self.compute_metrics(x, y, y_pred, sample_weight)
        # A metric that is created while it is first used has no value in the scope yet.
        after = [scope.get_current_value(v) for v in self.metrics_variables]
        after = [
            v.value if value is None else value
            for v, value in zip(self.metrics_variables, after, strict=True)
        ]
        return logs, after

    def _metrics_results(self, state):
        """What the metrics say, by name, in a state that has their values at its end."""
        with backend.StatelessScope(zip(self.metrics_variables, state[-1], strict=True)):
            return self.get_metrics_result()

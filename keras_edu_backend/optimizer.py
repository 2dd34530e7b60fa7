"""What this backend adds to every Keras optimiser: applying gradients inside a compiled step.

Keras writes each update rule once, on variables. Here an update that happens on some steps only
(gradient accumulation, overwriting weights with their average) must be a branch of one compiled
program, so it is written as a function from values to values.
"""

import jax
import jax.numpy as jnp
from keras.src.backend.common.stateless_scope import StatelessScope
from keras.src.optimizers import base_optimizer

from keras_edu_backend.operation import as_array


class JaxOptimizer(base_optimizer.BaseOptimizer):
    """The base class of ``keras.optimizers.Optimizer``."""

    def _backend_apply_gradients(self, grads, trainable_variables):
        """Update the variables, given the gradients of the loss.

        Args:
            grads: one array per variable.
            trainable_variables: the variables to update.
        """
        if self.gradient_accumulation_steps:
            self._accumulate_then_update(grads, trainable_variables)
        else:
            self._update(grads, trainable_variables)
        if self.use_ema:
            self._update_model_variables_moving_average(self._trainable_variables)
            if self.ema_overwrite_frequency:
                self._sometimes_overwrite_with_average()

    def _update(self, grads, variables):
        """Clip, decay, step."""
        grads = self._clip_gradients(grads)
        self._apply_weight_decay(variables)
        self._backend_update_step(grads, variables, self.learning_rate)

    def _accumulate_then_update(self, grads, variables):
        """Add up gradients; on every k-th step, update with their mean and start again at zero."""
        steps = self.gradient_accumulation_steps
        sums = [self._accumulated_gradients[self._get_variable_index(v)] for v in variables]
        # A gradient accumulator is one of the optimiser's own variables.
        everything = [*variables, *self.variables]
        before = [v.value for v in everything]

        def run(step):
            with StatelessScope(zip(everything, before, strict=True)) as scope:
                step()
                return [scope.get_current_value(v) for v in everything]

        def update():
            means = [(g + total.value) / steps for g, total in zip(grads, sums, strict=True)]
            self._update(means, variables)
            for total in sums:
                total.assign(jnp.zeros(total.shape, total.dtype))

        def wait():
            for g, total in zip(grads, sums, strict=True):
                total.assign(g + total.value)

        due = (self._iterations.value + 1) % steps == 0
        after = jax.lax.cond(due, lambda: run(update), lambda: run(wait))
        for variable, value in zip(everything, after, strict=True):
            variable.assign(value)

    def _sometimes_overwrite_with_average(self):
        """On every ``ema_overwrite_frequency``-th step, let the weights be their moving average."""
        due = (as_array(self.iterations) + 1) % self.ema_overwrite_frequency == 0
        for variable, average in zip(
            self._trainable_variables, self._model_variables_moving_average, strict=True
        ):
            variable.assign(jnp.where(due, average.value, variable.value))

"""A model's variables as a state: tuples of arrays that a pure function takes and gives back.

While ``fit`` runs, the values of the variables live in the state that goes from step to step, and
the variables are empty. They are filled again at the end of an epoch, and whenever a callback looks
at the model (Keras calls ``jax_state_sync`` then).
"""

import contextlib
import dataclasses

import jax
from keras.src.distribution import distribution_lib

TRAIN_STATE = (
    "trainable_variables",
    "non_trainable_variables",
    "optimizer_variables",
    "metrics_variables",
)
TEST_STATE = ("trainable_variables", "non_trainable_variables", "metrics_variables")
PREDICT_STATE = ("trainable_variables", "non_trainable_variables")


@dataclasses.dataclass
class RunningState:
    """The state of a loop that is running: the names of its parts, and their values."""

    parts: tuple
    values: tuple


class VariablesAsState:
    """The part of the trainer that moves values between a model's variables and a state."""

    def _variables_of(self, part):
        """The model's variables that one part of a state holds the values of, in order."""
        if part == "optimizer_variables":
            return self.optimizer.variables if getattr(self, "optimizer", None) else []
        return getattr(self, part)

    def _get_jax_state(self, purge_model_variables=False, **wanted):
        """The values of the wanted parts, in the order of ``TRAIN_STATE``.

        Args:
            purge_model_variables: whether to empty the variables, so that a step may reuse their
                memory for its results.
            **wanted: ``trainable_variables=True`` and so on.
        Returns:
            A tuple with a list of arrays for each part.
        """
        parts = [part for part in TRAIN_STATE if wanted.get(part)]
        state = _each_its_own_array(
            tuple([v.value for v in self._variables_of(part)] for part in parts)
        )
        if purge_model_variables:
            for part in parts:
                for variable in self._variables_of(part):
                    variable._value = None
        return state

    def jax_state_sync(self):
        """Give the variables the values that the running loop holds for them."""
        state = self._jax_state
        if state is None or self._jax_state_synced:
            return
        for part, values in zip(state.parts, state.values, strict=True):
            for variable, value in zip(self._variables_of(part), values, strict=True):
                variable.assign(value)
        self._jax_state_synced = True

    @contextlib.contextmanager
    def _values_back_into_variables(self):
        """On the way out, whatever happened inside, the variables hold their values again."""
        try:
            yield
        finally:
            self.jax_state_sync()
            self._jax_state = None

    def _step_once(self, function, batches, parts, purge=True):
        """Call ``function(state, batches)`` with the parts of the state, and keep the new state.

        Returns:
            The function's outputs.
        """
        if self._jax_state_synced:
            # A callback may have changed the variables: they, not the old state, are the truth.
            # Kept before the step runs, so that a step that fails leaves the model as it was.
            wanted = dict.fromkeys(parts, True)
            values = self._get_jax_state(purge_model_variables=purge, **wanted)
            self._jax_state = RunningState(parts, values)
            self._jax_state_synced = False
        running = self._jax_state
        outputs, running.values = function(running.values, batches)
        return outputs

    def _state_shardings(self, parts):
        """Where the values lie on the devices, for a step to leave them there; None without a
        distribution."""
        if distribution_lib.distribution() is None:
            return None
        return tuple([v.value.sharding for v in self._variables_of(part)] for part in parts)

    def _local_variable_beside_distributed_ones(self, parts):
        """The path of a variable that lies on one device while others are spread out, or None.

        Such a mixture cannot be compiled: it comes of building a model before its distribution
        was set.
        """
        local = distributed = None
        for part in parts:
            for variable in self._variables_of(part):
                if isinstance(variable.value.sharding, jax.sharding.SingleDeviceSharding):
                    local = local or variable.path
                else:
                    distributed = variable.path
        return local if local and distributed else None


def _each_its_own_array(state):
    """A state in which no array stands twice: a step reuses the memory of each for its results.

    Two variables share an array after one was assigned to the other, as a weight and its moving
    average are at the end of ``fit``.
    """
    seen = set()

    def own(array):
        first = id(array) not in seen
        seen.add(id(array))
        return array if first else array.copy()

    return tuple([own(array) for array in part] for part in state)

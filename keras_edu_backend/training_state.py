"""A model's variables as a state: tuples of arrays that a pure function takes and gives back.

While ``fit`` runs, the values of the variables live in the state that goes from step to step, and
the variables are empty. They are filled when somebody looks at one of them (a callback that saves
the model, say), and when the loop ends. Between two epochs that nobody looks at, nothing moves.
"""

import contextlib
import dataclasses
import itertools
import operator
import re

import jax
from keras.src.distribution import distribution_lib
from keras.src.trainers.compile_utils import CompileMetrics
from keras.src.trainers.trainer import Trainer

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
    """The state of a model's loop.

    Attributes:
        parts: names of its parts.
        variables: for each part, the variables.
        values: for each part, their values.
        holds: whether the values are here and the variables empty.
        in_step: whether a step runs, or is being traced.
        fresh_metrics: the metrics' variables and their values after a reset, once they are known.
    """

    parts: tuple = ()
    variables: tuple = ()
    values: tuple = ()
    holds: bool = False
    in_step: bool = False
    fresh_metrics: tuple[list, list] | None = None

    @contextlib.contextmanager
    def values_as_arguments(self):
        """While open, a step runs or is traced, and nobody needs to have the variables filled."""
        self.in_step = True
        try:
            yield
        finally:
            self.in_step = False

    def fill_variables(self):
        """Give the variables their values back. (A variable asks for it when it is looked at.)"""
        # A step that is being traced has the values as its arguments, and no others.
        if not self.holds or self.in_step:
            return
        self.holds = False
        for variable, value in zip(_flat(self.variables), _flat(self.values), strict=True):
            variable.take_from_loop(value)


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
        variables, values = self._collect([part for part in TRAIN_STATE if wanted.get(part)])
        if purge_model_variables:
            for variable in _flat(variables):
                variable._value = None
        return values

    def _collect(self, parts):
        """For each of the parts, the variables and their values."""
        variables = tuple(self._variables_of(part) for part in parts)
        values = _each_its_own_array(tuple([v.value for v in part] for part in variables))
        return variables, values

    def jax_state_sync(self):
        """Keras calls this whenever a callback asks for its model.

        There is nothing to do: a variable that is looked at fills itself. Most callbacks that ask
        for the model only leave a note on it, as ``History`` does after every epoch.
        """

    @contextlib.contextmanager
    def _values_back_into_variables(self):
        """On the way out, whatever happened inside, the variables hold their values again."""
        try:
            yield
        finally:
            self._running.fill_variables()
            self._running.values = ()

    def _running_values(self, parts, purge=True):
        """The values of the parts of the state, from the running loop or from the variables."""
        running = self._running
        if not running.holds or running.parts != parts:
            # Somebody may have changed the variables: they, not an old state, are the truth.
            running.fill_variables()
            running.variables, running.values = self._collect(parts)
            running.parts = parts
            # Held before the step runs, so that a step that fails leaves the model as it was.
            running.holds = True
            if purge:
                for variable in _flat(running.variables):
                    variable.lend_to(running)
        return running.values

    def _step_once(self, step, parts, purge=True):
        """Call ``step(state)`` with the parts of the state, and keep the new state.

        Returns:
            The step's outputs.
        """
        values = self._running_values(parts, purge)
        with self._running.values_as_arguments():
            outputs, self._running.values = step(values)
        return outputs

    def _begin_with_fresh_metrics(self):
        """``reset_metrics``; without computing where the outcome is known from the last time."""
        running = self._running
        if running.fresh_metrics is not None:
            variables, values = running.fresh_metrics
            if running.holds:
                running.values = (*running.values[:-1], list(values))
                return
            if _the_same(variables, self.metrics_variables):
                for variable, value in zip(variables, values, strict=True):
                    variable.take_from_loop(value)
                return
        self.reset_metrics()
        running.fresh_metrics = None
        # Keras's own metrics have no state but their variables, so one reset is like another.
        modules = [type(metric).__module__ for metric in _single(self.metrics)]
        as_it_is = getattr(self.reset_metrics, "__func__", None) is Trainer.reset_metrics
        if as_it_is and all(
            re.fullmatch(r"keras\.src\.metrics\.\w+(?<!_test)", m) for m in modules
        ):
            variables = list(self.metrics_variables)
            running.fresh_metrics = variables, [v.value for v in variables]

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


def _single(metrics):
    """The metrics, and in the place of those that are collections of metrics, what is in them."""
    for metric in metrics:
        if isinstance(metric, CompileMetrics):
            yield from _single(metric.metrics)
        else:
            yield metric


def _the_same(variables, others):
    return len(variables) == len(others) and all(map(operator.is_, variables, others))


def _flat(parts):
    return itertools.chain.from_iterable(parts)


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

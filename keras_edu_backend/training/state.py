"""A model's variables as a state: tuples of arrays that a pure function takes and gives back.

While ``fit`` runs, the values of the variables live in the state that goes from step to step, and
the variables are empty. They are filled when somebody looks at one of them (a callback that saves
the model, say), and when the loop ends. Between two epochs that nobody looks at, nothing moves.

Evaluating and predicting change few values, if any, and none of the weights. So the variables keep
theirs meanwhile, and are given what changed. Several threads may predict with one model, if that
changes nothing.
"""

import contextlib
import dataclasses
import itertools
import operator
import re
import threading
from collections.abc import Callable
from typing import Any

import jax
from keras.src.distribution import distribution_lib
from keras.src.trainers.compile_utils import CompileMetrics

from keras_edu_backend import keras_seam

BaseTrainer: Any = keras_seam.base("keras.src.trainers.trainer", "Trainer")

TRAIN_STATE = (
    "trainable_variables",
    "non_trainable_variables",
    "optimizer_variables",
    "metrics_variables",
)
TEST_STATE = ("trainable_variables", "non_trainable_variables", "metrics_variables")
PREDICT_STATE = ("trainable_variables", "non_trainable_variables")


@dataclasses.dataclass
class ValuesInLoop:
    """The state of a model while ``fit`` runs: the values are here, and the variables empty.

    A step writes its results over the values it is given. What another thread has been given to
    look at must outlast the steps, so after such a look the next step begins with copies.

    Attributes:
        collect: function that gives the variables, for each part of ``TRAIN_STATE``, and their
            values.
        variables: what it gave.
        values: the values after the last step.
        holds: whether the values are here now.
        in_step: whether a step runs, or is being traced.
        turn: the lock of the thread whose step it is. Others wait for their look at a variable.
        thread: the identifier of the thread that ``fit`` runs in, or None.
        looks: how often its own thread has looked at a variable.
        lent_out: whether another thread has looked at one since the last step.
        readers: identifiers of the threads that evaluate or predict, each as often as it does.
        fresh_metrics: the metrics' variables and their values after a reset, once they are known.
    """

    collect: Callable
    variables: tuple = ()
    values: tuple = ()
    holds: bool = False
    in_step: bool = False
    turn: threading.RLock = dataclasses.field(default_factory=threading.RLock)
    thread: int | None = None
    looks: int = 0
    lent_out: bool = False
    readers: list[int] = dataclasses.field(default_factory=list)
    fresh_metrics: tuple[list, list] | None = None

    def begin(self):
        """``fit`` begins, in this thread. Gives the thread of a ``fit`` that it is nested in."""
        around, self.thread = self.thread, threading.get_ident()
        return around

    def end(self, around):
        """``fit`` has ended, or failed. ``around`` is what `begin` gave."""
        with self.turn:
            self.fill_variables()
            self._release(self.variables)
            self.variables = self.values = ()
            self.thread, self.fresh_metrics = around, None

    def runs_elsewhere(self):
        """Whether ``fit`` runs in another thread than this."""
        return self.thread not in (None, threading.get_ident())

    @contextlib.contextmanager
    def as_arguments(self):
        """Gives the values. While it is open, a step runs or is traced, and nobody needs to have
        the variables filled."""
        with self.turn:
            if not self.holds:
                self._begin_with_what_variables_hold()
            self.in_step = True
            try:
                yield self.values
            finally:
                self.in_step = False

    def _begin_with_what_variables_hold(self):
        # Somebody may have changed the variables: they, not an old state, are the truth.
        before = self.variables
        self.variables, self.values = self.collect()
        self._release(before, but_for=set(map(id, _flat(self.variables))))
        if self.lent_out or any(reader != threading.get_ident() for reader in self.readers):
            self.values = tuple([value.copy() for value in part] for part in self.values)
        self.lent_out = False
        # Held before the step runs, so that a step that fails leaves the model as it was.
        self.holds = True
        for variable in _flat(self.variables):
            variable.lend_to(self)

    def _release(self, variables, but_for=()):
        """Have the variables, which are filled, in the loop's care no longer."""
        for variable in _flat(variables):
            if variable.is_lent_to(self) and id(variable) not in but_for:
                variable.leave_loop()

    def step(self, function):
        """Call ``function(values)``, keep the new values that it gives, and return its outputs."""
        with self.as_arguments() as values:
            outputs, self.values = function(values)
            return outputs

    def fill_variables(self):
        """Give the variables their values back. (A variable asks for it when it is looked at.)"""
        with self.turn:
            # A step that is being traced has the values as its arguments, and no others.
            if self.in_step:
                return
            if self.runs_elsewhere():
                self.lent_out = True
            else:
                self.looks += 1
            if not self.holds:
                return
            self.holds = False
            for variable, value in zip(_flat(self.variables), _flat(self.values), strict=True):
                variable.take_from_loop(value, self)


class ValuesInVariables:
    """The state of a model that is not in ``fit``: the variables keep the values.

    Only what a step changes is held here, until somebody looks at it or `fill_variables` is called.
    While ``fit`` runs in another thread, the values are those after one of its steps, and what is
    changed here stays here.

    Args:
        variables: for each part of the state, the variables.
        running: the model's `ValuesInLoop`.
        written_over: whether a step writes its results over the values it is given.
    """

    looks = 0  # what others see are the values themselves

    def __init__(self, variables, running, written_over):
        self._variables = variables
        self._running = running
        self._written_over = written_over
        self._values = None
        self._apart = running.runs_elsewhere()
        self.turn = running.turn

    @contextlib.contextmanager
    def as_arguments(self):
        """Gives the values."""
        if self._values is None or not (self._apart or self._variables_hold_them()):
            with self.turn:
                values = tuple([v.value for v in part] for part in self._variables)
            self._values = _each_its_own_array(values) if self._written_over else values
        yield self._values

    def _variables_hold_them(self):
        return all(
            # Much quicker than `v.value`, which asks for the scopes that it is in.
            v.is_lent_to(self) or v._value is known
            for v, known in zip(_flat(self._variables), _flat(self._values), strict=True)
        )

    def begin_with_fresh_metrics(self):
        """Metrics of one's own, while those of the model belong to another thread's ``fit``.

        Returns:
            Whether that is so, and it is known what the metrics begin with.
        """
        fresh = self._running.fresh_metrics
        if not self._apart or fresh is None or not _the_same(fresh[0], self._variables[-1]):
            return False
        with self.as_arguments() as values:
            self._values = (*values[:-1], list(fresh[1]))
        return True

    def step(self, function):
        """Call ``function(values)``, keep the new values that it gives, and return its outputs."""
        with self.as_arguments() as values:
            outputs, self._values = function(values)
        if self._apart:
            return outputs
        changed = zip(*map(_flat, (self._variables, values, self._values)), strict=True)
        with self.turn:
            for variable, old, new in changed:
                if new is not old:
                    variable.lend_to(self)
        return outputs

    def fill_variables(self):
        """Give the variables the values that are held here."""
        if self._values is None:
            return
        for variable, value in zip(_flat(self._variables), _flat(self._values), strict=True):
            if variable.is_lent_to(self):
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
    def _state_in_variables(self, parts):
        """Gives a `ValuesInVariables`; in the end, whatever happened, the variables are filled."""
        variables = tuple(self._variables_of(part) for part in parts)
        running, reader = self._running, threading.get_ident()
        with running.turn:
            running.readers.append(reader)
        state = ValuesInVariables(variables, running, written_over=parts == TRAIN_STATE)
        try:
            yield state
        finally:
            with running.turn:
                state.fill_variables()
                running.readers.remove(reader)

    def _new_running_state(self):
        return ValuesInLoop(lambda: self._collect(TRAIN_STATE))

    def _begin_with_fresh_metrics(self):
        """``reset_metrics``; without computing where the outcome is known from the last time."""
        with self._running.turn:
            self._reset_metrics_in(self._running)

    def _reset_metrics_in(self, running):
        if running.fresh_metrics is not None:
            variables, values = running.fresh_metrics
            if running.holds and _the_same(variables, running.variables[-1]):
                running.values = (*running.values[:-1], list(values))
                return
            if not running.holds and _the_same(variables, self.metrics_variables):
                for variable, value in zip(variables, values, strict=True):
                    variable.take_from_loop(value, running if running.thread else None)
                return
        self.reset_metrics()
        running.fresh_metrics = None
        # Keras's own metrics have no state but their variables, so one reset is like another.
        modules = [type(metric).__module__ for metric in _single(self.metrics)]
        as_it_is = getattr(self.reset_metrics, "__func__", None) is BaseTrainer.reset_metrics
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


def changes(state, after):
    """What a step made of a state, with None for each value that is as it was.

    Of a state that has another form than before, everything is new.
    """
    if [len(part) for part in state] != [len(part) for part in after]:
        return after
    return tuple(
        [None if new is old else new for old, new in zip(*parts, strict=True)]
        for parts in zip(state, after, strict=True)
    )


def with_changes(state, changed):
    """The state that `changes` are made to."""
    if [len(part) for part in state] != [len(part) for part in changed]:
        return changed
    return tuple(
        [old if new is None else new for old, new in zip(*parts, strict=True)]
        for parts in zip(state, changed, strict=True)
    )


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

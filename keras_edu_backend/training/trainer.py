"""``fit``, ``evaluate`` and ``predict``: the loops around the steps of training.

The steps themselves are pure functions (see ``steps``), which JAX compiles. What is here
is bookkeeping: batches in, callbacks, values back into the variables.
"""

import warnings

import numpy as np
from keras.src import backend, tree
from keras.src import callbacks as callbacks_module
from keras.src import optimizers as optimizers_module
from keras.src.backend import config
from keras.src.trainers.data_adapters import array_slicing, data_adapter_utils
from keras.src.utils import traceback_utils
from keras.src.utils.python_utils import pythonify_logs

from keras_edu_backend.training.compiled import concatenated, debugging, last
from keras_edu_backend.training.data import to_device
from keras_edu_backend.training.one_by_one import OneByOne
from keras_edu_backend.training.state import (
    PREDICT_STATE,
    TEST_STATE,
    TRAIN_STATE,
    BaseTrainer,
    VariablesAsState,
)
from keras_edu_backend.training.steps import PureSteps
from keras_edu_backend.training.way import (
    JAXEpochIterator,
    Steps,
    choose,
    start_no_idle_threads,
)


class JAXTrainer(PureSteps, VariablesAsState, BaseTrainer):
    """The base class that Keras mixes into ``keras.Model``."""

    def __init__(self):
        super().__init__()
        self.train_function = None
        self.test_function = None
        self.predict_function = None
        self._running = self._new_running_state()

    # The compiled steps --------------------------------------------------------------------------

    def make_train_function(self, force=False):
        """Compile ``train_step``, unless that was done before and ``force`` is not set."""
        if self.train_function is None or force:
            self.train_function = self._compiled_steps(self.train_step, TRAIN_STATE)

    def make_test_function(self, force=False):
        """Compile ``test_step``, unless that was done before and ``force`` is not set."""
        if self.test_function is None or force:
            self.test_function = self._compiled_steps(self.test_step, TEST_STATE)

    def make_predict_function(self, force=False):
        """Compile ``predict_step``, unless that was done before and ``force`` is not set."""
        if self.predict_function is None or force:

            def predict_step(state, data):
                outputs, non_trainable_variables = self.predict_step(state, data)
                return outputs, (state[0], non_trainable_variables)

            self.predict_function = self._compiled_steps(predict_step, PREDICT_STATE, concatenated)
        return self.predict_function

    def _compiled_steps(self, step, parts, join=last):
        """A step, and loops over it, as XLA programs that write the new state over the old one."""
        compiled = bool(self.jit_compile) and not self.run_eagerly
        sum_up = None
        if parts != PREDICT_STATE and self._logs_are_results():
            sum_up = self._metrics_results
        shardings = self._state_shardings(parts) if compiled else None
        if shardings is not None:
            self._warn_of_mixed_placement(parts)
        return Steps(step, parts, compiled, shardings, self.steps_per_execution, join, sum_up)

    def _warn_of_mixed_placement(self, parts):
        path = self._local_variable_beside_distributed_ones(parts)
        if path is not None:
            warnings.warn(
                "Detected a mix of local (SingleDeviceSharding) and distributed variables: "
                f"{path!r} lies on a single device, others are spread over the device mesh. JAX "
                "cannot compile a step over both ('Received incompatible devices'). Call "
                "`keras.distribution.set_distribution(...)`, or enter `distribution.scope()`, "
                "before creating the model, its optimizer and its metrics.",
                stacklevel=5,
            )

    # The loops -----------------------------------------------------------------------------------

    @traceback_utils.filter_traceback
    def fit(
        self,
        x=None,
        y=None,
        batch_size=None,
        epochs=1,
        verbose="auto",
        callbacks=None,
        validation_split=0.0,
        validation_data=None,
        shuffle=True,
        class_weight=None,
        sample_weight=None,
        initial_epoch=0,
        steps_per_epoch=None,
        validation_steps=None,
        validation_batch_size=None,
        validation_freq=1,
    ):
        """Train on the data for a number of epochs. Source: ``keras.Model.fit``."""
        self._assert_compile_called("fit")
        if config.max_epochs() and config.max_epochs() < epochs:
            epochs = config.max_epochs()
            warnings.warn(f"Limiting epochs to {epochs}", stacklevel=2)
        if validation_split and validation_data is None:
            (x, y, sample_weight), validation_data = array_slicing.train_validation_split(
                (x, y, sample_weight), validation_split=validation_split
            )
        validate = None
        if validation_data is not None:
            validate = self._validation(
                validation_data, validation_batch_size or batch_size, validation_steps, epochs
            )
        epoch_iterator = JAXEpochIterator(
            x=x,
            y=y,
            sample_weight=sample_weight,
            batch_size=batch_size,
            steps_per_epoch=steps_per_epoch,
            shuffle=shuffle,
            class_weight=class_weight,
            steps_per_execution=self.steps_per_execution,
            passes=epochs - (self._initial_epoch or initial_epoch),
        )
        epoch_iterator.refuse_no_data("fit")
        self._symbolic_build(iterator=epoch_iterator)
        epoch_iterator.reset()
        callbacks = self._callback_list(callbacks, verbose, epochs, epoch_iterator, history=True)

        self.make_train_function()
        self.stop_training = False
        outputs, logs = [], {}
        finished = False
        callbacks.on_train_begin()
        around = self._running.begin()
        try:
            for epoch in range(self._initial_epoch or initial_epoch, epochs):
                self._begin_with_fresh_metrics()
                callbacks.on_epoch_begin(epoch)
                # An epoch that finds no data left reports what the one before it did.
                outputs = self._train_epoch(epoch_iterator, callbacks) or outputs
                logs = dict(self._logs_of_epoch(outputs))
                if validate is not None and self._should_eval(epoch, validation_freq):
                    logs.update(validate(callbacks))
                callbacks.on_epoch_end(epoch, logs)
                if self.stop_training:
                    break
            finished = True
        finally:
            self._running.end(around)
            if isinstance(self.optimizer, optimizers_module.Optimizer) and epochs > 0:
                self.optimizer.finalize_variable_values(self.trainable_weights)
            self._eval_epoch_iterator = None
            if finished:
                callbacks.on_train_end(logs=logs)
        return self.history

    def _train_epoch(self, epoch_iterator, callbacks):
        """One pass over the data. Returns the last step's outputs, in a list, if there was one."""
        return self._take_steps(
            epoch_iterator,
            self.train_function,
            self._running,
            callbacks,
            "train",
            lambda: self.stop_training,
        )

    def _take_steps(self, batches, function, state, callbacks, name, stopped):
        """A step on each batch of an epoch.

        Args:
            batches: the ``JAXEpochIterator``.
            function: the steps, as ``make_train_function`` and its like leave them.
            state: the state whose values the steps take.
            callbacks: the ``CallbackList``.
            name: ``"train"``, ``"test"`` or ``"predict"``.
            stopped: function that says whether a callback has ended the loop.
        Returns:
            List of outputs: of the last step for training and testing, of all for predicting. It
            is empty when there was no batch.
        """
        begin = getattr(callbacks, f"on_{name}_batch_begin")
        end = getattr(callbacks, f"on_{name}_batch_end")
        if name == "predict":
            tell, end = end, lambda last, outputs: tell(last, {"outputs": outputs})
        way = OneByOne(batches, function, state, begin, end)
        outputs = []
        for output in choose(way, callbacks, name, self.steps_per_execution).outputs():
            if name != "predict":
                outputs.clear()
            outputs.append(output)
            if stopped():
                break
        return outputs

    def _logs_of_epoch(self, outputs):
        """The metrics after the last step, as Keras reports them."""
        logs = outputs[-1] if outputs else {}
        # To somebody who debugs, computing the results op by op may show which one is at fault.
        if logs and self._logs_are_results() and not debugging():
            return logs
        return self._get_metrics_result_or_logs(logs)

    def _logs_are_results(self):
        """Whether the logs of a step are the results of the metrics after it.

        As Keras and this backend have it, they are; a model with its own step may log anything.
        """
        return (
            _is_method(self.train_step, PureSteps.train_step)
            and _is_method(self.test_step, PureSteps.test_step)
            and _is_method(self.compute_metrics, BaseTrainer.compute_metrics)
            and _is_method(self.get_metrics_result, BaseTrainer.get_metrics_result)
        )

    def _validation(self, validation_data, batch_size, steps, epochs):
        """A function that evaluates the model on the validation data, whenever it is called."""
        x, y, sample_weight = data_adapter_utils.unpack_x_y_sample_weight(validation_data)
        data = {"x": x, "y": y, "sample_weight": sample_weight, "batch_size": batch_size}
        self._eval_epoch_iterator = None

        def validate(callbacks):
            if self._eval_epoch_iterator is None:
                self._eval_epoch_iterator = JAXEpochIterator(
                    **data,
                    steps_per_epoch=steps,
                    shuffle=False,
                    steps_per_execution=self.steps_per_execution,
                    passes=epochs,
                )
            logs = self.evaluate(
                **data,
                steps=steps,
                callbacks=callbacks,
                return_dict=True,
                _use_cached_eval_dataset=True,
            )
            return {f"val_{name}": value for name, value in logs.items()}

        return validate

    @traceback_utils.filter_traceback
    def evaluate(
        self,
        x=None,
        y=None,
        batch_size=None,
        verbose="auto",
        sample_weight=None,
        steps=None,
        callbacks=None,
        return_dict=False,
        **kwargs,
    ):
        """The loss and metrics on the data. Source: ``keras.Model.evaluate``."""
        self._assert_compile_called("evaluate")
        within_fit = kwargs.pop("_use_cached_eval_dataset", False)
        if kwargs:
            raise ValueError(f"Arguments not recognized: {kwargs}")
        epoch_iterator = self._eval_epoch_iterator if within_fit else None
        if epoch_iterator is None:
            epoch_iterator = JAXEpochIterator(
                x=x,
                y=y,
                sample_weight=sample_weight,
                batch_size=batch_size,
                steps_per_epoch=steps,
                shuffle=False,
                steps_per_execution=self.steps_per_execution,
            )
        epoch_iterator.refuse_no_data("evaluate")
        self._symbolic_build(iterator=epoch_iterator)
        epoch_iterator.reset()
        callbacks = self._callback_list(callbacks, verbose, 1, epoch_iterator)

        self.make_test_function()
        self.stop_evaluating = False
        callbacks.on_test_begin()
        with self._state_in_variables(TEST_STATE) as state:
            if not state.begin_with_fresh_metrics():
                self._begin_with_fresh_metrics()
            outputs = self._take_steps(
                epoch_iterator,
                self.test_function,
                state,
                callbacks,
                "test",
                lambda: self.stop_evaluating,
            )
        logs = pythonify_logs(self._logs_of_epoch(outputs))
        callbacks.on_test_end(logs)
        return logs if return_dict else self._flatten_metrics_in_order(logs)

    @traceback_utils.filter_traceback
    def predict(self, x, batch_size=None, verbose="auto", steps=None, callbacks=None):
        """The model's outputs for the data, as NumPy arrays. Source: ``keras.Model.predict``."""
        epoch_iterator = JAXEpochIterator(
            x=x,
            batch_size=batch_size,
            steps_per_epoch=steps,
            shuffle=False,
            steps_per_execution=self.steps_per_execution,
        )
        epoch_iterator.refuse_no_data("predict")
        if not all(layer.built for layer in self._flatten_layers()):
            _, _, batches = next(iter(epoch_iterator))
            self._build_on(next(batches))
            epoch_iterator.reset()
        callbacks = self._callback_list(callbacks, verbose, 1, epoch_iterator)

        self.make_predict_function()
        self.stop_predicting = False
        callbacks.on_predict_begin()
        with self._state_in_variables(PREDICT_STATE) as state:
            outputs = self._take_steps(
                epoch_iterator,
                self.predict_function,
                state,
                callbacks,
                "predict",
                lambda: self.stop_predicting,
            )
        callbacks.on_predict_end()
        if not outputs:
            raise ValueError("predict: the data gave no batch to predict for.")
        return concatenated(outputs, np.concatenate)

    def _callback_list(self, callbacks, verbose, epochs, epoch_iterator, history=False):
        """The callbacks as Keras calls them; as they are where ``fit`` hands on its own."""
        if isinstance(callbacks, callbacks_module.CallbackList):
            return callbacks
        made = callbacks_module.CallbackList(
            callbacks,
            add_history=history,
            add_progbar=verbose != 0,
            verbose=verbose,
            epochs=epochs,
            steps=epoch_iterator.num_batches,
            model=self,
        )
        start_no_idle_threads(made)
        return made

    # Single batches ------------------------------------------------------------------------------

    def train_on_batch(self, x, y=None, sample_weight=None, class_weight=None, return_dict=False):
        """One training step on one batch. Source: ``keras.Model.train_on_batch``."""
        self._assert_compile_called("train_on_batch")
        if class_weight is not None:
            if sample_weight is not None:
                raise ValueError(
                    "train_on_batch: give `sample_weight` or `class_weight`, not both. Received: "
                    f"sample_weight={sample_weight}, class_weight={class_weight}"
                )
            sample_weight = data_adapter_utils.class_weight_to_sample_weights(y, class_weight)
        batch = to_device((x, y, sample_weight))
        self._symbolic_build(data_batch=batch)
        self.make_train_function()
        return self._metrics_on_batch(self.train_function, batch, TRAIN_STATE, return_dict)

    def test_on_batch(self, x, y=None, sample_weight=None, return_dict=False):
        """The loss and metrics of one batch. Source: ``keras.Model.test_on_batch``."""
        self._assert_compile_called("test_on_batch")
        batch = to_device((x, y, sample_weight))
        self._symbolic_build(data_batch=batch)
        self.make_test_function()
        return self._metrics_on_batch(self.test_function, batch, TEST_STATE, return_dict)

    def _metrics_on_batch(self, function, batch, parts, return_dict):
        self.reset_metrics()
        with self._state_in_variables(parts) as state:
            logs = state.step(lambda values: function(values, iter([batch])))
        logs = pythonify_logs(logs)
        return logs if return_dict else self._flatten_metrics_in_order(logs)

    def predict_on_batch(self, x):
        """The model's outputs for one batch. Source: ``keras.Model.predict_on_batch``."""
        if not all(layer.built for layer in self._flatten_layers()):
            self._build_on((x,))
        self.make_predict_function()
        with self._state_in_variables(PREDICT_STATE) as state:
            outputs = state.step(lambda values: self.predict_function(values, iter([(x,)])))
        return tree.map_structure(np.array, outputs)

    def _build_on(self, batch):
        """Create the variables of a model that has none yet, by calling it once."""
        x, _, _ = data_adapter_utils.unpack_x_y_sample_weight(batch)
        with backend.StatelessScope():
            self(x)


def _is_method(bound, function):
    """Whether a model's method is the given one, neither overridden nor replaced."""
    return getattr(bound, "__func__", None) is function

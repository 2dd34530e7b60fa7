"""A model is used in a random sequence of ways, on edu and on stock Keras: the same after each."""

import numpy as np
import pytest
from conftest import COMPILED, ROOT
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from keras_edu_backend.workers import Worker

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]

# Half of float64's digits: what a fault changes is above, what rounding makes is below.
AGREE = 2.0**-26
ROWS = st.integers(1, 70)
BATCH = st.sampled_from([1, 8, 16, 32])


def machine(sides, folder):
    """The state machine for two workers."""

    class Uses(RuleBasedStateMachine):
        def both(self, function, **arguments):
            ours, stock = (side.call(f"stateful_side:{function}", **arguments) for side in sides)
            assert [a.shape for a in ours] == [a.shape for a in stock]
            for one, other in zip(ours, stock, strict=True):
                scale = max(float(np.abs(other).max(initial=0.0)), 1e-3)
                apart = np.abs(one.astype(float) - other.astype(float)).max(initial=0.0)
                assert apart <= AGREE * scale, (function, arguments, apart, scale)

        @initialize(seed=st.integers(0, 3))
        def start(self, seed):
            self.both("start", seed=seed)

        @rule(
            rows=st.integers(4, 70),
            batch=BATCH,
            epochs=st.integers(1, 3),
            shuffle=st.booleans(),
            held_out=st.sampled_from([0.0, 0.25]),
            seed=st.integers(0, 3),
        )
        def fit(self, **arguments):
            self.both("fit", **arguments)

        @rule(rows=ROWS, batch=BATCH, steps=st.sampled_from([None, 1, 2, 5]))
        def fit_from_a_generator(self, rows, batch, steps):
            self.both("fit_from_a_generator", rows=rows, batch=batch, steps=steps)

        @rule(rows=ROWS, batch=BATCH)
        def fit_while_a_thread_predicts(self, rows, batch):
            self.both("fit_while_a_thread_predicts", rows=rows, batch=batch)

        @rule(rows=ROWS, batch=BATCH, after=st.integers(1, 4))
        def fit_and_stop(self, rows, batch, after):
            self.both("fit_and_stop", rows=rows, batch=batch, after=after)

        @rule(rows=ROWS)
        def train_on_batch(self, rows):
            self.both("train_on_batch", rows=rows)

        @rule(rows=ROWS, batch=BATCH)
        def evaluate(self, rows, batch):
            self.both("evaluate", rows=rows, batch=batch)

        @rule(rows=ROWS, batch=BATCH)
        def predict(self, rows, batch):
            self.both("predict", rows=rows, batch=batch)

        @rule(number=st.integers(0, 9), factor=st.sampled_from([0.5, 2.0]))
        def assign(self, number, factor):
            self.both("assign", number=number, factor=factor)

        @rule(layer=st.integers(0, 2), value=st.booleans())
        def set_trainable(self, layer, value):
            self.both("set_trainable", layer=layer, value=value)

        @rule(optimizer=st.sampled_from(["sgd", "adam", "rmsprop"]))
        def compile_anew(self, optimizer):
            self.both("compile_anew", optimizer=optimizer)

        @rule()
        def save_and_load(self):
            self.both("save_and_load", folder=str(folder))

        @rule()
        def clone(self):
            self.both("clone")

        @rule()
        def copy_variables(self):
            self.both("copy_variables")

    return Uses


def test_a_model_used_at_random_is_the_same_on_both_sides(tmp_path):
    with Worker("edu", **OPTIONS) as edu, Worker("jax", **OPTIONS) as stock:
        run_state_machine_as_test(
            machine((edu, stock), tmp_path),
            # The same sequences in each run. To look for more, raise the numbers.
            settings=settings(
                max_examples=6,
                stateful_step_count=12,
                deadline=None,
                derandomize=True,
                phases=[Phase.generate],  # to shrink a failure would take hours
                report_multiple_bugs=False,
                suppress_health_check=list(HealthCheck),
            ),
        )


OPTIONS = {
    "timeout": 300,
    "import_paths": [ROOT / "tests", ROOT],
    "environment": {"JAX_ENABLE_X64": "1"},
    "compiled": COMPILED,
}

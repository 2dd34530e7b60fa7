"""The reference models run in a process that never loads Keras."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

PROGRAM = """
import sys
import jax
import reference_models

catalog = reference_models.catalog()
assert len(catalog) == 22
network = catalog["logistic_regression"]
parameters = network.init(jax.random.key(0))
x, y = network.sample(8, seed=0)
network.gradients(parameters, x, y)
network.train_step(parameters, network.init_optimizer(parameters), x, y)
loaded = {name.partition(".")[0] for name in sys.modules}
print(sorted(loaded & {"keras", "keras_edu_backend", "tensorflow", "torch", "optax", "flax"}))
"""


def test_importing_and_running_them_loads_no_keras():
    # With KERAS_BACKEND=edu, which these tests run under, Python's start-up line loads the plug-in.
    environment = {k: v for k, v in os.environ.items() if not k.startswith("KERAS_")}
    finished = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    assert finished.stdout.strip() == "[]"

"""A subject without Keras, quick to start, that can be told to fail. Only workers import this."""

import atexit
import json
import os
import signal
import sys
import time
from pathlib import Path

import numpy as np


class Stub:
    """Logistic regression in numpy. ``arguments["fault"]`` shows in experiments called "faulty"."""

    def __init__(self, experiment, subject):
        self.experiment = experiment
        self.fault = subject.arguments.get("fault") if experiment.case == "faulty" else None
        if self.fault == "crash":
            print("about to crash", flush=True)
            os.kill(os.getpid(), signal.SIGSEGV)
        if self.fault == "hang":
            print("about to hang", flush=True)
            time.sleep(3600)
        if self.fault == "tamper":
            atexit.register(_spoil_results)

    def parameters(self):
        return {"dense": 3 if self.fault == "count" else 2}

    def outputs(self, point):
        outputs = _sigmoid(point.x @ point.weights["dense/kernel"])
        if self.fault == "nan":
            outputs[1, 0] = np.nan
        if self.fault == "shape":
            outputs = outputs.T
        if self.fault == "dtype":
            outputs = outputs.astype(np.float16)
        if self.fault == "raise":
            raise RuntimeError("no outputs today")
        if self.fault == "missing":
            raise NotImplementedError("nn.sigmoid is not written yet")
        return {} if self.fault == "nothing" else {"call": outputs}

    def gradients(self, point):
        return {"dense/kernel": _gradient(point.weights["dense/kernel"], point.x, point.y)}

    def training(self, plan):
        kernel, losses, found = plan.weights["dense/kernel"], [], {}
        for step, rows in enumerate(plan.batches, start=1):
            x, y = plan.x[rows], plan.y[rows]
            losses.append(np.mean((_sigmoid(x @ kernel) - y) ** 2))
            kernel = kernel - kernel.dtype.type(0.1) * _gradient(kernel, x, y)
            if step in plan.snapshots:
                found[f"step {step}, dense/kernel"] = kernel
        return {"losses": np.array(losses), **found}

    def activations(self, point):
        outputs = self.outputs(point)["call"]
        return {"dense": outputs * (1.001 if self.fault == "activation" else 1)}

    def updates(self, plan):
        rate = plan.hyperparameters["learning_rate"] * (1.01 if self.fault == "rate" else 1)
        weights, found = plan.weights, {}
        for step, gradients in enumerate(plan.gradients, start=1):
            weights = {n: w - w.dtype.type(rate) * gradients[n] for n, w in weights.items()}
            found |= {f"step {step}, {name}": weight for name, weight in weights.items()}
        return found

    def draws(self, plan):
        seed = plan.seed + (self.fault == "seed")
        high = plan.law["high"] * (1.1 if self.fault == "limit" else 1)
        drawn = np.random.default_rng(seed).uniform(plan.law["low"], high, plan.shape)
        return {
            "draws": drawn.astype("float64" if os.environ["JAX_ENABLE_X64"] == "1" else "float32")
        }


def _sigmoid(x):
    return 1 / (1 + np.exp(-x))


def _gradient(kernel, x, y):
    p = _sigmoid(x @ kernel)
    return x.T @ (2 * (p - y) * p * (1 - p)) / x.dtype.type(len(x))


def _spoil_results():
    for path in Path(sys.argv[1]).glob("call*.json"):
        result = json.loads(path.read_text())["arguments"].get("result", "")
        if "faulty" in result:
            written = Path(f"{result}.arrays")
            written.write_bytes(written.read_bytes()[:40])

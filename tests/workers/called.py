"""Functions that the tests of the workers call. Only workers import this."""

import os
import subprocess
import sys
import time

import numpy as np

from keras_edu_backend.workers import child


def double(x):
    return {"twice": 2 * np.asarray(x), "process": os.getpid()}


def fail():
    raise ValueError("no such data\nat all")


def die(status=3):
    print("these are my last words", flush=True)
    os._exit(status)


def hang(seconds=600):
    print("about to hang", flush=True)
    time.sleep(seconds)


def start_another():
    """A child that would outlive this process by far, and reads its standard input."""
    program = "import sys, time; sys.stdin.read(); time.sleep(600)"
    return {"child": subprocess.Popen([sys.executable, "-c", program]).pid, "me": os.getpid()}


def hang_with_another():
    child.say(start_another())
    hang()


def speak(seconds):
    for step in range(4):
        child.say({"step": step})
        time.sleep(seconds)
    return "done"


def nap(seconds):
    began = time.time()
    time.sleep(seconds)
    return [began, time.time()]


def backend():
    import keras

    import keras_edu_backend

    return [keras.backend.backend(), keras_edu_backend.is_active()]


def another_backend():
    """Loads Keras on JAX, whatever was asked for."""
    os.environ["KERAS_BACKEND"] = "jax"
    import keras

    return keras.backend.backend()


def environment(names):
    return {name: os.environ.get(name) for name in names}


def processors():
    return sorted(os.sched_getaffinity(0))

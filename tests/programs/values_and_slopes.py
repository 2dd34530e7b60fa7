"""The numbers that docs/differences.md tells: ``python values_and_slopes.py FILE.npz QUESTIONS``.

QUESTIONS is a JSON list of pairs: a function of x, and where its slope is asked for; or an
expression, whose value is asked for, and None.
"""

import json
import sys

import numpy as np
from keras import activations, losses, ops

from keras_edu_backend.explain.measure import derivatives

NAMES = {"activations": activations, "losses": losses, "ops": ops, "inf": np.inf, "nan": np.nan}


def value(text):
    return float(ops.convert_to_numpy(eval(text, NAMES)))


def slope(text, at):
    def function(values):
        # A list of numbers and x is an array of them.
        inside = text.replace("[x]", "ops.reshape(x, (1,))").replace("[0.0]", "ops.zeros((1,))")
        inside = inside.replace("[1.0]", "ops.ones((1,))")
        return ops.sum(eval(inside, {**NAMES, "x": values[0]}))

    (found,) = derivatives(function, [np.float32(at)])
    return float(np.asarray(found))


file, questions = sys.argv[1:]
numbers = [value(text) if at is None else slope(text, at) for text, at in json.loads(questions)]
np.savez(file, numbers=numbers)

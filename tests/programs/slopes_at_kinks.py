"""The slopes that docs/differences.md tells: ``python slopes_at_kinks.py FILE.npz QUESTIONS``.

QUESTIONS is a JSON list of pairs: a function of x, and where its slope is asked for.
"""

import json
import sys

import numpy as np
from keras import activations, losses, ops

from keras_edu_backend.explain.measure import derivatives


def slope(text, at):
    def function(values):
        # A list of numbers and x is an array of them.
        inside = text.replace("[x]", "ops.reshape(x, (1,))").replace("[0.0]", "ops.zeros((1,))")
        inside = inside.replace("[1.0]", "ops.ones((1,))")
        return ops.sum(eval(inside, {**names, "x": values[0]}))

    names = {"activations": activations, "losses": losses, "ops": ops}
    (found,) = derivatives(function, [np.float32(at)])
    return float(np.asarray(found))


file, questions = sys.argv[1:]
np.savez(file, slopes=[slope(text, at) for text, at in json.loads(questions)])

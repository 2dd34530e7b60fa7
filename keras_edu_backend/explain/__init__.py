"""What Keras computes under a name, ours and the production code side by side.

``keras-edu explain Dense`` (or ``relu``, ``categorical_crossentropy``, ``Adam``, ``HeNormal``,
``ops.logsumexp``, …) shows, for any public layer, activation, loss, initialiser, optimiser or op:

* the formula;
* our function, and beside it the functions of Keras that a production backend runs, with file and
  line, read from the installed Keras at that moment;
* a small input through both: values, gradients, and where they differ;
* the formula with those numbers in it, primitive by primitive;
* kinks and ties: the slope on the left, at the point, and on the right;
* how many operations and floating-point operations XLA counts in both compiled programs.

How it works. `subjects` finds what a name means. `samples` has a small call for each: the first of
a few candidates that runs. `measure` makes that call on the Keras of its own process and notes the
outputs, the gradients and which functions of Keras and of the backend ran. A production backend
needs a process of its own (`worker`), since a process can hold only one; its Keras never meets
ours. `explanation` puts the two sides together, and `show` prints them.
"""

__all__ = ["explain"]


def explain(name, backend="jax"):
    """Everything there is to show about a name.

    Args:
        name: ``"Dense"``, ``"relu"``, ``"ops.logsumexp"``, ``"layers.Identity"``, ….
        backend: the production backend beside ours: ``"jax"``, ``"tensorflow"`` or ``"torch"``.

    Returns:
        An `explanation.Explanation`.

    Raises:
        ValueError: Keras has no such name; the message names the nearest.
    """
    from keras_edu_backend.plugin import activate, is_active

    if not is_active():
        activate()
    from keras_edu_backend.explain.explanation import explained

    return explained(name, backend)

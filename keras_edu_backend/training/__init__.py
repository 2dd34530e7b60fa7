"""Training, evaluating and predicting. To be read in this order:

* ``steps``: what a step computes, as pure functions of a state and a batch,
* ``compiled``: such a step as an XLA program,
* ``data``: from what the user gave to batches,
* ``state``: the model's variables as a state,
* ``one_by_one``: a step on each batch of an epoch,
* ``trainer``: ``fit``, ``evaluate`` and ``predict`` around all that.

That is complete. The folder ``fast`` gives the same numbers sooner; ``way`` is where it comes in.
"""

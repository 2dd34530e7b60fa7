"""What the documents claim about behaviour, measured on Keras models.

``python -m conformance claims`` measures every claim on one backend or several, in a process of
its own for each, and says whether it holds. A claim is a function that returns numbers, a function
that says what must hold of them, and one that draws them (`claim`); `themes` has the claims, one
module for each theme; `worker` measures, `command` shows.
"""

"""Keras's own tests, run on this backend: the specification of a backend by those who own it.

``python -m conformance.upstream`` runs the tests that the installed ``keras`` wheel carries, in
worker processes, and compares what passes with what passes on stock Keras. How the comparison's
other side was measured stands in this folder's README.

* `suite`: which files there are; `selection`: which of them a run is about
* `environment`: the conditions under which a test runs, and the versions it depends on
* `worker`: what is inside a worker process; `record`: what it has told; `workers`: what one worker
  is to run; `run`: all of them; `cache`: results that need no new run
* `baseline`: what stock Keras passes, and the comparison with it; `report`, `progress`: to be read
"""

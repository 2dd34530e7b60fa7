"""One process per backend, for whoever needs one.

Keras holds one backend in a process; native code can crash or hang, and takes its process with it.
So a function that needs a backend is called by name in a worker, a fresh Python process:

    with Worker("torch") as worker:
        value = worker.call("my_module:measure", units=64)

    waiting = deque(Series(partial(Worker, name), calls) for name in ("edu", "jax"))
    for call, outcome in run(waiting):
        print(call.key, outcome.status, outcome.value)

Arguments go in and values come out as files that hold no code (`files`). A call that raises, kills
its process or hangs costs its own value and no other; its `Outcome` has the last lines. A worker
never outlives its parent, and takes along whatever it has started.

Where to read on: `process` (the parent's end), `child` (the worker's), `pool` (several at once).
"""

from keras_edu_backend.workers.pool import Series, cores, run
from keras_edu_backend.workers.process import Call, Outcome, Worker

__all__ = ["Call", "Outcome", "Series", "Worker", "cores", "run"]

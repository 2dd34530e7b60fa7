"""``python -m conformance.results.worker TASKS EVENTS``: trains what it is told, one by one.

TASKS is a JSON list of [row, side, seed]. A line of JSON is appended to EVENTS when the backend is
ready, when a run begins, and when it ends, so that the process that waits knows at each moment what
is done and, should this one die, which run it died of.
"""

import importlib.metadata
import json
import sys
import traceback
from pathlib import Path


def work(tasks, say):
    """Runs all tasks; an error in one is told and costs only that one.

    Args:
        tasks: list of (row key, side, seed).
        say: function to which every event is handed, a dict.
    """
    import keras

    import keras_edu_backend
    from conformance.results.rows import BY_KEY
    from conformance.results.run import run

    backend = "edu" if keras_edu_backend.is_active() else keras.backend.backend()
    versions = {name: importlib.metadata.version(name) for name in ("keras", "jax", "numpy")}
    say({"event": "ready", "backend": backend, "versions": versions})
    for task in tasks:
        key, side, seed = task
        say({"event": "begin", "task": task})
        try:
            say({"event": "end", "task": task, "result": run(BY_KEY[key], side, seed)})
        except Exception as error:
            last = traceback.extract_tb(error.__traceback__)[-1]
            text = f"{type(error).__name__}: {error} ({Path(last.filename).name}:{last.lineno})"
            say({"event": "end", "task": task, "error": text})
        finally:
            keras.utils.clear_session()


def main():
    """Reads the tasks, works, writes the events."""
    tasks_file, events_file = map(Path, sys.argv[1:])
    with open(events_file, "w", encoding="utf-8", buffering=1) as events:
        work(
            json.loads(tasks_file.read_text(encoding="utf-8")),
            lambda event: events.write(json.dumps(event) + "\n"),
        )


if __name__ == "__main__":
    main()

"""``python -m conformance.claims.worker TASKS EVENTS``: measures the claims it is told, one by one.

TASKS and EVENTS are those of `conformance.results.worker`; a task's first part names the claim.
"""

import importlib.metadata
import json
import sys
import traceback
from pathlib import Path


def work(tasks, say):
    """Measures all claims; an error in one is told and costs only that one.

    Args:
        tasks: list whose parts begin with a claim's name.
        say: function to which every event is handed, a dict.
    """
    import keras

    import keras_edu_backend
    from conformance.claims.claim import measured
    from conformance.claims.themes import all_claims

    claims = all_claims()
    backend = "edu" if keras_edu_backend.is_active() else keras.backend.backend()
    versions = {name: importlib.metadata.version(name) for name in ("keras", "jax", "numpy")}
    say({"event": "ready", "backend": backend, "versions": versions})
    for task in tasks:
        say({"event": "begin", "task": task})
        try:
            say({"event": "end", "task": task, "result": measured(claims[task[0]])})
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

"""Stands in for a worker: says what the tasks' row names tell it to, or dies, or hangs."""

import json
import os
import sys
import time
from pathlib import Path

tasks, events = map(Path, sys.argv[1:])


def say(event):
    with open(events, "a", encoding="utf-8") as file:
        file.write(json.dumps(event) + "\n")


say({"event": "ready", "backend": os.environ["KERAS_BACKEND"], "versions": {}})
for task in json.loads(tasks.read_text(encoding="utf-8")):
    row, _, seed = task
    say({"event": "begin", "task": task})
    if row == "dies" and seed == 1:
        print("out of memory", flush=True)
        os._exit(3)
    if row == "hangs":
        time.sleep(60)
    if row == "raises":
        say({"event": "end", "task": task, "error": "ValueError: no such data"})
    else:
        say({"event": "end", "task": task, "result": {"seed": seed}})

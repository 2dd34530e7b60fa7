"""The other end of `benchmarks.turns.Worker`: runs functions by name and answers in JSON.

`python -m benchmarks.worker BACKEND` reads one request a line from its standard input,
`{"function": "module:function", "arguments": {…}}`, calls `function(backend, **arguments)` and
writes one answer a line: `{"value": …}` or `{"error": "traceback"}`. What the function prints goes
to standard error, so that it cannot be taken for an answer.
"""

import importlib
import json
import os
import sys
import traceback


def main():
    backend = sys.argv[1]
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    if backend == "edu":
        import keras_edu_backend

        keras_edu_backend.activate()
    else:
        os.environ["KERAS_BACKEND"] = backend
    for line in sys.stdin:
        request = json.loads(line)
        module, name = request["function"].split(":")
        try:
            function = getattr(importlib.import_module(module), name)
            answer = {"value": function(backend, **request["arguments"])}
        except Exception:
            answer = {"error": traceback.format_exc()}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()

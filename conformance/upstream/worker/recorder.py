"""The pytest plug-in inside a worker: writes down what happens, as it happens.

Each event is told to the parent at once, so that the tests before a crash count, and so that it
knows which test a process died in. ``--plan FILE`` says what to run:

    {"backend": "edu", "devices": 1, "import_first": ["torch"],
     "files": {"/path/to/nn_test.py": "ops/nn_test.py"}, "only": {"ops/nn_test.py": ["relu"]}}
"""

import importlib
import json
import os
import random
import re
import sys
import time
import zlib
from pathlib import Path

import numpy as np
import pytest

from conformance.upstream.names import matches, name_of
from keras_edu_backend.workers import child

_NO_MODULE = re.compile(r"ModuleNotFoundError: No module named '([^']+)'")

# What is kept of an error: its message, which can hold whole arrays.
_LONGEST_MESSAGE = 2000


def pytest_addoption(parser):
    """Add ``--plan``."""
    parser.addoption("--plan", help="the JSON file that says what to run")


def pytest_configure(config):
    """Start to record."""
    plan = json.loads(Path(config.getoption("--plan")).read_text(encoding="utf-8"))
    for module in plan["import_first"]:
        try:
            importlib.import_module(module)
        except ModuleNotFoundError as error:
            if error.name != module:
                raise
    config.pluginmanager.register(Recorder(plan))


class Recorder:
    """Follows a session. A test's events are joined by its node id, a file's by its path."""

    def __init__(self, plan):
        self.plan = plan
        self.tests = {}  # node id → (file, name)
        self.outcomes = {}  # node id → the worst outcome so far and its message
        self.not_collected = set()
        self.started = 0.0
        self.file = None  # the one whose tests run now
        self.environment = dict(os.environ)

    def write(self, event, **facts):
        """Tell the parent of an event."""
        child.say({"event": event, **facts})

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(self, collector):
        """Note a file, or a class in it, that cannot be collected."""
        report = yield
        file = self.plan["files"].get(str(collector.path))
        if file is not None and report.outcome != "passed":
            self.not_collected.add(file)
            text = str(report.longrepr)
            self.write(
                "not collected",
                file=file,
                outcome=report.outcome,
                missing=_missing_package(text) if report.failed else None,
                message=_reason(report) if report.skipped else _last_error(text),
            )
        return report

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config, items):
        """Choose the tests to run, and note them all before the first one runs."""
        chosen = []
        for item in items:
            file = self.plan["files"][str(item.path)]
            name = name_of(file, item.nodeid)
            only = self.plan["only"].get(file)
            if only is not None and not any(matches(name, pattern) for pattern in only):
                continue
            if self.plan["devices"] == 1 and item.get_closest_marker("multi_device"):
                item.add_marker(pytest.mark.skip(reason="needs more than one device"))
            self.tests[item.nodeid] = (file, name)
            chosen.append(item)
        config.hook.pytest_deselected(items=[item for item in items if item not in set(chosen)])
        items[:] = chosen
        for file in self.plan["files"].values():
            if file not in self.not_collected:
                names = [name for where, name in self.tests.values() if where == file]
                self.write("collected", file=file, tests=names)
        self.check_backend()
        if "jax" in sys.modules:
            # JAX looks at the environment when it is first asked for its devices; one of Keras's
            # tests empties the environment.
            sys.modules["jax"].devices()

    def pytest_runtest_logstart(self, nodeid):
        """Note which test runs, in case the process dies in it."""
        self.started = time.monotonic()
        self.outcomes[nodeid] = ("passed", "")
        file, name = self.tests[nodeid]
        if file != self.file:
            self.file = file
            os.environ.clear()
            os.environ.update(self.environment)
        # Some tests draw numbers without a seed, and a few fail on an unlucky draw, on stock Keras
        # too. With a seed of its own, a test does the same in every run and on either backend.
        random.seed(name)
        np.random.seed(zlib.crc32(name.encode()))
        self.write("started", file=file, test=name)

    def pytest_runtest_logreport(self, report):
        """Join the outcomes of a test's set-up, call and tear-down."""
        # A failed subtest fails its test; a skipped one does not skip it.
        if report.failed:
            self.outcomes[report.nodeid] = ("failed", _message(report))
        elif report.skipped and not hasattr(report, "context"):
            before = self.outcomes[report.nodeid]
            if before[0] != "failed":
                self.outcomes[report.nodeid] = ("skipped", _reason(report))

    def pytest_runtest_logfinish(self, nodeid):
        """Note what the test came to."""
        file, name = self.tests[nodeid]
        outcome, message = self.outcomes.pop(nodeid)
        seconds = round(time.monotonic() - self.started, 3)
        self.write("done", file=file, test=name, outcome=outcome, message=message, seconds=seconds)

    def pytest_sessionfinish(self):
        """Note that all went well to the end."""
        self.check_backend()
        self.write("finished", memory_mb=_peak_memory())

    def check_backend(self):
        """A result says nothing if another backend than the one asked for gave it."""
        problem = _wrong_backend(self.plan["backend"])
        if problem:
            self.write("wrong backend", message=problem)
            pytest.exit(problem, returncode=3)


def _wrong_backend(expected):
    if "keras" not in sys.modules:
        return None
    ours = sys.modules.get("keras_edu_backend")
    active = ours is not None and ours.is_active()
    actual = "edu" if active else sys.modules["keras"].backend.backend()
    if actual != expected:
        return f"the tests were to run on {expected}, but Keras runs on {actual}"
    if expected == "edu":
        folder = os.path.join(
            os.path.dirname(sys.modules["keras"].__file__ or ""), "src/backend/jax/"
        )
        stock = [
            module.__name__
            for module in list(sys.modules.values())
            if (getattr(module, "__file__", None) or "").startswith(folder)
        ]
        if stock:
            return f"on edu, files of the stock backend were loaded: {', '.join(stock)}"
    return None


def _missing_package(text):
    """The package for want of which a file cannot be imported; one of Keras's own is no package."""
    found = _NO_MODULE.search(text)
    if found is None or found.group(1).split(".")[0] in ("keras", "keras_edu_backend"):
        return None
    return found.group(1)


def _message(report):
    crash = getattr(report.longrepr, "reprcrash", None)
    message = crash.message if crash is not None else _last_error(str(report.longrepr))
    if report.when != "call":
        message = f"in {report.when}: {message}"
    return message[:_LONGEST_MESSAGE]


def _last_error(text):
    """The last line of an error as pytest prints it: its lines of interest begin with ``E``."""
    lines = [line for line in text.splitlines() if line.strip()]
    errors = [line[1:].strip() for line in lines if re.match(r"E\s", line)]
    return (errors or lines or ["no message"])[-1][:_LONGEST_MESSAGE]


def _reason(report):
    if hasattr(report, "wasxfail"):
        return f"expected to fail: {report.wasxfail}"
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return reason.removeprefix("Skipped: ")[:_LONGEST_MESSAGE]


def _peak_memory():
    """The most memory that this process has had, in MiB, where the system tells."""
    try:
        import resource
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (2**20 if sys.platform == "darwin" else 2**10))

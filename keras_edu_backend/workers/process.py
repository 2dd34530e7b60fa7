"""The parent's end of a worker: starts it, gives it calls, watches it, ends it."""

import contextlib
import dataclasses
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from keras_edu_backend.workers import files

PAUSE = 0.05  # seconds between two looks at a worker
LAST_LINES = 12
FAREWELL = 10.0  # seconds that a worker may take to end by itself

# Run so, and not with -m, so that `child` is one module, in which calls find the same `say`.
_PROGRAM = "import sys; from keras_edu_backend.workers import child; child.main(*sys.argv[1:])"


@dataclasses.dataclass(frozen=True)
class Call:
    """A function to run in a worker.

    Attributes:
        function: ``"module:function"``.
        arguments: its keyword arguments, of the kinds that `files.save` writes.
        key: by what the caller knows it again; stays with the caller.
    """

    function: str
    arguments: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    key: Any = None


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What became of a call.

    Attributes:
        status: ``"ok"``; ``"error"``: it raised; ``"died"`` or ``"timed out"``: so did its process.
        value: what the function returned, if that is ok.
        detail: why there is no value, in one line.
        last_lines: the traceback of an error, else the last lines that the process printed.
        seconds: how long it took; None if its process ended.
        versions: version of each package that the process had loaded, as far as it said.
    """

    status: str
    value: Any = None
    detail: str = ""
    last_lines: str = ""
    seconds: float | None = None
    versions: Mapping[str, str] = dataclasses.field(default_factory=dict)


class Worker:
    """A fresh Python process with one Keras backend; a context manager, which ends it.

    Args:
        backend: ``"edu"``, ``"jax"``, ``"tensorflow"``, ``"torch"``, … or ``""`` for no Keras.
        timeout: seconds without an answer or a sign of life after which a call counts as hanging.
        import_paths: folders to put first on its module search path.
        imports: modules that it imports before anything else: a backend that is not Keras's own
            is often switched on by an import before Keras's.
        environment: variables that it gets besides, or instead of, those of this process.
        without: variables of this process that begin so do not reach it.
        compiled: folder in which JAX shares compiled programs with other workers, unless the
            environment names one.
        processors: numbers of the processors it may use, where the system can say so (Linux); by
            default this process's. Frameworks start as many threads as they may use processors.
        cwd: the folder it runs in; by default this process's.
        notice: called with each event that a call's function hands to `child.say`.
    """

    def __init__(
        self,
        backend: str,
        timeout: float = 600.0,
        import_paths: Sequence[str | os.PathLike] = (),
        imports: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
        without: tuple[str, ...] = (),
        compiled: str | os.PathLike | None = None,
        processors: Sequence[int] = (),
        cwd: str | os.PathLike | None = None,
        notice: Callable[[Any], object] = lambda event: None,
    ):
        self.backend, self.timeout, self.notice = backend, timeout, notice
        self.folder = Path(tempfile.mkdtemp(prefix="worker-"))
        self._begun = self._over = self._events_read = 0
        self._versions: Mapping[str, str] = {}
        inherited = {k: v for k, v in os.environ.items() if not (without and k.startswith(without))}
        paths = [*map(str, import_paths), inherited.get("PYTHONPATH")]
        chosen = {
            "KERAS_BACKEND": backend,
            "PYTHONPATH": os.pathsep.join(filter(None, paths)),
            "PYTHONUNBUFFERED": "1",
            **(environment or {}),
        }
        arguments = [str(self.folder), backend, ",".join(imports), *map(str, processors)]
        with open(self.folder / "log", "wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _PROGRAM, *arguments],
                env=_defaults(compiled) | inherited | chosen,
                cwd=cwd,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                # A group of its own: Ctrl-C comes to the parent alone, and all of it can be ended.
                start_new_session=True,
            )
        self._stdin: Any = self._process.stdin
        self._last_sign = time.monotonic()

    def __enter__(self) -> "Worker":
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop(kindly=exception[0] is None)

    def call(self, function: str, /, **arguments: Any) -> Any:
        """``module:function(**arguments)``, computed in the process.

        Raises:
            RuntimeError: it raised, or the process died or hung; with the last lines.
        """
        self.begin(Call(function, arguments))
        while (outcome := self.look()) is None:
            time.sleep(PAUSE)
        if outcome.status != "ok":
            how = f"{outcome.status}: {outcome.detail}\n{outcome.last_lines}"
            raise RuntimeError(f"{function} on {self.backend or 'no backend'}: {how}")
        return outcome.value

    def begin(self, call: Call) -> None:
        """Hand it a call, without waiting; it runs when those before are over."""
        if self._over == self._begun:
            self._last_sign = time.monotonic()
        self._begun += 1
        document = {"function": call.function, "arguments": dict(call.arguments)}
        files.save(self.folder / f"call{self._begun}", document)
        self._write(f"{self._begun}\n")

    def look(self) -> Outcome | None:
        """What became of the next call, in the order in which they were begun; None: it runs."""
        # The exit status first: what it wrote before it ended is then sure to be seen below.
        status = self._process.poll()
        for event in self._news():
            self._last_sign = time.monotonic()
            if event is not None:
                self.notice(event)
        outcome = self._answer(self.folder / f"answer{self._over + 1}")
        if outcome is None and status is not None:
            outcome = self._ended("died", _in_words(status))
        elif outcome is None and time.monotonic() - self._last_sign > self.timeout:
            outcome = self._ended("timed out", f"no sign of life for {self.timeout:g} s")
        if outcome is not None:
            self._over += 1
            self._last_sign = time.monotonic()
            self._versions = outcome.versions
        return outcome

    def stop(self, kindly: bool = False) -> None:
        """End it, with all that it has started, and delete its folder.

        Args:
            kindly: give it time to end by itself; only where it has nothing to do.
        """
        if kindly:
            self._write("\n")
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(FAREWELL)
        if hasattr(os, "killpg"):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
        else:
            self._process.kill()
        self._process.wait()
        with contextlib.suppress(BrokenPipeError):
            self._stdin.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _write(self, line):
        # One that is dead already is found by `look`.
        with contextlib.suppress(BrokenPipeError):
            self._stdin.write(line.encode())
            self._stdin.flush()

    def _news(self):
        """The events since the last look; a line still being written is left for the next."""
        path = self.folder / "events"
        if not path.exists():
            return []
        with open(path, "rb") as file:
            file.seek(self._events_read)
            text = file.read()
        whole = text[: text.rfind(b"\n") + 1]
        self._events_read += len(whole)
        return [json.loads(line) for line in whole.splitlines()]

    def _answer(self, path):
        if not files.exists(path):
            return None
        try:
            return Outcome(**files.load(path))
        except ValueError as error:
            return Outcome("error", detail=str(error), versions=self._versions)

    def _ended(self, status, detail):
        text = (self.folder / "log").read_bytes().decode(errors="replace")
        lines = [line.rstrip() for line in text.splitlines() if line.strip()]
        last_lines = "\n".join(lines[-LAST_LINES:]) or "(it printed nothing)"
        return Outcome(status, detail=detail, last_lines=last_lines, versions=self._versions)


def _defaults(compiled):
    """Variables for every worker, unless the environment has others."""
    found = {
        # JAX on a GPU would reserve most of its memory at once, and the next worker find none.
        "XLA_PYTHON_CLIENT_PREALLOCATE": "false",
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }
    if compiled is not None:
        found["JAX_COMPILATION_CACHE_DIR"] = str(compiled)
        # Even the smallest program, and the one that compiled fastest.
        found["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0"
        found["JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES"] = "-1"
    return found


def _in_words(status):
    if status >= 0:
        return f"exit status {status}"
    try:
        return f"signal {signal.Signals(-status).name}"
    except ValueError:
        return f"signal {-status}"

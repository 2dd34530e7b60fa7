"""The course on this machine, with buttons that check an exercise and train on a learner's points.

A page cannot run Python, so ``keras-edu learn`` serves the pages while it runs. It checks what a
learner writes into them, as ``keras-edu check`` does, and trains networks. That is running code,
so:

* it listens on 127.0.0.1 alone, and answers no request that names another host (a web page whose
  name somebody has pointed at 127.0.0.1 does);
* every address begins with a token drawn at the start, which no other page, and no other user of
  this machine, knows. A browser is told of it by a file that only its owner can read: what stands
  on a command line, all users can see;
* it runs in worker processes, which are ended when they take too long.
"""

import contextlib
import json
import secrets
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from keras_edu_backend.lessons import own_data
from keras_edu_backend.lessons.sides import Measured
from keras_edu_backend.lessons.state import fragment
from keras_edu_backend.pages import Markup
from keras_edu_backend.workers import Call, Outcome, Worker

PATIENCE = 20.0  # seconds that an answer may take
TRAINING = 60.0  # seconds that training may take on one side; PyTorch needs 20 on two busy cores
START = 120.0  # seconds in which a worker has to import Keras
LARGEST = 300_000  # bytes of a request
TYPES = {".html": "text/html; charset=utf-8", ".ipynb": "application/x-ipynb+json"}
WAIT = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="refresh" content="1">
<style>:root { color-scheme: light dark; font: 16px system-ui, sans-serif; }</style>
<title>Please wait</title></head>
<body><p>This lesson is being computed, and will appear here when it is ready.</p></body></html>
"""
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; "
    "script-src 'unsafe-inline'; connect-src 'self'; form-action 'none'; frame-ancestors 'none'; "
    "base-uri 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


@contextlib.contextmanager
def serve(
    folder: Path, lessons: Sequence[str], backends: Sequence[str] = ("edu", "jax")
) -> Iterator["Server"]:
    """Serve the pages of a folder; inside the ``with``, in threads of its own.

    Args:
        folder: where `export` writes them.
        lessons: names of the lessons. Who asks for one that is not yet written is told to wait.
        backends: the sides that train on a learner's points.
    """
    with Server(folder, lessons, backends) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


class Side:
    """Calls on one backend, one after the other, in a worker that is replaced when it hangs.

    Attributes:
        backend: the backend.
        patience: seconds that a call may take.
    """

    def __init__(self, backend: str, patience: float = PATIENCE):
        self.backend, self.patience = backend, patience
        self._worker: Worker | None = None
        self._turn = threading.Lock()

    def call(self, function: str, **arguments: Any) -> Outcome:
        """What became of ``module:function(**arguments)``, a module of this package."""
        with self._turn:
            if self._worker is None:
                self._worker = Worker(self.backend, timeout=START)
                self._call("checking:get_ready", {})
            self._worker.timeout = self.patience
            outcome = self._call(function, arguments)
            if outcome.status in ("died", "timed out"):
                self._stop()
            return outcome

    def close(self) -> None:
        """End the worker."""
        with self._turn:
            self._stop()

    def _call(self, function, arguments):
        self._worker.begin(Call(f"keras_edu_backend.lessons.{function}", arguments))
        while (outcome := self._worker.look()) is None:
            time.sleep(0.05)
        return outcome

    def _stop(self):
        if self._worker is not None:
            self._worker.stop()
            self._worker = None


class Server(ThreadingHTTPServer):
    """Pages of a folder, ``check`` and ``train``, under a token.

    Attributes:
        address: where the course begins, with the token.
        checker: where answers to exercises run.
        sides: where networks are trained.
    """

    daemon_threads = True

    def __init__(self, folder: Path, lessons: Sequence[str], backends: Sequence[str]):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.token = secrets.token_urlsafe(32)
        self.host = f"127.0.0.1:{self.server_port}"
        self.address = f"http://{self.host}/{self.token}/index.html"
        names = ["index.html", *(f"{name}{suffix}" for name in lessons for suffix in TYPES)]
        self.pages = {name: folder / name for name in names}
        self.checker = Side("edu")
        self.sides = [Side(backend, TRAINING) for backend in backends]

    def server_close(self) -> None:
        """Listen no more, and end the workers."""
        super().server_close()
        for side in (self.checker, *self.sides):
            side.close()

    def check(self, lesson: str, text: str) -> str:
        """What is to be said of an answer: as ``keras-edu check`` says it.

        Args:
            lesson: the lesson's name.
            text: the learner's program.
        """
        outcome = self.checker.call("checking:say", lesson=lesson, text=text)
        if outcome.status == "ok":
            return outcome.value
        if outcome.status == "timed out":
            patience = self.checker.patience
            return f"It does not end within {patience:g} s: is there an endless loop?"
        return f"No verdict: the process that checks answers has {outcome.status}."

    def train(self, text: str, **turned: Any) -> str:
        """What a page shows of networks trained on a learner's points: HTML.

        Args:
            text: the points, as `own_data.read` takes them.
            **turned: a value of each of `own_data.CONTROLS`.
        """
        try:
            one = Measured(own_data.lesson(text))
        except own_data.CannotTrain as error:
            return Markup('<p class="no">{}</p>').format(error)
        asked = [side for side in self.sides if not one.leave_out(side.backend)]
        with ThreadPoolExecutor() as together:
            train = partial(Side.call, function="own_data:numbers", text=text, **turned)
            for side, outcome in zip(asked, together.map(train, asked), strict=True):
                if outcome.status == "ok":
                    one.numbers[side.backend] = [outcome.value]
                elif outcome.status == "timed out":
                    late = f"training did not end within {side.patience:g} s"
                    one.missing[side.backend] = late
                else:
                    one.missing[side.backend] = outcome.detail
        return fragment(one, 0, {}, [side.backend for side in self.sides])


class _Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self):
        name = self._name()
        if name not in self.server.pages:
            self._refuse()
            return
        file = self.server.pages[name]
        try:
            self._answer(200, file.read_bytes(), TYPES[file.suffix])
        except FileNotFoundError:
            self._answer(202, WAIT.encode(), TYPES[".html"])

    def do_POST(self):
        size = self.headers.get("Content-Length", "")
        name = self._name()
        if name not in ("check", "train") or not size.isdecimal() or int(size) > LARGEST:
            self._refuse()
            return
        try:
            asked = json.loads(self.rfile.read(int(size)))
            text = str(asked["text"])
            if name == "check":
                lesson = str(asked["lesson"])
            else:
                turned = {c.name: c.values[int(asked[c.name])] for c in own_data.CONTROLS}
        except (ValueError, KeyError, TypeError, IndexError):
            self._refuse()
            return
        if name == "check":
            self._answer(200, self.server.check(lesson, text).encode(), "text/plain; charset=utf-8")
        else:
            self._answer(200, self.server.train(text, **turned).encode(), TYPES[".html"])

    def _name(self):
        """What is asked for, if the request names this host and the token, else None."""
        origin = self.headers.get("Origin", f"http://{self.server.host}")
        if self.headers.get("Host") != self.server.host or origin != f"http://{self.server.host}":
            return None
        token, _, name = self.path.removeprefix("/").partition("/")
        known = secrets.compare_digest(token.encode(), self.server.token.encode())
        return name if known else None

    def _refuse(self):
        self._answer(404, b"There is no such page.", "text/plain; charset=utf-8")

    def _answer(self, status, body, kind):
        self.send_response(status)
        for header, value in {**HEADERS, "Content-Type": kind}.items():
            self.send_header(header, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format, *args):
        """Nothing: an address holds the token."""

"""The course on this machine, with a button that checks an exercise.

A page cannot run Python, so ``keras-edu learn`` serves the pages while it runs, and checks what a
learner writes into them, as ``keras-edu check`` does. That is running code, so:

* it listens on 127.0.0.1 alone, and answers no request that names another host (a web page whose
  name somebody has pointed at 127.0.0.1 does);
* every address begins with a token drawn at the start, which no other page, and no other user of
  this machine, knows. A browser is told of it by a file that only its owner can read: what stands
  on a command line, all users can see;
* an answer runs in a worker process, which is ended when it takes too long.
"""

import contextlib
import json
import secrets
import threading
import time
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from keras_edu_backend.workers import Call, Worker

PATIENCE = 20.0  # seconds that an answer may take
START = 120.0  # seconds in which a worker has to import Keras
LARGEST = 100_000  # bytes of an answer
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
def serve(folder: Path, lessons: Sequence[str]) -> Iterator["Server"]:
    """Serve the pages of a folder; inside the ``with``, in threads of its own.

    Args:
        folder: where `export` writes them.
        lessons: names of the lessons. Who asks for one that is not yet written is told to wait.
    """
    with contextlib.closing(Checker()) as checker, Server(folder, lessons, checker) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


class Checker:
    """Checks answers, one after the other, in a worker process that is replaced when it hangs.

    Attributes:
        patience: seconds that an answer may take.
    """

    def __init__(self, patience: float = PATIENCE):
        self.patience = patience
        self._worker: Worker | None = None
        self._turn = threading.Lock()

    def check(self, lesson: str, text: str) -> str:
        """What is to be said of an answer: as ``keras-edu check`` says it.

        Args:
            lesson: the lesson's name.
            text: the learner's program.
        """
        with self._turn:
            if self._worker is None:
                self._worker = Worker("edu", timeout=START)
                self._call(self._worker, "get_ready")
            self._worker.timeout = self.patience
            outcome = self._call(self._worker, "say", lesson=lesson, text=text)
            if outcome.status == "ok":
                return outcome.value
            self._stop()
            if outcome.status == "timed out":
                return f"It does not end within {self.patience:g} s: is there an endless loop?"
            return f"No verdict: the process that checks answers has {outcome.status}."

    def close(self) -> None:
        """End the worker."""
        with self._turn:
            self._stop()

    @staticmethod
    def _call(worker, function, **arguments):
        worker.begin(Call(f"keras_edu_backend.lessons.checking:{function}", arguments))
        while (outcome := worker.look()) is None:
            time.sleep(0.05)
        return outcome

    def _stop(self):
        if self._worker is not None:
            self._worker.stop()
            self._worker = None


class Server(ThreadingHTTPServer):
    """Pages of a folder, and ``check``, under a token.

    Attributes:
        address: where the course begins, with the token.
    """

    daemon_threads = True

    def __init__(self, folder: Path, lessons: Sequence[str], checker: Checker):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.token = secrets.token_urlsafe(32)
        self.host = f"127.0.0.1:{self.server_port}"
        self.address = f"http://{self.host}/{self.token}/index.html"
        names = ["index.html", *(f"{name}{suffix}" for name in lessons for suffix in TYPES)]
        self.pages = {name: folder / name for name in names}
        self.checker = checker


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
        if self._name() != "check" or not size.isdecimal() or int(size) > LARGEST:
            self._refuse()
            return
        try:
            asked = json.loads(self.rfile.read(int(size)))
            lesson, text = str(asked["lesson"]), str(asked["text"])
        except (ValueError, KeyError, TypeError):
            self._refuse()
            return
        said = self.server.checker.check(lesson, text)
        self._answer(200, said.encode(), "text/plain; charset=utf-8")

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

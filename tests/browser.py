"""Headless Chromium for tests, driven through its DevTools protocol, without a connection outside.

The protocol runs over a pair of pipes (``--remote-debugging-pipe``): messages in JSON, each ended
by a zero byte. So a test needs Chromium and Python's standard library, and nothing else.
"""

import json
import os
import select
import shutil
import subprocess
import tempfile
import time
from urllib.parse import urlsplit

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CHROMIUM = next(filter(None, map(shutil.which, NAMES)), None)
PATIENCE = 30  # seconds for one answer

FLAGS = (
    "--headless",
    "--no-sandbox",  # in a container, and as root, there is none
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-extensions",
    "--remote-debugging-pipe",
    # Nothing listens there, so every connection but those to this machine is refused.
    "--proxy-server=127.0.0.1:1",
)


class Browser:
    """One browser with one tab; a context manager.

    Attributes:
        errors: what the console, the page's scripts and the browser itself complained of.
        requests: every address that the page asked for.
    """

    def __init__(self, width=1280, height=900):
        self.errors, self.requests = [], []
        self._number, self._unread, self._loaded = 0, b"", set()
        self._folder = tempfile.TemporaryDirectory(prefix="chromium-", ignore_cleanup_errors=True)
        read_there, self._write = os.pipe()
        self._read, write_there = os.pipe()
        # Chromium reads file 3 and writes file 4. (Not every sh knows 3<&12, of two digits.)
        start = f'exec "$@" 3</dev/fd/{read_there} 4>/dev/fd/{write_there}'
        self._process = subprocess.Popen(
            ["sh", "-c", start, "sh", CHROMIUM, *FLAGS, f"--user-data-dir={self._folder.name}"],
            pass_fds=(read_there, write_there),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(read_there)
        os.close(write_there)
        self._session = None
        tab = self.ask("Target.createTarget", url="about:blank")
        attached = self.ask("Target.attachToTarget", targetId=tab["targetId"], flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.ask(f"{domain}.enable")
        self.ask("Page.setLifecycleEventsEnabled", enabled=True)
        self.size(width, height)

    def size(self, width, height):
        """Change the size of the window, in pixels."""
        self.ask(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self._session = None
            self.ask("Browser.close")
            self._process.wait(PATIENCE)
        finally:
            self._process.kill()
            self._process.wait()
            os.close(self._write)
            os.close(self._read)
            self._folder.cleanup()

    def ask(self, method, **parameters):
        """The result of a command of the protocol, such as ``Page.navigate``."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        while (answer := self._next()).get("id") != self._number:
            self._note(answer)
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']['message']}")
        return answer["result"]

    def open(self, address):
        """Open a page and wait until it has loaded, with all that it fetches."""
        self.errors, self.requests = [], []
        page = self.ask("Page.navigate", url=address)["loaderId"]
        while page not in self._loaded:
            self._note(self._next())

    def run(self, script):
        """The value of a JavaScript expression; of a promise, what it comes to."""
        found = self.ask(
            "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True
        )
        if "exceptionDetails" in found:
            raise RuntimeError(_complaint(found["exceptionDetails"]))
        return found["result"].get("value")

    def press(self, key, code):
        """Press and release a key, as a user's keyboard does."""
        for kind in ("rawKeyDown", "keyUp"):
            self.ask("Input.dispatchKeyEvent", type=kind, key=key, windowsVirtualKeyCode=code)

    def asked_outside(self, inside):
        """The addresses asked for that do not begin with ``inside``, nor stand in the page."""
        return [
            address
            for address in self.requests
            if not address.startswith(inside) and urlsplit(address).scheme not in ("data", "about")
        ]

    def _next(self):
        """The next message, an answer or an event."""
        end = time.monotonic() + PATIENCE
        while b"\0" not in self._unread:
            ready, _, _ = select.select([self._read], [], [], max(0, end - time.monotonic()))
            part = os.read(self._read, 2**20) if ready else b""
            if not part:
                raise RuntimeError(f"Chromium ended, or said nothing for {PATIENCE} s.")
            self._unread += part
        message, _, self._unread = self._unread.partition(b"\0")
        return json.loads(message)

    def _note(self, event):
        """Keep what an event tells."""
        method, tells = event.get("method"), event.get("params", {})
        if method == "Page.lifecycleEvent" and tells["name"] == "load":
            self._loaded.add(tells["loaderId"])
        elif method == "Network.requestWillBeSent":
            self.requests.append(tells["request"]["url"])
        elif method == "Runtime.exceptionThrown":
            self.errors.append(_complaint(tells["exceptionDetails"]))
        elif method == "Runtime.consoleAPICalled" and tells["type"] in ("error", "assert"):
            self.errors.append(" ".join(str(one.get("value")) for one in tells["args"]))
        elif method == "Log.entryAdded" and tells["entry"]["level"] == "error":
            self.errors.append(tells["entry"]["text"])


def _complaint(details):
    return details.get("exception", {}).get("description") or details["text"]

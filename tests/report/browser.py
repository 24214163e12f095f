"""A headless Chromium, spoken to over its debugging pipe: enough to open a page, look at it, and see what it asked for."""

import base64
import fcntl
import json
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

CHROMIUM = shutil.which("chromium")

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--remote-debugging-pipe",
]


@dataclass
class Seen:
    """What happened while a page was open."""

    requests: list = field(default_factory=list)
    """Addresses that were asked for, the page's own included."""
    console: list = field(default_factory=list)
    """What was written to the console, and errors."""


class Browser:
    """One tab. Use it as a context manager, so that the process ends with the test."""

    def __init__(self):
        self._folder = tempfile.TemporaryDirectory(prefix="balansfilter-browser-", ignore_cleanup_errors=True)
        to_read, self._to = _pipe()
        self._from, to_write = _pipe()
        # Chromium reads commands from descriptor 3 and answers on 4.
        command = ["bash", "-c", f'exec "$0" "$@" 3<&{to_read} 4>&{to_write}']
        self._process = subprocess.Popen(
            [*command, CHROMIUM, *FLAGS, f"--user-data-dir={self._folder.name}", "about:blank"],
            pass_fds=[to_read, to_write],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(to_read)
        os.close(to_write)
        self._last, self._buffer, self._session = 0, b"", None
        self.seen = Seen()

    def __enter__(self):
        try:
            targets = self.ask("Target.getTargets")["targetInfos"]
            target = next(one["targetId"] for one in targets if one["type"] == "page")
            self._session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
            for domain in ("Page", "Network", "Runtime", "Log"):
                self.ask(f"{domain}.enable")
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *error):
        self.close()

    def close(self):
        self._process.terminate()
        self._process.wait(10)
        os.close(self._to)
        os.close(self._from)
        self._folder.cleanup()

    def ask(self, method, **params):
        self._last += 1
        message = {"id": self._last, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        while True:
            told = self._read()
            if told.get("id") == self._last:
                assert "error" not in told, told
                return told["result"]

    def wait_for(self, method):
        while self._read().get("method") != method:
            pass

    def _read(self):
        while b"\0" not in self._buffer:
            chunk = os.read(self._from, 1 << 16)
            assert chunk, "the browser has gone"
            self._buffer += chunk
        line, self._buffer = self._buffer.split(b"\0", 1)
        told = json.loads(line)
        params = told.get("params", {})
        if told.get("method") == "Network.requestWillBeSent":
            self.seen.requests.append(params["request"]["url"])
        elif told.get("method") in ("Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded"):
            self.seen.console.append(params)
        return told

    def open(self, path: Path, width=1200, height=900, scheme="light"):
        """Open a page at a width in CSS pixels, and give what it asked for and wrote to the console."""
        self.seen = Seen()
        self.ask(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600
        )
        self.ask("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        self.ask("Page.navigate", url=path.as_uri())
        self.wait_for("Page.loadEventFired")
        self.evaluate("new Promise(done => setTimeout(done, 100))")
        return self.seen

    def evaluate(self, script):
        told = self.ask("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in told, told
        return told["result"].get("value")

    def picture(self, to: Path):
        """Take a picture of the whole page, as PNG."""
        told = self.ask("Page.captureScreenshot", captureBeyondViewport=True)
        to.write_bytes(base64.b64decode(told["data"]))

    def pdf(self, to: Path):
        """Print the page as PDF, on the paper that it asks for."""
        told = self.ask("Page.printToPDF", preferCSSPageSize=True, printBackground=False)
        to.write_bytes(base64.b64decode(told["data"]))


def _pipe():
    """Make a pipe whose descriptors are out of the way of 3 and 4."""
    made = []
    for descriptor in os.pipe():
        made.append(fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, 64))
        os.close(descriptor)
    return made

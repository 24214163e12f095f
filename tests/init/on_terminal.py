"""The command line on a real pseudo-terminal: what a person sees, and what they type."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from tests.brandfolder import ROOT

PROMPT = "> "
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>]|\a")
_PATIENCE = 60.0
_PRESS_AGAIN = 10.0
_MOST = 120
"""Prompts of the longest interview here, and then some."""


class OnTerminal:
    """A program that believes that it talks with a person."""

    def __init__(self, *arguments: str, cwd: Path = ROOT, program: Path | None = None) -> None:
        """Start the program of this house, or one that was installed."""
        self.shown = ""
        self._bytes = b""
        self._read = 0
        self.pid, self._terminal = pty.fork()
        if self.pid == 0:
            # what runs the tests may ignore Ctrl-C, and a program inherits that
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            os.chdir(cwd)
            environment = {**os.environ, "TERM": "dumb", "COLUMNS": "100"}
            if program is not None:
                os.execve(program, [str(program), *arguments], environment)
            environment["PYTHONPATH"] = str(ROOT)
            os.execve(sys.executable, [sys.executable, "-W", "error", "-m", "balansfilter", *arguments], environment)

    def until_asked(self) -> str | None:
        """Return what is shown up to the next prompt; None if the program has ended."""
        deadline = time.monotonic() + _PATIENCE
        while not self._new().endswith(PROMPT):
            if time.monotonic() > deadline:
                raise AssertionError(f"no prompt came; last shown:\n{self.shown[-2000:]}")
            if not self._more():
                return None
        new = self._new()
        self._read = len(self.shown)
        return new

    def type(self, text: str) -> None:
        """Type a line and Enter."""
        os.write(self._terminal, (text + "\n").encode())
        # the terminal's echo belongs to the question that was answered
        self._swallow_echo(text)

    def interrupt(self) -> int:
        """Press Ctrl-C, again as a person does when nothing happens, and give the exit code.

        A signal between the prompt and the reading of a line is seen only when the reading is disturbed once more.
        """
        deadline = time.monotonic() + _PATIENCE
        pressed = -_PRESS_AGAIN
        while time.monotonic() < deadline:
            if time.monotonic() - pressed >= _PRESS_AGAIN:
                pressed = time.monotonic()
                os.write(self._terminal, b"\x03")
            if not self._more():
                break
        return self.end()

    def close(self) -> int:
        """Close the terminal's window; give the signal that ended the program, or its exit code below zero."""
        os.close(self._terminal)
        return self._ended()

    def end(self) -> int:
        """Wait for the end, and give the exit code."""
        deadline = time.monotonic() + _PATIENCE
        while self._more():
            if time.monotonic() > deadline:
                self.stop()
                raise AssertionError(f"it does not end; last shown:\n{self.shown[-2000:]}")
        os.close(self._terminal)
        return self._ended()

    def _ended(self) -> int:
        deadline = time.monotonic() + _PATIENCE
        while (ended := os.waitpid(self.pid, os.WNOHANG)) == (0, 0):
            if time.monotonic() > deadline:
                self.stop()
                raise AssertionError(f"it does not end; last shown:\n{self.shown[-2000:]}")
            time.sleep(0.02)
        return os.waitstatus_to_exitcode(ended[1])

    def stop(self) -> None:
        """End the program, whatever it does."""
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)

    def hold(self, replies: Mapping[str, str]) -> list[str]:
        """Answer each question by how it begins, and Enter for all others; give the questions that were asked.

        A reply of several lines is typed line by line, each at its own prompt.
        """
        return self.hold_until(None, replies)

    def hold_until(self, last: str | None, replies: Mapping[str, str]) -> list[str]:
        """Answer in the same way until something is shown, which is left to be answered."""
        asked = []
        while (shown := self.until_asked()) is not None:
            asked.append(shown)
            if last is not None and last in shown:
                break
            if len(asked) > _MOST:
                raise AssertionError(f"it asks without end; last shown:\n{self.shown[-2000:]}")
            self.reply(next((reply for question, reply in replies.items() if f"\n{question}" in shown), ""))
        return asked

    def reply(self, text: str) -> None:
        """Type the lines of a reply, each at its own prompt."""
        first, *further = text.split("\n")
        self.type(first)
        for line in further:
            self.until_asked()
            self.type(line)

    def _swallow_echo(self, text: str) -> None:
        deadline = time.monotonic() + _PATIENCE
        while self._new().count("\n") < 1:
            if time.monotonic() > deadline or not self._more():
                return
        self._read += self._new().index("\n")

    def _new(self) -> str:
        return self.shown[self._read :]

    def _more(self) -> bool:
        ready, _, _ = select.select([self._terminal], [], [], 1.0)
        if not ready:
            return True
        try:
            data = os.read(self._terminal, 65536)
        except OSError:  # Linux tells the end of the other side so
            return False
        self._bytes += data  # a letter or an escape may come in two pieces
        self.shown = _ESCAPES.sub("", self._bytes.decode(errors="ignore").replace("\r\n", "\n"))
        return bool(data)

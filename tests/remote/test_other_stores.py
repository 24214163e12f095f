"""Google's and Azure's stores: the same sources and copies, spoken to in their own ways by a small stand-in."""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

import pytest

from balansfilter.commands.verify import verify_list
from balansfilter.errors import SourceError
from balansfilter.policy.site import load_site
from tests.brandfolder import AS_OF, CALLS, make_brand

DAY = "Mon, 23 Nov 2026 02:00:00 GMT"


class Store(BaseHTTPRequestHandler):
    """Keeps what is put, and gives whole objects or ranges of them."""

    protocol_version = "HTTP/1.1"
    objects: dict[str, bytes]

    def answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in {"content_length": str(len(body)), "last_modified": DAY, **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def key(self) -> str:
        return unquote(urlsplit(self.path).path).partition("bak/")[2]

    def do_GET(self) -> None:
        data = self.objects.get(self.key())
        if data is None:
            self.answer(404)
            return
        etag = f'"{hashlib.md5(data).hexdigest()}"'
        wanted = re.match(r"bytes=(\d+)-(\d+)", self.headers.get("Range") or self.headers.get("x-ms-range") or "")
        if self.command == "HEAD" or wanted is None:
            self.answer(200, data, etag=etag)
            return
        first, last = int(wanted[1]), min(int(wanted[2]), len(data) - 1)
        where = f"bytes {first}-{last}/{len(data)}"
        self.answer(206, data[first : last + 1], etag=etag, content_range=where)

    do_HEAD = do_GET  # noqa: N815 - the name that the library calls

    def do_PUT(self) -> None:
        data = self.rfile.read(int(self.headers["Content-Length"]))
        self.objects[self.key()] = data
        self.answer(201 if "x-ms-version" in self.headers else 200, etag=f'"{hashlib.md5(data).hexdigest()}"')

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def objects() -> Iterator[tuple[dict[str, bytes], str]]:
    Store.objects = {}
    with ThreadingHTTPServer(("127.0.0.1", 0), Store) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield Store.objects, f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture(params=["gs", "az"])
def scheme(request, objects, monkeypatch) -> str:
    _, url = objects
    account = {"gcs_base_url": url, "disable_oauth": True, "client_email": "", "private_key": "", "private_key_id": ""}
    for name, value in {
        "GOOGLE_SERVICE_ACCOUNT_KEY": json.dumps(account),
        "GOOGLE_ALLOW_HTTP": "true",
        "AZURE_STORAGE_ACCOUNT_NAME": "proef",
        "AZURE_STORAGE_ACCOUNT_KEY": "Z2VoZWlt",
        "AZURE_STORAGE_ENDPOINT": url,
        "AZURE_ALLOW_HTTP": "true",
    }.items():
        monkeypatch.setenv(name, value)
    return str(request.param)


def test_a_list_is_read_and_a_run_is_copied_and_verified(scheme, objects, tmp_path):
    stored, _ = objects
    stored["calls.csv"] = "".join(",".join(row) + "\n" for row in CALLS).encode()
    folder = make_brand(
        tmp_path, {"call_list": {"path": f"{scheme}://bak/calls.csv"}, "output": {"copy_to": f"{scheme}://bak/uit"}}
    )
    outcome = folder.run()
    assert outcome.not_handed_over is None
    assert len(folder.callable_rows()) == 2
    mark = outcome.manifest["sources"][0]["files"][0]
    assert (mark["path"], list(mark["taken_from"])) == (f"{scheme}://bak/calls.csv", ["etag"])
    below = f"uit/courant/runs/{outcome.run_id}"
    assert stored[f"{below}/callable.csv"] == (folder.current / "callable.csv").read_bytes()
    assert stored["uit/courant/current"].decode().strip() == outcome.run_id
    manifest = f"{scheme}://bak/{below}/manifest.json"
    assert verify_list(folder.configs, manifest, load_site(folder.configs), AS_OF).callable == 2


def test_what_is_not_there_is_one_sentence(scheme, objects, tmp_path):
    folder = make_brand(tmp_path, {"call_list": {"path": f"{scheme}://bak/kwijt.csv"}})
    with pytest.raises(SourceError, match="does not exist"):
        folder.run()


def test_an_account_that_is_not_named_is_one_sentence(tmp_path, monkeypatch):
    for name in ("AZURE_STORAGE_ACCOUNT_NAME", "AZURE_STORAGE_ACCOUNT_KEY"):
        monkeypatch.delenv(name, raising=False)
    folder = make_brand(tmp_path, {"call_list": {"path": "az://bak/calls.csv"}})
    with pytest.raises(SourceError, match="no credentials, account or region are given"):
        folder.run()

"""Who is told what: a command, a webhook, a mail, pings; and what becomes of one that cannot be told."""

from __future__ import annotations

import email
import email.policy
import json
import sys
import threading
from collections.abc import Iterator
from datetime import date
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from balansfilter import errors, run_brand
from balansfilter.nightly.hooks import notify
from balansfilter.policy.loading import load_site
from balansfilter.policy.notify import SiteNotify
from balansfilter.policy.site import Site
from balansfilter.publish.ending import last_ending
from balansfilter.publish.folders import BrandFolders
from tests.brandfolder import AS_OF, BrandFolder, make_brand

NOTICE = {"brand": "courant", "run_id": "r1", "as_of": "2026-11-23", "exit": 4, "sentence": "the list is not there"}
TAKE = "import sys, pathlib; pathlib.Path(sys.argv[1]).write_text(sys.stdin.read())"


class Heard(BaseHTTPRequestHandler):
    """Writes down what is asked for, and answers as the path says."""

    asked: list[tuple[str, str, str]]

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        self.asked.append((self.command, self.path, body))
        self.send_response(500 if "broken" in self.path else 200)
        self.end_headers()

    do_POST = do_GET  # noqa: N815 - the name is http.server's

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[tuple[str, list[tuple[str, str, str]]]]:
    Heard.asked = []
    listening = HTTPServer(("127.0.0.1", 0), Heard)
    thread = threading.Thread(target=listening.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listening.server_port}", Heard.asked
    listening.shutdown()
    listening.server_close()
    thread.join()


def settings(lang: str = "en", **told: object) -> Site:
    return Site(lang=lang, notify=SiteNotify.model_validate_json(json.dumps(told)))


def test_a_command_a_webhook_and_a_mail_get_the_notice(server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url, asked = server
    sendmail = tmp_path / "sendmail"
    sendmail.write_text(f'#!/bin/sh\ncat > {tmp_path}/mail\necho "$@" > {tmp_path}/words\n')
    sendmail.chmod(0o755)
    monkeypatch.setenv("HOOK", f"{url}/{{brand}}/verborgen")
    wanted = settings(
        command=[sys.executable, "-c", TAKE, str(tmp_path / "told")],
        webhook={"env": "HOOK"},
        email={"to": ["nacht@example.org", "tweede@example.org"], "from": "b@example.org", "sendmail": str(sendmail)},
    )
    assert notify(wanted, "failed", NOTICE) == ()
    told = json.loads((tmp_path / "told").read_text())
    assert told.items() >= {**NOTICE, "event": "failed"}.items()
    ((method, path, body),) = asked
    assert (method, path, json.loads(body)) == ("POST", "/courant/verborgen", told)
    mail = email.message_from_string((tmp_path / "mail").read_text())
    assert (mail["To"], mail["Subject"]) == ("nacht@example.org, tweede@example.org", "balansfilter: courant: failed")
    assert "courant: the list is not there" in mail.get_payload()
    assert (tmp_path / "words").read_text().split() == ["-i", "-t"]
    assert notify(wanted, "published", NOTICE) == (), "only what `on` names is told"
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("lang", "subject", "told"),
    [
        (
            "nl",
            "balansfilter: courant: mislukt",
            """courant: kan het manifest x niet lezen: het is geen JSON

Er is niets gepubliceerd; de lijst voor 2026-11-23 van run r0 blijft staan.

Merk: courant
Run: r1
Lijst voor: 24 november 2026
Geëindigd op: 24 november 2026, 02:15 CET
Exitcode: 4
""",
        ),
        (
            "en",
            "balansfilter: courant: failed",
            """courant: cannot read the manifest x: it is no JSON

Nothing was published; the list for 2026-11-23 of run r0 stands.

Brand: courant
Run: r1
List for: 24 November 2026
Ended at: 24 November 2026, 02:15 CET
Exit code: 4
""",
        ),
    ],
)
def test_a_mail_is_in_the_language_of_the_site_and_by_its_clock(lang, subject, told, tmp_path: Path) -> None:
    sendmail = tmp_path / "sendmail"
    sendmail.write_text(f"#!/bin/sh\ncat > {tmp_path}/mail\n")
    sendmail.chmod(0o755)
    site = settings(lang, email={"to": ["nacht@example.org"], "sendmail": str(sendmail)})
    notice = {"brand": "courant", "run_id": "r1", "as_of": "2026-11-24", "ended_at": "2026-11-24T01:15:08.000Z", "exit": 4,
              "sentence": "cannot read the manifest x: it is no JSON",
              "standing": "Nothing was published; the list for 2026-11-23 of run r0 stands."}  # fmt: skip
    assert notify(site, "failed", notice) == ()
    mail = email.message_from_bytes((tmp_path / "mail").read_bytes(), policy=email.policy.default)
    assert mail["Subject"] == subject
    assert mail.get_content() == told


def test_pings_follow_a_run(server, tmp_path: Path) -> None:
    url, asked = server
    brand = make_brand(tmp_path)
    (brand.configs / "balansfilter.yaml").write_text(f"notify: {{ping: '{url}/up/{{brand}}'}}\n")
    run_brand(brand.request())
    with pytest.raises(errors.ClosedDayError):
        run_brand(brand.request(as_of=date(2026, 11, 29)))
    brand.calls.unlink()
    with pytest.raises(errors.SourceError):
        run_brand(brand.request())
    run_brand_dry(brand)
    up = "/up/courant"
    assert [path for _, path, _ in asked] == [f"{up}/start", up, f"{up}/start", up, f"{up}/start", f"{up}/fail"]


def run_brand_dry(brand: BrandFolder) -> None:
    with pytest.raises(errors.SourceError):
        run_brand(brand.request(dry_run=True))


def test_an_address_for_each_ping_and_none_for_the_others(server) -> None:
    url, asked = server
    wanted = settings(ping={"failure": f"{url}/down"})
    for occasion in ("started", "published", "failed", "not_handed_over"):
        assert notify(wanted, occasion, NOTICE) == ()
    assert [path for _, path, _ in asked] == ["/down"]


FAILING = [
    ({"command": [sys.executable, "-c", "raise SystemExit(3)"]}, "could not be told: it ended with 3"),
    ({"command": ["/nowhere/tell"]}, "the command tell could not be told: No such file or directory"),
    ({"command": ["sleep", "20"], "timeout": 1}, "the command sleep could not be told: it took longer than 1 second"),
    ({"webhook": "http://127.0.0.1:9/verborgen"}, "the webhook could not be told: Connection refused"),
    ({"webhook": {"env": "NO_SUCH_HOOK"}}, "the webhook could not be told: the environment has no NO_SUCH_HOOK"),
    (
        {"webhook": {"env": "BAD_HOOK"}},
        "the webhook could not be told: BAD_HOOK in the environment should be the address",
    ),
    ({"email": {"to": ["a@example.org"], "sendmail": "/nowhere/sendmail"}}, "the mail could not be told: No such file"),
]


@pytest.mark.parametrize(("told", "why"), FAILING, ids=range(len(FAILING)))
def test_who_cannot_be_told_is_said_without_what_may_be_secret(told, why, monkeypatch) -> None:
    monkeypatch.setenv("BAD_HOOK", "gopher://geheim")
    (failure,) = notify(settings(**told), "failed", NOTICE)
    assert why in failure
    assert "verborgen" not in failure
    assert "geheim" not in failure


def test_an_answer_that_is_no_good_is_told(server) -> None:
    url, _ = server
    assert notify(settings(webhook=f"{url}/broken"), "failed", NOTICE) == (
        "the webhook could not be told: 127.0.0.1 answered 500",
    )


def test_a_notifier_that_fails_never_fails_a_run_and_is_told(tmp_path: Path) -> None:
    brand = make_brand(tmp_path)
    site = brand.configs / "balansfilter.yaml"
    site.write_text("notify: {on: [published], command: [/nowhere/tell]}\nmetrics: {file: data/courant/calls.csv/x}\n")
    done = brand.cli_run("--quiet")
    assert done.returncode == 0
    assert "the command tell could not be told: No such file or directory" in done.stderr
    assert "the figures could not be written to" in done.stderr
    kept = last_ending(BrandFolders(load_site(brand.configs).output.dir / "courant"))
    assert kept is not None
    assert len(kept.not_told) == 2
    shown = brand.cli("status")
    assert "courant: not told: the command tell could not be told" in shown.stdout


def test_no_notice_holds_a_person(tmp_path: Path) -> None:
    brand = make_brand(tmp_path, calls=[("klantnummer", "telefoon", "laatste_aankoop"), ("GEHEIM1", "0612345678", "x")])
    hook = json.dumps([sys.executable, "-c", TAKE, str(tmp_path / "told")])
    (brand.configs / "balansfilter.yaml").write_text(f"notify: {{command: {hook}}}\n")
    brand.write_policy({"guards": {"max_unreadable": "1%"}})
    with pytest.raises(errors.BalansfilterError):
        run_brand(brand.request(as_of=AS_OF))
    told = (tmp_path / "told").read_text()
    assert json.loads(told)["event"] == "failed"
    assert "GEHEIM1" not in told
    assert "12345678" not in told

"""To approve is an act: what is shown, what blocks it, what it freezes, and that what was signed stays as it was."""

from __future__ import annotations

import hashlib
import json
import shutil
from datetime import timedelta

import pytest

from balansfilter.audit.folder import BrandAudit
from balansfilter.wording.formats import LANGUAGES
from tests.audit.story import verified
from tests.brandfolder import AS_OF, BrandFolder, snapshot, write_rows
from tests.document.samples import HEADER
from tests.document.test_forms import needs_docx, word_texts
from tests.signing.samples import approve, history, policy, unsigned


def dossier_of(folder):
    return BrandAudit(folder.audit).dossier(policy(folder)["balanstests"][0]["approval"]["dossier"])


def change(folder, old, new):
    text = folder.policy_file.read_text(encoding="utf-8")
    assert old in text
    folder.policy_file.write_text(text.replace(old, new), encoding="utf-8")


@pytest.fixture(scope="module")
def signed_once(tmp_path_factory):
    folder = unsigned(tmp_path_factory.mktemp("signed"))
    done = approve(folder, "--yes")
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def signed(signed_once, tmp_path):
    """A brand whose balanstest was signed."""
    return BrandFolder(shutil.copytree(signed_once.root, tmp_path / "site", symlinks=True))


def test_the_dossier_stays_byte_for_byte_when_the_history_grows(signed):
    before = snapshot(dossier_of(signed))
    assert {"document.nl.html", "document.en.html", "dossier.json", "overview.json", "simulation.json"} <= before.keys()
    shown = ("balanstest", "document", "--brand", "courant", "--as-of", str(AS_OF), "--to", "-")
    first = signed.cli(*shown)
    write_rows(signed.data / "contacts.csv", [HEADER, *history(400, 90)])
    again = signed.cli(*shown)
    assert again.stdout == first.stdout == (dossier_of(signed) / "document.nl.html").read_text(encoding="utf-8")
    assert snapshot(dossier_of(signed)) == before
    assert "the figures of today are the same" in first.stderr
    assert "today the figures would be others" in again.stderr
    assert "22.50%" in again.stderr
    anew = signed.cli(*shown, "--draft")
    assert anew.stdout != first.stdout
    assert "22,50%" in anew.stdout


def test_a_changed_answer_makes_the_approval_invalid(signed):
    assert signed.cli("check", "--brand", "courant", "--as-of", str(AS_OF)).returncode == 0
    change(signed, "Lezers terugwinnen.", "Meer lezers terugwinnen.")
    refused = signed.cli("check", "--brand", "courant", "--as-of", str(AS_OF))
    assert refused.returncode == 3
    assert "was changed after it was approved" in refused.stderr
    again = approve(signed, "--yes")
    assert again.returncode == 0, again.stderr
    assert "answers.weighing.interest" in again.stdout
    assert "was: Lezers terugwinnen." in again.stdout


def test_the_ledger_tells_of_the_dossier_and_verify_holds_it_against_the_files(signed):
    event = next(event for event in signed.events() if event["event"] == "balanstest.approved")
    assert event["body"]["dossier"] == policy(signed)["balanstests"][0]["approval"]["dossier"]
    index = (dossier_of(signed) / "dossier.json").read_bytes()
    assert event["body"]["dossier"] == f"sha256:{hashlib.sha256(index).hexdigest()}"
    assert verified(signed).problems == ()
    page = dossier_of(signed) / "document.nl.html"
    page.write_bytes(page.read_bytes() + b" ")
    (problem,) = verified(signed).problems
    assert "document.nl.html of the signed dossier of kranten" in problem.message
    shown = signed.cli("balanstest", "document", "--brand", "courant", "--as-of", str(AS_OF), "--to", "-")
    assert (shown.returncode, shown.stdout) == (7, "")
    assert "is not the file that was signed" in shown.stderr


def test_a_dossier_that_is_gone_is_no_reason_to_make_another(signed):
    dossier_of(signed).rename(signed.root / "elsewhere")
    shown = signed.cli("balanstest", "document", "--brand", "courant", "--as-of", str(AS_OF), "--to", "-")
    assert shown.returncode == 7
    assert "is gone; put it back from your backup" in shown.stderr


def test_a_policy_that_was_signed_elsewhere_is_shown_as_it_is_now(signed, tmp_path):
    signed.audit.rename(tmp_path / "elsewhere")
    shown = signed.cli("balanstest", "document", "--brand", "courant", "--as-of", str(AS_OF), "--to", "-")
    assert shown.returncode == 0
    assert "is not with the log of this installation" in shown.stderr


IN_THE_LEDGER = {"nl": "vastgelegd in het logboek van het merk", "en": "recorded in the log of the brand"}
NOT_IN_THE_LEDGER = {"nl": "niet gevonden in het logboek van deze installatie", "en": "not found in the log of this installation"}  # fmt: skip


@needs_docx
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("form", ["html", "docx"])
@pytest.mark.parametrize("asked", [(), ("--draft",)])
def test_a_document_says_that_an_approval_was_recorded_only_where_the_ledger_has_it(
    signed, tmp_path, language, form, asked
):
    def made() -> str:
        path = tmp_path / f"made.{form}"
        more = ("--as-of", str(AS_OF), "--lang", language, "--to", str(path), *asked)
        done = signed.cli("balanstest", "document", "--brand", "courant", *more)
        assert done.returncode == 0, done.stderr
        return path.read_text(encoding="utf-8") if form == "html" else " ".join(word_texts(path.read_bytes()))

    here = made()
    assert IN_THE_LEDGER[language] in here
    assert NOT_IN_THE_LEDGER[language] not in here
    signed.audit.rename(tmp_path / "elsewhere")
    elsewhere = made()
    assert NOT_IN_THE_LEDGER[language] in elsewhere
    assert IN_THE_LEDGER[language] not in elsewhere


def test_an_approval_that_names_somebody_else_than_the_ledger_was_not_recorded(signed):
    change(signed, "A. de Vries", "B. Jansen")
    done = signed.cli("balanstest", "document", "--brand", "courant", "--as-of", str(AS_OF), "--draft", "--to", "-")
    assert NOT_IN_THE_LEDGER["nl"] in done.stdout


def test_an_approval_that_stands_is_replaced_only_when_asked(signed):
    before = signed.policy_file.read_bytes()
    refused = approve(signed, "--yes")
    assert refused.returncode == 2
    assert "--replace" in refused.stderr
    assert signed.policy_file.read_bytes() == before
    assert approve(signed, "--yes", "--replace").returncode == 0


BLOCKERS = {
    "an answer that is not known": ({"answers": {"substantiation": "Dat weten we nog niet."}}, (), "answers.substantiation: says that the answer is not known"),
    "a missing part": ({"answers": {"assessment": {"harm": None}}}, (), "needs: answers.assessment.harm"),
    "no scope": ({"answers": {"scope": None}}, (), "needs: answers.scope"),
    "a term over the ceiling": ({"max_term": "48 months"}, (), "the ceiling under `law: nl`"),
    "a review too far off": ({}, ("--review-by", str(AS_OF + timedelta(days=3 * 366))), "longer than 36 months after"),
}  # fmt: skip


@pytest.mark.parametrize("name", BLOCKERS)
def test_yes_never_skips_what_blocks(name, tmp_path):
    changes, more, told = BLOCKERS[name]
    folder = unsigned(tmp_path, **changes)
    before = folder.policy_file.read_bytes()
    refused = approve(folder, "--yes", *more)
    assert refused.returncode == 3, refused.stderr
    assert told in refused.stderr
    assert folder.policy_file.read_bytes() == before
    assert not (folder.audit / "dossiers").exists()


def test_a_long_approval_and_an_opinion_are_told(tmp_path):
    folder = unsigned(tmp_path, max_term="48 months")
    done = approve(folder, "--yes", "--opinion", "CC 2026-7", "--review-by", str(AS_OF + timedelta(days=700)))
    assert done.returncode == 0, done.stderr
    assert "CC 2026-7" in done.stdout
    assert "longer than 12 months" in done.stdout


def test_nobody_to_ask_signs_nothing(tmp_path):
    folder = unsigned(tmp_path)
    refused = approve(folder)
    assert refused.returncode == 2
    assert "--yes" in refused.stderr
    assert "approval" not in policy(folder)["balanstests"][0]


def test_text_and_figure_that_differ_are_told_and_recorded(tmp_path):
    answers = {"weighing": {"conversion": "Bij 0-6 maanden 12,5%; 7-12 maanden 3%."}}
    folder = unsigned(tmp_path, answers)
    done = approve(folder, "--yes")
    assert done.returncode == 0, done.stderr
    assert "3b, 0–6 months: the text says 12.5%, the call history gives 10.00%" in done.stdout
    assert "3b, 7–12 months: the text says 3%; that group cannot be counted" in done.stdout
    index = json.loads((dossier_of(folder) / "dossier.json").read_text(encoding="utf-8"))
    assert [(one["question"], one["band"], one["told"]) for one in index["confirmed_differences"]] == [
        ("3b", "0-6", "0.125"),
        ("3b", "7-12", "0.03"),
    ]
    event = next(event for event in folder.events() if event["event"] == "balanstest.approved")
    assert event["body"]["differences"] == ["3b", "3b"]
    page = (dossier_of(folder) / "document.nl.html").read_text(encoding="utf-8")
    assert "Bij 0–6 maanden noemt het antwoord 12,5%, en geeft de belgeschiedenis 10,00%" in page


def test_what_it_changes_on_the_call_list_is_told(signed):
    change(signed, "max_term: 24 months", "max_term: 11 months")
    done = approve(signed, "--yes")
    assert done.returncode == 0, done.stderr
    assert "To be called: now 2 people, then 1 person." in done.stdout
    assert "Fewer: 1 person" in done.stdout
    effect = json.loads((dossier_of(signed) / "dossier.json").read_text(encoding="utf-8"))["effect"]
    assert (effect["before"], effect["after"], effect["gained"], effect["lost"]) == (2, 1, {}, {"expired": 1})


def test_a_list_that_cannot_be_read_is_no_obstacle(tmp_path):
    folder = unsigned(tmp_path)
    folder.calls.unlink()
    done = approve(folder, "--yes", "--without-overview")
    assert done.returncode == 0, done.stderr
    assert "It cannot be told" in done.stdout


def test_the_officer_may_sign_with_a_key(tmp_path):
    pytest.importorskip("cryptography")
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
        load_pem_public_key,
    )

    folder = unsigned(tmp_path)
    key = tmp_path / "officer.pem"
    key.write_bytes(Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    key.chmod(0o600)
    done = approve(folder, "--yes", "--sign", str(key))
    assert done.returncode == 0, done.stderr
    place = dossier_of(folder)
    public = load_pem_public_key((place / "dossier.pub").read_bytes())
    public.verify((place / "dossier.sig").read_bytes(), (place / "dossier.json").read_bytes())
    assert verified(folder).problems == ()


def test_an_old_approval_holds_and_is_warned_of(tmp_path):
    from tests.brandfolder import make_brand

    folder = make_brand(tmp_path)
    checked = folder.cli("check", "--brand", "courant", "--as-of", str(AS_OF))
    assert checked.returncode == 0
    assert "the approval of `kranten` is without 12 parts that a new one needs" in checked.stderr
    assert folder.cli_run("--quiet").stderr == ""

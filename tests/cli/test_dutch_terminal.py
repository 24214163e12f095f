"""Dutch on a real pseudo-terminal, from the first question to the letter: `lang: nl` in the site, and nothing else."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.brandfolder import AS_OF, cli, read_rows
from tests.init.conftest import REPLIES
from tests.init.conftest import project as project  # noqa: PLC0414 - a fixture
from tests.init.on_terminal import OnTerminal
from tests.signing.samples import SIGNER, unsigned


@pytest.fixture
def site(project: Path) -> Path:
    (project / "configs" / "balansfilter.yaml").write_text("lang: nl\n", encoding="utf-8")
    return project / "configs"


def on_terminal(configs: Path, *arguments: str) -> OnTerminal:
    return OnTerminal("--configs", str(configs), *arguments)


def ended(terminal: OnTerminal, code: int = 0) -> str:
    assert terminal.end() == code, terminal.shown
    return terminal.shown


def answer(terminal: OnTerminal, prompt: str, text: str) -> None:
    while prompt not in terminal.shown:
        assert terminal._more(), terminal.shown
    terminal.type(text)


@pytest.mark.slow
def test_from_the_interview_to_the_letter(site: Path, project: Path) -> None:
    asking = on_terminal(site, "init", "zonnestroom")
    asking.hold(REPLIES)
    assert "Nog nodig: de goedkeuring" in ended(asking)

    signed = ("--by", "T. Hoekstra", "--role", "Compliance", "--on", "2026-11-02")
    approving = on_terminal(site, "balanstest", "approve", "--brand", "zonnestroom", "--id", "levering", *signed)
    answer(approving, "[ja/nee]", "ja")
    assert "levering is goedgekeurd op 2 november 2026" in ended(approving)

    checked = ended(on_terminal(site, "check", "--brand", "zonnestroom", "--as-of", str(AS_OF)))
    assert f"zonnestroom: er is niets mis voor {AS_OF}" in checked

    ran = ended(on_terminal(site, "run", "--brand", "zonnestroom", "--as-of", str(AS_OF)))
    assert "te bellen op" in ran
    assert "invalid_phone (Geen geldig nummer)" in ran
    assert "Gepubliceerd" in ran
    current = project / "out" / "zonnestroom" / "current"
    (dropped, *_) = read_rows(current / "dropped.csv")
    assert dropped["reason_label"]

    status = ended(on_terminal(site, "status"))
    assert "lijst voor" in " ".join(status.split())
    assert "zonnestroom" in status

    (first, *_) = read_rows(current / "callable.csv", "cp1252", ";")
    asked = ("--brand", "zonnestroom", "--as-of", str(AS_OF), "--customer", first["Klantnummer"])
    assert "Deze rij mag worden gebeld" in ended(on_terminal(site, "explain", *asked))
    letter = ended(on_terminal(site, "explain", *asked, "--letter", "-"))
    assert "Uw vraag over telefoontjes van Zonnestroom" in letter
    assert "Autoriteit Persoonsgegevens" in letter


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("chek",), 2, "Er is geen opdracht 'chek'. Bedoelde u 'check'?"),
        (("run",), 2, "Fout: noem één merk met --brand, of neem alle merken met --all"),
        (("run", "--brand"), 2, "De optie '--brand' heeft een waarde nodig."),
        (("run", "--brand", "courant", "--as-of", "gisteren"), 2, "Ongeldige waarde"),
        (("run", "--brand", "couran"), 2, "er is geen merk `couran`"),
        (("run", "--brand", "courant", "--as-of", "2026-11-22"), 3, "op 2026-11-22 wordt er niet gebeld"),
        (("--help",), 0, "Filter een belbestand en publiceer wie mag worden gebeld."),
    ],
)
def test_what_goes_wrong_is_told_in_dutch(tmp_path, arguments, code, told):
    folder = unsigned(tmp_path)
    folder.write_policy()
    done = cli("--configs", str(folder.configs), *arguments, env={**os.environ, "LANG": "nl_NL.UTF-8"})
    assert done.returncode == code
    assert told in done.stdout + done.stderr


@pytest.mark.parametrize(("reply", "code"), [("nee", 3), ("", 3), ("ja", 0)])
def test_the_officer_is_asked(tmp_path, reply, code):
    folder = unsigned(tmp_path)
    brand = ("--brand", folder.brand, "--id", "kranten")
    approving = on_terminal(folder.configs, "--lang", "nl", "balanstest", "approve", *brand, *SIGNER)
    answer(approving, "[ja/nee]", reply)
    shown = ended(approving, code)
    assert ("Niets is getekend." in shown) == (code == 3)
    assert ("approval:" in folder.policy_file.read_text(encoding="utf-8")) == (code == 0)

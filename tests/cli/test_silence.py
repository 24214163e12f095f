"""No number, customer id or name of the data reaches the screen, the log or the ledger, whatever is wrong with it."""

from __future__ import annotations

from pathlib import Path

from tests.brandfolder import AS_OF, CALLS, BrandFolder, Tree, cli, make_brand

SECRET = "geheim"
"""Stands in every cell of the data that no one may see."""
NUMBERS = ("0687654321", "687654321", "31687654321", "0612399887", "612399887")
HEADER = ",".join(CALLS[0])


def broken(root: Path, name: str, calls: str, policy: Tree | None = None, objections: str | None = None) -> BrandFolder:
    brand = make_brand(root, policy, brand=name)
    brand.calls.write_bytes(calls.encode("windows-1252"))
    if objections is not None:
        (brand.data / "objections.csv").write_text(objections)
    return brand


def brands(root: Path) -> None:
    """Make a brand for each way of being wrong, each with secrets in what is wrong."""
    good = f"{HEADER}\n{SECRET}1,0687654321,2026-01-01\n"
    broken(root, "date", f"{good}{SECRET}2,0612399887,{SECRET}\n{SECRET}3,{SECRET},2026-01-01\n")
    broken(root, "encoding", f"{good}{SECRET}2,0612399887é,2026-01-01\n")
    broken(root, "fine", good)
    broken(root, "few-cells", f"{good}{SECRET}2\n{SECRET}3,0612399887,2026-01-01,{SECRET},0687654321\n")
    broken(root, "lost-separator", f'{good}{SECRET}2"0612399887, {SECRET}",2026-01-01\n')
    broken(root, "no-header", f"{SECRET}1,0687654321,2026-01-01\n{SECRET}2,0612399887,2026-01-01\n")
    broken(root, "nobody", good, objections=f"telefoon,klantnummer\n{SECRET},\n06{SECRET}87654321,\n")
    broken(root, "quote", f'{good}{SECRET}2,"0612399887,2026-01-01\n{SECRET}3,0687654321,2026-01-01\n')
    swallowed = f'{SECRET}2,"0612399887,2026-01-01\n{SECRET}3,0687654321",2026-01-01\n'
    broken(root, "stray-quotes", good + swallowed, {"call_list": {"on_bad_row": "drop"}})
    broken(root, "titles", f"{SECRET} 0612399887,,\n{good}Totaal: {SECRET}")
    broken(root, "unended", f"{good}{SECRET}2,0612399887,2026-01-01")
    broken(root, "semicolons", f"{good}{SECRET}2,0612399887,2026-01-01\n".replace(",", ";"))
    broken(root, "utf-16", f"{good}", {"call_list": {"csv": {"encoding": "utf-16"}}})
    site = root / "configs" / "balansfilter.yaml"
    site.write_text("log: {file: log/night.log, level: DEBUG, json: true}\n")


def test_nothing_of_the_data_is_ever_told(tmp_path: Path) -> None:
    brands(tmp_path)
    command = ["--configs", str(tmp_path / "configs"), "--log-level", "DEBUG"]
    human = cli(*command, "run", "--all", "--as-of", str(AS_OF))
    machine = cli(*command, "--log-format", "json", "run", "--all", "--as-of", str(AS_OF), "--json")
    checked = cli(*command, "check", "--all", "--as-of", str(AS_OF))
    told = {
        "human": human.stdout + human.stderr,
        "machine": machine.stdout + machine.stderr,
        "check": checked.stdout + checked.stderr,
        "log": (tmp_path / "log" / "night.log").read_text(),
        "ledgers": "".join(path.read_text() for path in (tmp_path / "audit").glob("*/ledger.jsonl")),
        "manifests": "".join(path.read_text() for path in (tmp_path / "out").glob("*/runs/*/manifest.json")),
    }
    assert (human.returncode, machine.returncode, checked.returncode) == (4, 4, 4), human.stderr
    assert human.stderr.count("Nothing was published; there is no published list of this brand yet.") == 11
    for where, text in told.items():
        assert text, where
        assert "Traceback" not in text, where
        leaks = [secret for secret in (SECRET, *NUMBERS) if secret in text.replace(str(tmp_path), "")]
        assert leaks == [], f"{where}: {text}"
    assert (tmp_path / "out" / "fine" / "current").exists()

"""The README's section on where the data lives: its policy is used, and each of its commands is run."""

from __future__ import annotations

import re

import obstore
import pytest
import yaml

from tests.brandfolder import CALLS, ROOT, make_brand, merged

SECTION = re.search(r"## Where the data lives\n(.*?)\n## ", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)


def block(kind: str) -> str:
    assert SECTION is not None
    found = re.search(rf"```{kind}\n(.*?)```", SECTION[1], re.DOTALL)
    assert found is not None
    return found[1]


COMMANDS = [line.partition("#")[0].split() for line in block("sh").splitlines()]


@pytest.fixture
def folder(postgres, store, tmp_path):
    lists, _ = store.make_bucket("lists"), store.make_bucket("dialler")
    text = "".join(",".join(row) + "\n" for row in CALLS)
    for key in ("noorderpost/calls.csv", "extra/calls.csv"):
        obstore.put(lists, key, text.encode())
    postgres.run(
        "CREATE SCHEMA crm",
        "CREATE SCHEMA dialler",
        "CREATE TABLE crm.objections AS SELECT '0687654321' AS telefoon, 'K9' AS klantnummer, now()::date - 1 AS op",
    )
    told = block("yaml").replace("nightshift@db.example", f"nachtploeg@127.0.0.1:{postgres.port}")
    policy = yaml.safe_load(told)
    # Calls on any day, since the commands are for today.
    policy["law"] = "none"
    return make_brand(tmp_path, merged(policy, {}), brand="noorderpost")


def test_each_command_of_the_readme_does_what_it_says(folder, postgres):
    assert [words[1] for words in COMMANDS] == ["check", "run", "run", "deliver", "verify"]
    for program, *words in COMMANDS:
        assert program == "balansfilter"
        run_id = folder.current.readlink().name if folder.current.exists() else ""
        done = folder.cli(*[word.replace("RUN_ID", run_id) for word in words])
        assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
    assert postgres.rows("SELECT DISTINCT run_id FROM dialler.callable") == [(folder.current.readlink().name,)]

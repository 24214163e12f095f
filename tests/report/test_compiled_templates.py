"""Templates are compiled once for a machine, and where that cannot be kept, or is not whole, they are compiled anew."""

from pathlib import Path

import jinja2
import pytest

from balansfilter.report import rendering
from balansfilter.report.page import run_page
from tests.report.samples import CHECKPOINT, manifest


@pytest.fixture(autouse=True)
def kept_in(tmp_path, monkeypatch):
    folder = tmp_path / "kept"
    folder.mkdir()
    original = rendering._CompiledTemplates.__init__

    def made(self):
        original(self)
        self.directory = str(folder)

    monkeypatch.setattr(rendering._CompiledTemplates, "__init__", made)
    yield folder
    rendering.environment.cache_clear()


def page(language="nl"):
    rendering.environment.cache_clear()
    return run_page(manifest(), (), CHECKPOINT, language)


@pytest.mark.parametrize("other", ["nl", "en"])
def test_what_one_page_compiled_every_language_uses(other, monkeypatch):
    expected = page(other)
    page("nl")
    monkeypatch.setattr(jinja2.Environment, "_compile", lambda *_: pytest.fail("a template was compiled"))
    assert page(other) == expected


def test_what_cannot_be_kept_or_is_not_whole_is_compiled_anew(kept_in: Path):
    expected = page()
    for kept in kept_in.iterdir():
        kept.write_bytes(kept.read_bytes()[:-9])
    assert page() == expected
    for kept in kept_in.iterdir():
        kept.unlink()
        kept.mkdir()
    assert page() == expected
    for kept in kept_in.iterdir():
        kept.rmdir()
    kept_in.rmdir()
    assert page() == expected
    assert not kept_in.exists()

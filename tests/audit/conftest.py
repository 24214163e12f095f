"""What the tests of the audit share."""

from __future__ import annotations

import shutil

import pytest

from balansfilter.commands.audit.export.bundle import verifier
from tests.audit.story import make_story

COREUTILS = (
    "base64", "basenc", "cut", "head", "mktemp", "od", "rm", "sha256sum", "tail", "tr", "wc",
)  # fmt: skip


@pytest.fixture(scope="session")
def jq():
    """Return the path of jq, which checks a bundle as an outsider would."""
    return _needed("jq")


@pytest.fixture(scope="session")
def openssl():
    """Return the path of openssl, which checks a signature as an outsider would."""
    return _needed("openssl")


@pytest.fixture(scope="session")
def tools(tmp_path_factory, jq, openssl):
    """Return a folder with coreutils, jq, openssl and the verifier of a bundle, and nothing else."""
    folder = tmp_path_factory.mktemp("tools")
    for name in (*COREUTILS, "jq", "openssl"):
        (folder / name).symlink_to(shutil.which(name))
    (folder / "verify.sh").write_text(verifier())
    return folder


def _needed(name):
    path = shutil.which(name)
    if path is None:
        pytest.skip(f"{name} is not installed; an outsider checks the evidence with it")
    return path


@pytest.fixture(scope="session")
def told_story(tmp_path_factory):
    """Return a brand with a past, made once; tests that change it take `story`."""
    return make_story(tmp_path_factory.mktemp("story"))


@pytest.fixture
def story(tmp_path):
    """Return a brand with a past, to be changed."""
    return make_story(tmp_path)

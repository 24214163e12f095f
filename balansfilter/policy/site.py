"""The site settings, ``<configs>/balansfilter.yaml``: where things go, and how long they stay. All optional."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, ValidationInfo

from balansfilter.errors import OutputError, UsageError
from balansfilter.fs.path_text import path_text
from balansfilter.fs.scratch import NAME, scratch
from balansfilter.policy.base import Frozen, Text, TimeZone
from balansfilter.policy.findings import Finding, placed, refusal
from balansfilter.policy.notify import SiteNotify
from balansfilter.policy.reading import build
from balansfilter.policy.values import CountOrSpan, Size, SizeOrSpan, Span
from balansfilter.policy.yaml_file import read_yaml

SITE_FILE = "balansfilter.yaml"


def base_folder(configs_dir: Path) -> Path:
    """Return the folder against which relative paths resolve: the one that holds the folder of configs.

    :raises UsageError: its name is no text.
    """
    absolute = os.path.abspath(configs_dir)  # noqa: PTH100 - links are kept, `..` is worked out
    shown = path_text(absolute)
    if shown != absolute:
        raise UsageError(f"the folder {shown} has a name that is no text in UTF-8; give it another name")
    return Path(absolute).parent


def _resolved(value: object, info: ValidationInfo) -> object:
    """Resolve a written path against the folder that holds the configs."""
    if not isinstance(value, str):
        return value
    if not value.strip():
        raise ValueError("is empty")
    if value.startswith("~"):
        raise ValueError("starts with ~, which is not filled in here; write the folder out")
    base: Path = (info.context or {}).get("base", Path.cwd())
    return Path(os.path.normpath(base / value.strip()))


LocalPath = Annotated[Path, BeforeValidator(_resolved)]


Receiver = LocalPath | Annotated[tuple[Text, ...], Field(min_length=1)]


class SiteCheckpoint(Frozen):
    """Where the head of each ledger goes after every published run, so that somebody else keeps it."""

    to: Receiver = Field(
        description="A folder on another disk or of a write-once bucket; or a command, as a list of words, "
        "that gets the checkpoint on standard input."
    )
    sign: LocalPath | None = Field(default=None, description="The Ed25519 key (PEM) that signs it.")


class SiteAudit(Frozen):
    """Where the audit log is."""

    dir: LocalPath = Field(default="audit", validate_default=True, description="Folder of the ledgers and decisions.")
    key_file: LocalPath = Field(
        default_factory=lambda data: data["dir"] / "key",
        description="Key of the keyed hashes; `key` in the folder of the audit unless given.",
    )
    checkpoint: SiteCheckpoint | None = Field(default=None, description="Where the head of each ledger is kept.")


class SiteOutput(Frozen):
    """Where the lists go."""

    dir: LocalPath = Field(default="out", validate_default=True, description="Folder of the published lists.")
    keep_free: Size | None = Field(
        default=None, description="How much of the disk a run leaves free; it does not begin where it would not."
    )


class SiteCache(Frozen):
    """Where what can be made again goes."""

    dir: LocalPath = Field(default="cache", validate_default=True, description="Folder of what can be made again.")


class SiteLog(Frozen):
    """What is logged, beside what is on the screen."""

    file: LocalPath | None = Field(default=None, description="The log file; none unless given.")
    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(default="INFO", description="The least that is logged.")
    rotation: SizeOrSpan | None = Field(default=None, description="When a new file is begun.")
    retention: CountOrSpan | None = Field(default=None, description="How many old files stay, or how long.")
    as_json: bool = Field(default=False, alias="json", description="Whether each line is a JSON object.")


class SiteRetention(Frozen):
    """How long what was made stays; everything unless given."""

    runs: CountOrSpan | None = Field(default=None, description="How many published runs stay, or how long.")
    decisions: Span | None = Field(default=None, description="How long the decisions on each row stay.")
    prune: Literal["by_hand", "auto"] = Field(
        default="by_hand", description="Whether a published run removes what was kept long enough, or a person does."
    )


class SiteMetrics(Frozen):
    """Figures for a monitor."""

    file: LocalPath | None = Field(default=None, description="A text file for Prometheus, such as node-exporter reads.")


class Site(Frozen):
    """The site settings; every path is absolute."""

    audit: SiteAudit = Field(default={}, validate_default=True, description="The audit log.")
    output: SiteOutput = Field(default={}, validate_default=True, description="The lists.")
    cache: SiteCache = Field(default={}, validate_default=True, description="What can be made again.")
    lang: Literal["nl", "en"] = Field(default="nl", description="The language of what people read.")
    timezone: TimeZone = Field(default="Europe/Amsterdam", description="Where today is told from.")
    log: SiteLog = Field(default=SiteLog.usual(), description="What is logged.")
    brands_elsewhere: tuple[Text, ...] = Field(
        default=(), description="Brands of the group without a policy here, which objections may name."
    )
    retention: SiteRetention = Field(default=SiteRetention.usual(), description="How long what was made stays.")
    notify: SiteNotify = Field(default=SiteNotify.usual(), description="Who is told how runs go.")
    metrics: SiteMetrics = Field(default=SiteMetrics.usual(), description="Figures for a monitor.")


def load_site(configs_dir: Path) -> Site:
    """Read the site settings; the defaults where there is no file.

    Relative paths resolve against the folder that holds `configs_dir`. Raises :class:`PolicyError` with every problem.
    """
    path = configs_dir / SITE_FILE
    context = {"base": base_folder(configs_dir)}
    document = read_yaml(path) if path.exists() else None
    if document is None or document.is_blank:
        return Site.model_validate({}, context=context)
    site, problems = build(document, Site, context)
    if site is not None:
        problems += placed(document, _inconsistencies(site))
    if site is None or problems:
        raise refusal("site settings", document.file, problems)
    return site


@contextmanager
def work_folder(site: Site) -> Iterator[Path]:
    """Yield a private folder in the cache for what is needed for a while; it is gone afterwards.

    :raises OutputError: it cannot be made.
    """
    cache = site.cache.dir
    there = cache.exists()
    try:
        with ExitStack() as opened:
            try:
                folder = opened.enter_context(scratch(cache / NAME))
            except OSError as error:
                raise OutputError(f"cannot make a folder in {cache}: {error.strerror}; set cache.dir") from error
            yield folder
    finally:
        if not there:
            with suppress(OSError):
                cache.rmdir()


def _inconsistencies(site: Site) -> Iterator[Finding]:
    folders = {"output": site.output.dir, "audit": site.audit.dir, "cache": site.cache.dir}
    seen: dict[Path, str] = {}
    for name, folder in folders.items():
        if (other := seen.setdefault(folder, name)) != name:
            yield Finding((name, "dir"), f"is the folder of {other}.dir as well", "give each a folder of its own")
    if site.audit.key_file.is_relative_to(site.output.dir):
        yield Finding(
            ("audit", "key_file"), "lies in the folder of the lists", "keep the key away from what is handed on"
        )
    retention = site.retention
    if retention.prune == "auto" and retention.runs is None and retention.decisions is None:
        told = "has nothing to go by"
        yield Finding(("retention", "prune"), told, "say how long things stay: retention.runs, retention.decisions")
    if site.log.file is None:
        for key in ("rotation", "retention"):
            if getattr(site.log, key) is not None:
                yield Finding(("log", key), "has no file to work on", "add log.file")

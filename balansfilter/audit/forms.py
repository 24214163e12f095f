"""The form of each event: what its body must say, and how. What is read out of a ledger has this form, or is refused.

A run id names files and folders, so that its form is what keeps a forged ledger from reaching outside.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from balansfilter.audit.names import (
    ABANDONED,
    APPROVED,
    APPROVING,
    CONFIRMED,
    EXPORTED,
    FAILED,
    FORGOTTEN,
    HANDED_OVER,
    HELD,
    LEFT_OUT,
    LIST_DID_NOT_GO,
    LIST_GOES,
    LIST_WENT,
    NOT_HANDED_OVER,
    OPENED,
    PREPARED,
    PRUNED,
    PUBLISHED,
    RECALLED,
    RECHECKED,
    REKEYED,
    RELEASED,
    REOPENED,
    ROOTED,
    UNAPPROVED,
)
from balansfilter.fs.outputs import digest_of_files
from balansfilter.policy.model import is_brand_id

Check = Callable[[Any], bool]

_RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_WORD = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_KEY_ID = re.compile(r"[0-9a-f]{16}")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def is_run_id(value: object) -> bool:
    """Whether it may be the id of a run: then it names a file or a folder, and nothing outside."""
    return isinstance(value, str) and _RUN_ID.fullmatch(value) is not None


def is_digest(value: object) -> bool:
    """Whether it is a SHA-256 in hexadecimal."""
    return isinstance(value, str) and _DIGEST.fullmatch(value) is not None


def is_moment(value: object) -> bool:
    """Whether it is a moment as the ledger writes it."""
    return isinstance(value, str) and _MOMENT.fullmatch(value) is not None


def is_count(value: object) -> bool:
    """Whether it is a number of things."""
    return type(value) is int and value >= 0


def wrong_in(event: str, body: Mapping[str, Any]) -> str:
    """Return what is wrong with the form of an event, in words; nothing where it has its form."""
    form = FORMS.get(event)
    if form is None:
        return "is of a kind that this program does not write"
    if "seen" in body:
        form = {**form, "seen": _counts_by_role}
    if body.get("dossier") is not None:
        form = {**form, "dossier": _named_digest, "dossier_files": _each(_with(name=_matches(_FILE), sha256=is_digest))}
    lacking = [name for name in form if name not in body]
    if lacking:
        return f"does not say its {' and '.join(lacking)}"
    wrong = [name for name, check in form.items() if not check(body[name])]
    return f"does not say its {' and '.join(wrong)} as this program does" if wrong else ""


def _matches(pattern: re.Pattern[str]) -> Check:
    return lambda value: isinstance(value, str) and pattern.fullmatch(value) is not None


def _named_digest(value: object) -> bool:
    return isinstance(value, str) and value.startswith("sha256:") and is_digest(value.removeprefix("sha256:"))


def _text(value: object) -> bool:
    return isinstance(value, str)


def _below(value: object) -> bool:
    """Whether it is a path below `audit/` or `out/` of the brand."""
    parts = value.split("/") if isinstance(value, str) else []
    return len(parts) > 1 and parts[0] in ("audit", "out") and not {"", ".", ".."} & set(parts)


def _day(value: object) -> bool:
    try:
        return isinstance(value, str) and date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def _or_none(check: Check) -> Check:
    return lambda value: value is None or check(value)


def _each(check: Check) -> Check:
    return lambda value: isinstance(value, list) and all(check(item) for item in value)


def _with(**form: Check) -> Check:
    return lambda value: isinstance(value, dict) and all(name in value and form[name](value[name]) for name in form)


def _counts(value: object) -> bool:
    return isinstance(value, dict) and all(is_count(count) for count in value.values())


def _counts_by_role(value: object) -> bool:
    """Whether it may be what a recheck counted of each source."""
    return isinstance(value, dict) and all(map(_counts, value.values()))


def _files(value: object) -> bool:
    if not isinstance(value, dict) or "decisions" not in value:
        return False
    proof = _with(root=is_digest, algorithm=_matches(_WORD), hashes=_each(_matches(_WORD)))
    decisions = value["decisions"]
    return all(map(_written_file, value.values())) and ("root" not in decisions or proof(decisions))


_one_file = _with(name=_matches(_FILE), sha256=is_digest, bytes=is_count, rows=is_count)


def _written_file(value: object) -> bool:
    """Whether it may be a file of a run, or a folder of parts, of which the sizes and the digest are those of all."""
    if not _one_file(value) or not isinstance(value, dict) or "parts" not in value:
        return _one_file(value)
    parts = value["parts"]
    if not _each(_one_file)(parts) or not _named_once(parts):
        return False
    sums = {size: sum(part[size] for part in parts) for size in ("bytes", "rows")}
    digest = digest_of_files((part["name"], part["sha256"]) for part in parts)
    return {**sums, "sha256": digest}.items() <= value.items()


def _forgotten_file(value: object) -> bool:
    has_form = _with(run_id=is_run_id, before=is_digest, after=is_digest, rows=is_count)
    if not has_form(value) or not isinstance(value, dict) or not is_digest(value.get("nonces", "0" * 64)):
        return False
    part = _with(name=_matches(_FILE), before=is_digest, after=is_digest, nonces=is_digest, rows=is_count)
    return "parts" not in value or (_each(part)(value["parts"]) and _named_once(value["parts"]))


def _named_once(parts: list[Mapping[str, Any]]) -> bool:
    """Whether there are parts, and no two of one name."""
    return len({part["name"] for part in parts}) == len(parts) > 0


_held_person = _each(_with(run_id=is_run_id, rows=_each(is_count)))
_read_file = _with(path=_text, sha256=is_digest)

FORMS: Mapping[str, Mapping[str, Check]] = {
    OPENED: {"ledger": is_count, "brand": is_brand_id},
    PREPARED: {
        "run_id": is_run_id,
        "as_of": _day,
        "valid_until": _or_none(_day),
        "version": _text,
        "law": _with(name=_matches(_WORD), sha256=is_digest, origin=_text, grounds=_each(_text)),
        "policy": _with(sha256=is_digest, file=_text, balanstests=_each(_with(id=_text, digest=_text))),
        "sources": _each(_with(role=_text, files=_each(_read_file))),
        "rows": is_count,
        "callable": is_count,
        "dropped": is_count,
        "reasons": _counts,
        "bases": _counts,
        "outputs": _files,
        "key_id": _matches(_KEY_ID),
        "manifest_sha256": is_digest,
    },
    PUBLISHED: {"run_id": is_run_id},
    FAILED: {"run_id": is_run_id, "code": _text, "exit": is_count, "message": _text},
    ABANDONED: {"run_id": is_run_id},
    RECALLED: {"run_id": is_run_id, "reason": _text},
    APPROVING: {"balanstest": _text, "policy_sha256": is_digest, "was_sha256": is_digest},
    APPROVED: {"balanstest": _text, "role": _text, "review_by": _day, "policy_sha256": is_digest},
    UNAPPROVED: {"balanstest": _text, "policy_sha256": is_digest},
    RECHECKED: {
        "run_id": is_run_id,
        "as_of": _day,
        "withdrawn": is_count,
        "people": is_count,
        "file": _with(name=lambda name: name == "withdrawn.csv", sha256=is_digest, rows=is_count),
    },
    LEFT_OUT: {"run_id": is_run_id, "sha256": is_digest},
    CONFIRMED: {"by": _text, "complete_on": _day, "lists": _each(_with(sha256=is_digest))},
    REKEYED: {"from": _matches(_KEY_ID), "to": _matches(_KEY_ID)},
    PRUNED: {
        "decisions": _each(_with(run_id=is_run_id, sha256=is_digest, rows=is_count)),
        "lists": _each(is_run_id),
    },
    HELD: {"run_id": _or_none(is_run_id), "person": _or_none(_held_person), "reason": _text},
    RELEASED: {"hold": is_count, "reason": _text},
    FORGOTTEN: {
        "rows": is_count,
        "decisions": _each(_forgotten_file),
        "lists": _each(is_run_id),
    },
    EXPORTED: {"runs": _each(is_run_id), "sha256": is_digest},
    REOPENED: {
        "reason": _text,
        "broken": _each(_text),
        "current": _or_none(is_run_id),
        "manifest_sha256": _or_none(is_digest),
        "files": _each(_with(path=_below, sha256=is_digest)),
        "kept": _each(_text),
    },
    HANDED_OVER: {"seq": is_count, "hash": is_digest, "to": _text},
    NOT_HANDED_OVER: {"seq": is_count, "hash": is_digest, "to": _text, "message": _text},
    LIST_GOES: {"run_id": is_run_id, "to": _text},
    LIST_WENT: {"run_id": is_run_id, "to": _text},
    LIST_DID_NOT_GO: {"run_id": is_run_id, "to": _text, "message": _text},
    ROOTED: {"run_id": is_run_id, "sha256": is_digest, "root": is_digest},
}
"""What the body of each event says; an event of another name is none of this program's."""

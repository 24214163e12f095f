"""The answers from a file instead of an interview: a policy, without what a look at the files can tell."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any, get_args

from balansfilter.errors import SourceError
from balansfilter.interview.date_formats import is_usable
from balansfilter.interview.desk import Desk
from balansfilter.interview.look import Given, Look
from balansfilter.interview.policy_text import PolicyText
from balansfilter.interview.roles import Role
from balansfilter.interview.template import ANSWERS, ASSESSMENT
from balansfilter.phone import known_countries
from balansfilter.policy.consistency import inconsistencies
from balansfilter.policy.findings import Finding, nearest, placed, refusal
from balansfilter.policy.model import Encoding, Policy, as_columns
from balansfilter.policy.reading import build
from balansfilter.policy.tree import Tree
from balansfilter.policy.yaml_file import ValuePath, read_yaml
from balansfilter.wording.catalogue import Wording

_REQUIRED = {
    "call_list": (("customer_id",), ("phone",)),
    "objections": (("phone", "customer_id"),),
    "register": (("phone",),),
    "contacts": (("called_on",), ("phone", "customer_id")),
}
_OPEN = "…"


def read_answers(path: Path, desk: Desk) -> dict[str, Any]:
    """Read a file of answers, and give the policy that follows from it as plain values.

    :raises PolicyError: with every problem, each where it stands in the file.
    """
    document = read_yaml(path)
    values: dict[str, Any] = {"policy": 1, "brand": desk.brand, "law": desk.law.name, **document.values}
    findings = list(_approvals(values))
    for at, role in _sources(values):
        filled, wrong = _filled(role, values, desk, at)
        _replace(values, at, filled)
        findings += wrong
    _, problems = build(replace(document, values=_with_tuples(values)), Policy)
    if document.root is not None:
        findings += inconsistencies(values, desk.brand, known_countries())
    problems += placed(document, findings)
    if problems:
        raise refusal("file of answers", document.file, set(problems))
    return values


def _with_tuples(value: Any) -> Any:
    """Return plain values as a model takes them: it tells a list that was read from one that may still change."""
    if isinstance(value, dict):
        return {key: _with_tuples(inner) for key, inner in value.items()}
    return tuple(map(_with_tuples, value)) if isinstance(value, list | tuple) else value


def _approvals(values: dict[str, Any]) -> Iterator[Finding]:
    for test in (Tree(values) / "balanstests").items():
        at = test / "approval"
        if at:
            yield Finding(
                at.path, "is no answer", "leave it out, and approve with `balansfilter balanstest approve`", at_key=True
            )


def _sources(values: dict[str, Any]) -> Iterator[tuple[ValuePath, Role]]:
    tree = Tree(values)
    yield ("call_list",), "call_list"
    for entry in (tree / "objections").items():
        yield entry.path, "objections"
    if tree / "contacts":
        yield ("contacts",), "contacts"
    if tree / "bel_me_niet" / "register":
        yield ("bel_me_niet", "register"), "register"


def _at(values: Any, at: ValuePath) -> Any:
    for part in at:
        values = values.get(part) if isinstance(part, str) else values[part]
    return values


def _replace(values: Any, at: ValuePath, value: Any) -> None:
    """Put a value at a path, on copies: what was read from the file stays as it is."""
    for part, inner in pairwise(at):
        kept: Any = values[part]
        values[part] = list(kept) if isinstance(inner, int) else dict(kept)
        values = values[part]
    last: Any = at[-1]
    if isinstance(values, list) or last in values:
        values[last] = value


def _filled(role: Role, values: dict[str, Any], desk: Desk, at: ValuePath) -> tuple[Any, tuple[Finding, ...]]:
    """Fill in what a look at the file tells, and give what is wrong with the file or its columns."""
    source = _at(values, at)
    if not isinstance(source, dict) or not isinstance(source.get("path"), str):
        return source, ()
    written = source.get("csv", {})
    csv: dict[str, Any] = written if isinstance(written, dict) else {}
    try:
        given = _given(csv, source)
        look = desk.look(source["path"], role, given)
    except SourceError as error:
        problems = [(problem.message, problem.hint) for problem in error.as_problems()]
        return source, tuple(Finding((*at, "path"), message, hint) for message, hint in problems)
    if len(look.sheets) > 1 and "sheet" not in source:
        several = f"{look.path.name} has {len(look.sheets)} sheets: {', '.join(look.sheets)}"
        return source, (Finding((*at, "path"), several, "say in `sheet` which is meant"),)
    filled = dict(source)
    if look.format == "csv" and isinstance(written, dict):
        filled["csv"] = {**_csv(look), **csv}
    if look.format == "excel" and look.above:
        filled.setdefault("skip_rows", look.above)
    if look.format == "excel" and not look.header:
        filled.setdefault("header", False)
    if role != "register":
        filled.setdefault("date_format", look.dates.written)
    if "columns" not in source:
        filled["columns"] = _columns(look, values)
        return filled, tuple(_unfound(look, role, filled["columns"], at))
    return filled, tuple(_unknown(look, source["columns"], at))


def _given(csv: dict[str, Any], source: dict[str, Any]) -> Given:
    """Return what the file of answers says, as far as it can be; what cannot be is told when the policy is made."""
    sheet = source.get("sheet")
    encoding, separator, header = csv.get("encoding"), csv.get("separator"), csv.get("header", source.get("header"))
    above = csv.get("skip_lines", source.get("skip_rows"))
    written = source.get("date_format")
    formats = (written,) if isinstance(written, str) else written if isinstance(written, list | tuple) else ()
    are_usable = all(isinstance(one, str) and is_usable(one) for one in formats)
    return Given(
        encoding=encoding if encoding in get_args(Encoding) else None,
        separator=separator if isinstance(separator, str) and len(separator) == 1 else None,
        header=header if isinstance(header, bool) else None,
        above=above if isinstance(above, int) and not isinstance(above, bool) and above >= 0 else None,
        sheet=sheet if isinstance(sheet, str) else None,
        date_formats=tuple(formats) if formats and are_usable else None,
    )


def _csv(look: Look) -> dict[str, Any]:
    made: dict[str, Any] = {"separator": look.csv.separator, "encoding": look.csv.encoding}
    made |= {"skip_lines": look.above} if look.above else {}
    return made if look.csv.header else made | {"header": False}


def _columns(look: Look, values: dict[str, Any]) -> dict[str, Any]:
    found = {key: names[0] if len(names) == 1 else names for key, names in look.proposal.items()}
    if (Tree(values) / "consent" / "accept").value is not True:
        found = {key: names for key, names in found.items() if not key.startswith("consent_")}
    if "product" not in found:
        found.pop("consent_for", None)
    if values.get("sector") != "charity":
        found.pop("relation_began_on", None)
    return found


def _unfound(look: Look, role: Role, columns: dict[str, Any], at: ValuePath) -> Iterator[Finding]:
    for keys in _REQUIRED[role]:
        if not any(key in columns for key in keys):
            message = f"no column of {look.path.name} was recognised as {' or '.join(keys)}"
            hint = (
                f"name the columns; the file has: {', '.join(look.shown_names())}"
                if look.header
                else "name the columns"
            )
            yield Finding((*at, "columns"), message, hint)


def _unknown(look: Look, columns: Any, at: ValuePath) -> Iterator[Finding]:
    for key, entry in columns.items() if isinstance(columns, dict) else ():
        named = entry if isinstance(entry, str | tuple) else ()
        for name in as_columns(named):
            if isinstance(name, str) and name.strip() not in look.names():
                hint = nearest(name, look.names()) if look.header else ""
                yield Finding((*at, "columns", key), f"{look.path.name} has no such column", hint)
            elif isinstance(name, str) and look.has_data_for(name.strip()):
                told = f"the first row of {look.path.name} holds data, and no names: it would be lost"
                yield Finding((*at, "columns", key), told, "say `header: false`, and name the columns by their numbers")


def answers_form(words: Wording, brand: str | None) -> str:
    """Write a form to fill in: every question with an example, and what may be left out."""
    test: dict[str, Any] = {"id": words("init.first_balanstest"), "products": "*", "max_term": _OPEN, "answers": {}}
    for _, number, place in ANSWERS:
        inner = test["answers"]
        for part in place[:-1]:
            inner = inner.setdefault(part, {})
        inner[place[-1]] = [_OPEN] if number == "2c" else _OPEN
    test["answers"]["assessment"] = dict.fromkeys(ASSESSMENT, _OPEN)
    tree = {
        "name": _OPEN,
        "controller": _OPEN,
        "sector": _OPEN,
        "consent": {"accept": False, "valid_for": "24 months"},
        "bel_me_niet": {"screen": "never"},
        "balanstests": [test],
        "call_list": {"path": _OPEN},
        "objections": [{"path": _OPEN, "max_age": "1 day", "max_unreadable": 0}],
        "guards": {"max_unreadable": "5%"},
    }
    head = words("init.comments.form", brand=brand or words("init.brand"))
    writer = PolicyText(words, examples=True)
    return "\n".join(["#", *writer.comment(head), "#", *writer.mapping(tree, 0, ())]) + "\n"

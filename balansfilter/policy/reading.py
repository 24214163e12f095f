"""From plain values with places to a frozen model: every error that pydantic finds, at its place.

Pydantic names the kinds of a union within its paths, and reports each kind that does not fit; here each field has one
path, and only the kind that was meant is told about.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from balansfilter.errors import Problem
from balansfilter.frozen import dataclass
from balansfilter.policy.error_texts import other_kind, sentence, wanted
from balansfilter.policy.findings import Finding, nearest, placed
from balansfilter.policy.yaml_file import REFUSED, ValuePath, YamlDocument

M = TypeVar("M", bound=BaseModel)


def build(
    document: YamlDocument, model: type[M], context: Mapping[str, object] | None = None
) -> tuple[M | None, tuple[Problem, ...]]:
    """Make a model of a document, None where it cannot be made; and the problems of the YAML and of the model."""
    if document.root is None:
        return None, document.problems
    try:
        made = model.model_validate(document.values, context=dict(context or {}), by_alias=True, by_name=False)
    except ValidationError as error:
        return None, (*document.problems, *placed(document, model_findings(error, document.values, model)))
    return made, document.problems


def model_findings(error: ValidationError, values: object, model: type[BaseModel]) -> Iterator[Finding]:
    """Tell each error of pydantic once, at the path where it stands."""
    fields: dict[ValuePath, list[_Located]] = {}
    for detail in error.errors(include_url=False):
        located = _Located.of(detail, values)
        if not located.is_echo:
            fields.setdefault(located.field, []).append(located)
    for field, errors in fields.items():
        misfits = {at.tried for at in errors if at.is_misfit}
        fitting = [at for at in errors if not at.tried or at.tried not in misfits]
        if not fitting and not _was_refused(values, field):
            kinds = ", or ".join(dict.fromkeys(wanted(at.detail) for at in errors))
            yield Finding(field, *other_kind(errors[0].detail["input"], kinds))
        yield from (_finding(at, model) for at in fitting if not _was_refused(values, at.path))


@dataclass(frozen=True)
class _Located:
    """An error of pydantic; where a union was tried, the field it stands in and the kind that was tried."""

    detail: ErrorDetails
    field: ValuePath
    path: ValuePath
    tried: str

    @classmethod
    def of(cls, detail: ErrorDetails, values: object) -> _Located:
        """Tell keys and indexes from the kinds of a union, which pydantic puts between them."""
        path: list[str | int] = []
        field: ValuePath | None = None
        tried = ""
        value: Any = values
        last = len(detail["loc"]) - 1
        for n, part in enumerate(detail["loc"]):
            if _holds(value, part):
                value = value[part]
            elif not (detail["type"] == "missing" and n == last):
                field, tried = tuple(path), str(part)
                continue
            path.append(part)
        return cls(detail, tuple(path) if field is None else field, tuple(path), tried)

    @property
    def is_misfit(self) -> bool:
        """Whether it says only that the value is of another kind than the one tried."""
        of_kind = self.detail["type"].endswith("_type") or self.detail["type"] == "literal_error"
        return bool(self.tried) and self.path == self.field and of_kind

    @property
    def is_echo(self) -> bool:
        """Whether it only repeats that an entry of a list, or a value it follows from, is wrong."""
        too_short = self.detail["type"] == "too_short" and len(self.detail["input"]) >= self.detail["ctx"]["min_length"]
        return too_short or self.detail["type"] == "default_factory_not_called"


def _holds(value: object, part: str | int) -> bool:
    if isinstance(value, dict):
        return part in value
    return isinstance(value, tuple) and isinstance(part, int) and part < len(value)


def _was_refused(values: Any, path: ValuePath) -> bool:
    for part in path:
        if not _holds(values, part):
            return False
        values = values[part]
    return values is REFUSED


def _finding(at: _Located, model: type[BaseModel]) -> Finding:
    name = str(at.path[-1]) if at.path else ""
    if at.detail["type"] == "missing":
        field = _fields(model, at.path[:-1]).get(name)
        return Finding(at.path, "is missing", (field.description if field else None) or "")
    if at.detail["type"] == "extra_forbidden":
        return Finding(at.path, "is not a known key", nearest(name, _fields(model, at.path[:-1])), at_key=True)
    return Finding(at.path, *sentence(at.detail))


def _fields(model: type[BaseModel], path: ValuePath) -> dict[str, FieldInfo]:
    """Return the fields that may stand in the mapping at a path, by the name a user writes."""
    models = {model}
    for part in path:
        if isinstance(part, str):
            here = [_by_name(candidate).get(part) for candidate in models]
            models = {found for field in here if field for found in _models_in(field.annotation)}
    return {name: field for candidate in models for name, field in _by_name(candidate).items()}


def _by_name(model: type[BaseModel]) -> dict[str, FieldInfo]:
    return {field.alias or name: field for name, field in model.model_fields.items()}


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models_in(argument)

"""The JSON Schema of a policy, for editors: names, kinds and patterns; not what must hold across fields."""

from __future__ import annotations

import json
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from balansfilter.policy.model import Policy


class _WithoutFieldTitles(GenerateJsonSchema):
    """A key is named by itself; a title that repeats it would only fill the editor's tooltip."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 - pydantic's signature
        """No field has a title of its own."""
        return False


def policy_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a policy, version 1."""
    made = Policy.model_json_schema(by_alias=True, mode="validation", schema_generator=_WithoutFieldTitles)
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:balansfilter:policy:1",
        "title": "balansfilter policy, version 1",
        "description": "Who answers for the calls of a brand, what its balanstests allow, and which files a run reads.",
    }
    return head | {key: value for key, value in made.items() if key not in head}


def policy_schema_text() -> str:
    """Return the JSON Schema as the text of its file."""
    return json.dumps(policy_schema(), indent=2, ensure_ascii=False) + "\n"

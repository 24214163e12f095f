"""The digest of a balanstest: what exactly was approved."""

from __future__ import annotations

import hashlib
from typing import Any

import rfc8785

from balansfilter.policy.model import Balanstest, Policy


def balanstest_digest(policy: Policy, balanstest: Balanstest) -> str:
    """Return the digest of what an approval covers, as ``sha256:`` and 64 hex digits.

    It is the SHA-256 of the RFC 8785 canonical JSON of brand, controller, sector and the balanstest without its
    approval, and without what was left out. Comments, the order of keys, quotes and the style of the YAML are no part
    of it.
    """
    content: dict[str, Any] = balanstest.model_dump(mode="json", by_alias=True, exclude_none=True, exclude={"approval"})
    approved: dict[str, Any] = {
        "brand": policy.brand,
        "controller": policy.controller,
        "sector": policy.sector,
        "balanstest": content,
    }
    return f"sha256:{hashlib.sha256(rfc8785.dumps(approved)).hexdigest()}"

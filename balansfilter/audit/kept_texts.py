"""The texts that a run went by, kept beside the ledger: the policy and the law profile, each named after its digest."""

from __future__ import annotations

import hashlib
from pathlib import Path

from balansfilter.audit.folder import BrandAudit
from balansfilter.errors import AuditError
from balansfilter.fs.private import make_private_folder
from balansfilter.fs.scratch import put
from balansfilter.policy.law import PACKAGED, Law
from balansfilter.policy.loading import LoadedPolicy


def keep_texts(audit: BrandAudit, policy: LoadedPolicy, law: Law | None = None) -> None:
    """Keep the text of a policy, and of the law profile under which it was used.

    :raises AuditError: a text cannot be written, or the law profile was changed since it was read.
    """
    _keep(audit.temporary, audit.policy(policy.sha256), policy.document.data)
    if law is not None and not audit.law(law.sha256).exists():
        _keep(audit.temporary, audit.law(law.sha256), _law_text(law))


def _law_text(law: Law) -> bytes:
    path = PACKAGED / f"{law.name}.yaml" if law.origin == "packaged" else Path(law.origin)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise AuditError(f"cannot read the law profile {path} again: {error.strerror}") from error
    if hashlib.sha256(data).hexdigest() != law.sha256:
        raise AuditError(f"the law profile {path} was changed while the run read it; run again")
    return data


def _keep(place: Path, path: Path, data: bytes) -> None:
    if path.exists():
        return
    try:
        make_private_folder(path.parent)
        put(place, path, data)
    except OSError as error:
        raise AuditError(f"cannot keep the text of what the run goes by in {path.parent}: {error.strerror}") from error

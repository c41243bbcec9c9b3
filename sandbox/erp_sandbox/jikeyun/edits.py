"""What people do to documents in the ERP while somebody reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from erp_sandbox.errors import SandboxError
from erp_sandbox.retail import facts

if TYPE_CHECKING:
    from erp_sandbox.jikeyun.erp import Erp

EDITABLE = frozenset({"kind", "id", "status", "remark", "modified"})
STATUSES = {
    "sale": ("cancelled", "audited", "shipped", "partly_paid", "shipped_abnormal", "finished"),
    "return": ("cancelled", "created", "received", "finished"),
    "purchase": ("cancelled", "created", "partly", "finished"),
    "transfer": ("cancelled", "created", "shipped", "finished"),
}
OTHER_STATUSES = ("cancelled", "created", "finished")


def edit(erp: Erp, body: dict[str, Any]) -> dict[str, Any]:
    """Change a document: ``{"kind": "transfer", "id": …, "status": …, "remark": …}``; modified is now by default.

    ``kind`` and ``id`` are those of the retailer's facts, which `show` tells; ``modified`` is in unix seconds.

    Raises:
        SandboxError: no such document, field or status.
    """
    unknown = sorted(set(body) - EDITABLE)
    if unknown:
        raise SandboxError(f"A document's {unknown[0]!r} cannot be edited; {', '.join(sorted(EDITABLE))} can.")
    kind, number, status = str(body.get("kind")), body.get("id"), body.get("status")
    if kind not in facts.KINDS or not isinstance(number, int):
        raise SandboxError(f"Say which document: kind is one of {', '.join(facts.KINDS)}, id its number.")
    if not isinstance(body.get("modified", 0), int) or not isinstance(body.get("remark", ""), str):
        raise SandboxError("modified is a number of unix seconds, remark a text.")
    allowed = STATUSES.get(kind, OTHER_STATUSES)
    if status is not None and status not in allowed:
        raise SandboxError(f"A {kind} cannot be {status!r}; it can be {', '.join(allowed)}.")
    with erp.db:
        fact = facts.touch(
            erp.db, kind, number, now=body.get("modified", erp.now()), status=status, remark=body.get("remark")
        )
    return {"kind": fact.kind, "id": fact.id, "status": fact.status, "modified": fact.modified}

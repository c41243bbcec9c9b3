"""What people do to documents in the ERP while somebody reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from erp_sandbox.errors import SandboxError
from erp_sandbox.jushuitan.query import moment
from erp_sandbox.jushuitan.streams import FORMS
from erp_sandbox.retail import facts

if TYPE_CHECKING:
    from erp_sandbox.jushuitan.erp import Erp

EDITABLE = frozenset({"stream", "number", "status", "remark", "modified"})


def edit(erp: Erp, body: dict[str, Any]) -> dict[str, Any]:
    """Change a document: ``{"stream", "number", "status", "remark", "modified"}``; modified now by default.

    Its row version grows too. The fact behind it is edited, so every vendor's document of it changes.

    Raises:
        SandboxError: no such stream, document, field, status or time.
    """
    unknown = sorted(set(body) - EDITABLE)
    if unknown:
        raise SandboxError(f"A document's {unknown[0]!r} cannot be edited; {', '.join(sorted(EDITABLE))} can.")
    forms = FORMS.get(str(body.get("stream")))
    if forms is None:
        raise SandboxError(f"There is no stream {body.get('stream')!r} of documents; there are {', '.join(FORMS)}.")
    db = erp.context.db
    for form in forms:
        found = facts.find(db, form.kind, ids=form.ids([_number(body)]))
        if found:
            break
    else:
        raise SandboxError(f"There is no document {body.get('number')!r} in {body['stream']}.")
    status = body.get("status")
    if status is not None:
        behind = [status] if status in form.states.names else form.states.behind(status)
        if not behind:
            raise SandboxError(f"{status!r} is no status of {body['stream']}.")
        status = found[0].status if found[0].status in behind else behind[0]
    with db:
        fact = facts.touch(
            db, form.kind, found[0].id, now=_modified(erp, body), status=status, remark=body.get("remark")
        )
    return {"number": form.number(fact), "status": form.states.of(fact)}


def _number(body: dict[str, Any]) -> int:
    try:
        return int(body.get("number", ""))
    except (TypeError, ValueError):
        return -1


def _modified(erp: Erp, body: dict[str, Any]) -> int:
    if "modified" not in body:
        return erp.now()
    try:
        return moment(body["modified"])
    except ValueError:
        raise SandboxError(f"modified must be a time such as 2026-01-05 09:30:51, not {body['modified']!r}.") from None

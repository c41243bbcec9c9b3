"""What people do to documents in the ERP while somebody reads them: edit, reject and audit again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from erp_sandbox.errors import SandboxError
from erp_sandbox.retail import facts
from erp_sandbox.retail.world import CANCELLED, STATUS_BY_REMAINDER
from erp_sandbox.wangdiantong import stockouts
from erp_sandbox.wangdiantong.query import moment
from erp_sandbox.wangdiantong.refusals import Refusal
from erp_sandbox.wangdiantong.tables import MODIFIED_SPREAD_SECONDS, Stockout

if TYPE_CHECKING:
    import sqlite3

    from erp_sandbox.wangdiantong.erp import Erp

STATUSES = {
    "sale": ("cancelled", "audited", "shipped", "partly_paid", "shipped_abnormal", "finished"),
    "return": ("cancelled", "created", "received", "finished"),
    "purchase": ("cancelled", "created", "partly", "finished"),
    "transfer": ("cancelled", "created", "shipped", "finished"),
    **dict.fromkeys(
        ("purchase_in", "purchase_return", "other_in", "other_out", "count"), ("cancelled", "created", "finished")
    ),
}
"""The statuses of the documents that all vendors share, by kind."""
EDITABLE = frozenset({"order_no", "status", "remark", "modified"})


def edit(erp: Erp, body: dict[str, Any]) -> dict[str, Any]:
    """Change a stock-out: ``{"order_no": …, "status": …, "remark": …, "modified": …}``; modified is now by default.

    Raises:
        SandboxError: no such document, field, status or time.
    """
    unknown = sorted(set(body) - EDITABLE)
    if unknown:
        raise SandboxError(f"A stock-out's {unknown[0]!r} cannot be edited; {', '.join(sorted(EDITABLE))} can.")
    db = erp.context.db
    row = _found(db, body)
    status = body.get("status", row.status)
    if status not in stockouts.KNOWN_STATUSES:
        raise SandboxError(f"{status!r} is no stock-out status; {sorted(stockouts.KNOWN_STATUSES)} are.")
    modified = _time(body["modified"]) if "modified" in body else erp.now()
    with db:
        db.execute(
            "UPDATE wdt_stockouts SET status = ?, remark = ?, modified = ? WHERE stockout_id = ?",
            (status, body.get("remark", row.remark), modified, row.stockout_id),
        )
    return {"stockout_id": row.stockout_id, "order_no": stockouts.order_no(row)}


def reaudit(erp: Erp, body: dict[str, Any]) -> dict[str, Any]:
    """Reject a stock-out and audit it again: it is cancelled, and a twin with a new id and number takes its place.

    The twin has the status the first one had; a cancelled document cannot be audited again.
    """
    db = erp.context.db
    row = _found(db, body)
    if row.status == CANCELLED:
        raise SandboxError(f"{body['order_no']} is cancelled already.")
    (highest,) = db.execute("SELECT max(stockout_id) FROM wdt_stockouts").fetchone()
    (reaudits,) = db.execute("SELECT max(reaudits) FROM wdt_stockouts WHERE basket_id = ?", (row.basket_id,)).fetchone()
    twin = row._replace(stockout_id=highest + 1, reaudits=reaudits + 1, modified=erp.now())
    with db:
        db.execute(
            "UPDATE wdt_stockouts SET status = ?, modified = ? WHERE stockout_id = ?",
            (CANCELLED, erp.now(), row.stockout_id),
        )
        db.execute(f"INSERT INTO wdt_stockouts VALUES ({','.join('?' * len(twin))})", twin)  # noqa: S608 - marks only
    return {"stockout_id": twin.stockout_id, "order_no": stockouts.order_no(twin)}


def edit_document(erp: Erp, body: dict[str, Any]) -> dict[str, Any]:
    """Edit a document that all vendors share: ``{"kind": "transfer", "id": …, "status": …, "remark": …}``.

    Raises:
        SandboxError: no such document, kind, field or status.
    """
    unknown = sorted(set(body) - {"kind", "id", "status", "remark"})
    kind, number, status = body.get("kind"), body.get("id"), body.get("status")
    if unknown or kind not in STATUSES or not isinstance(number, int):
        raise SandboxError(
            f'Say which document: {{"kind": one of {", ".join(STATUSES)}, "id": …, "status": …, "remark": …}}.'
        )
    if status is not None and status not in STATUSES[kind]:
        raise SandboxError(f"{status!r} is no status of a {kind}; {', '.join(STATUSES[kind])} are.")
    with erp.context.db as db:
        touch(db, kind, number, now=erp.now(), status=status, remark=body.get("remark"))
    return {"kind": kind, "id": number}


def touch(
    db: sqlite3.Connection, kind: str, number: int, *, now: int, status: str | None = None, remark: str | None = None
) -> None:
    """Edit a document that all vendors share, so that `undo` can take it back. The caller commits."""
    db.execute(
        "INSERT OR IGNORE INTO wdt_edited SELECT kind, id, status, modified, remark FROM retail_facts "
        "WHERE kind = ? AND id = ?",
        (kind, number),
    )
    facts.touch(db, kind, number, now=now, status=status, remark=remark)


def undo(erp: Erp) -> dict[str, Any]:
    """Take every edit back, as if the state had just been seeded."""
    db = erp.context.db
    with db:
        removed = db.execute("DELETE FROM wdt_stockouts WHERE reaudits > 0").rowcount
        db.create_function("seeded_status", 1, lambda stockout_id: STATUS_BY_REMAINDER[stockout_id % 100])
        db.execute(
            "UPDATE wdt_stockouts SET remark = NULL, status = seeded_status(stockout_id), "  # noqa: S608 - our constant
            f"modified = consigned + stockout_id % {MODIFIED_SPREAD_SECONDS}"
        )
        # the versions stay: a row that is as it was has been written all the same
        db.execute(
            "UPDATE retail_facts SET (status, modified, remark) = (SELECT status, modified, remark "
            "FROM wdt_edited AS was WHERE was.kind = retail_facts.kind AND was.id = retail_facts.id) "
            "WHERE (kind, id) IN (SELECT kind, id FROM wdt_edited)"
        )
        db.execute("DELETE FROM wdt_edited")
    return {"removed": removed}


def _found(db: sqlite3.Connection, body: dict[str, Any]) -> Stockout:
    order_no = body.get("order_no", "")
    found = stockouts.NUMBER_PATTERNS["stockout_no"].fullmatch(str(order_no))
    key = (int(found[1]), int(found[2] or 0)) if found else (-1, 0)
    values = db.execute("SELECT * FROM wdt_stockouts WHERE basket_id = ? AND reaudits = ?", key).fetchone()
    if values is None:
        raise SandboxError(f"There is no stock-out {order_no!r}.")
    return Stockout._make(values)


def _time(text: Any) -> int:
    try:
        return moment("modified", text)
    except Refusal:
        raise SandboxError(f"modified must be a time such as 2026-01-05 09:30:51, not {text!r}.") from None

"""What reconciling says: a table for people, or JSON lines for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from target_kingdee.reconciliation import COUNTERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from target_kingdee.reconciliation import Account, Difference, Sums

_HEADING = ("number", "difference", "ledger", "Kingdee")
_WIDTHS = (28, 10, 26, 26)
_TOLD = {
    "delivered": "delivered",
    "saved_not_audited": "saved, not audited",
    "parked": "parked: base data is missing",
    "dead_letters": "dead letters",
    "deleted_in_kingdee": "deleted in Kingdee by a person",
    "discarded": "discarded by a person",
    "left_alone_existing": "left alone: somebody else's",
    "unconfirmed": "unconfirmed: the next run looks",
}


def table(differences: Iterable[Difference]) -> Iterator[str]:
    """Yield a heading and a line for each difference; nothing when there is none."""
    is_first = True
    for one in differences:
        if is_first:
            yield _line(_HEADING)
            is_first = False
        yield _line((one.number, one.kind, one.ledger or "-", one.kingdee or "-"))
    if not is_first:
        yield ""


def closing(account: Account) -> Iterator[str]:
    """Yield what the documents add up to, and the verdict."""
    yield _sums(("", "documents", "lines", "quantity", "amount"))
    for name, sums in (("ledger", account.ledger), ("Kingdee", account.kingdee)):
        yield _sums((name, str(sums.documents), str(sums.lines), f"{sums.quantity:f}", f"{sums.amount:f}"))
    yield ""
    yield "documents of the ledger in these days:"
    for status, name in COUNTERS.items():
        yield f"  {account.by_status[status]:>8}  {_TOLD[name]}"
    yield f"  {account.undated_letters:>8}  open dead letters of the form without a document, of any day"
    for what, count in sorted(account.not_compared.items()):
        yield f"  {count:>8}  not compared by {what}: {_why(what)}"
    count = account.differences.total()
    kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(account.differences.items()))
    yield f"{count} differences: {kinds}." if count else "no difference."


def as_objects(differences: Iterable[Difference]) -> Iterator[dict[str, Any]]:
    """Yield one object for each difference."""
    for one in differences:
        yield {"number": one.number, "difference": one.kind, "ledger": one.ledger, "kingdee": one.kingdee}


def summary(account: Account) -> dict[str, Any]:
    """Return the sums as the last object."""
    return {
        "summary": {
            "differences": account.differences.total(),
            "differences_by_kind": dict(sorted(account.differences.items())),
            "ledger": _told(account.ledger),
            "kingdee": _told(account.kingdee),
            "documents_by_status": {name: account.by_status[status] for status, name in COUNTERS.items()},
            "dead_letters_without_document": account.undated_letters,
            "not_compared": dict(sorted(account.not_compared.items())),
        }
    }


def _why(what: str) -> str:
    if what == "content":
        return "Kingdee holds an earlier content"
    return "the model or the form does not tell it"


def _told(sums: Sums) -> dict[str, Any]:
    quantity, amount = f"{sums.quantity:f}", f"{sums.amount:f}"
    return {"documents": sums.documents, "lines": sums.lines, "quantity": quantity, "amount": amount}


def _line(cells: tuple[str, ...]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, _WIDTHS, strict=True)).rstrip()


def _sums(cells: tuple[str, ...]) -> str:
    return f"{cells[0]:<8}" + "".join(f"{cell:>16}" for cell in cells[1:])

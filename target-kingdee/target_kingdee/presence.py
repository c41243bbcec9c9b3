"""Whether base data can be referred to: there, audited, and not forbidden (vendor contract 5.4, 8.19, 8.29)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from target_kingdee.api.answers import Answer
from target_kingdee.api.galaxy import STATUS_FIELD
from target_kingdee.case import AUDITED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from target_kingdee.api.answers import Failure
    from target_kingdee.api.galaxy import Galaxy
    from target_kingdee.forms import FormKeys

FORBID_FIELD = "FForbidStatus"
NO_SUCH_FIELD = 9
ROWS_A_PAGE = 2000


@dataclass(slots=True)
class Presence:
    """One number as Kingdee holds it, over all organisations that use it: each has a row of its own.

    Attributes:
        status: FDocumentStatus of the best of the rows.
        is_usable: One of them is audited and not forbidden.
        is_forbidden: All of them are forbidden 禁用.
    """

    status: str
    is_usable: bool
    is_forbidden: bool


def find_base_data(galaxy: Galaxy, keys: FormKeys, numbers: Sequence[str]) -> dict[str, Presence] | Answer | Failure:
    """Find base data by number; what is not there is not in the answer."""
    rows = find_rows(galaxy, keys, numbers, [keys.number, STATUS_FIELD, FORBID_FIELD])
    if isinstance(rows, Answer) and rows.msg_code == NO_SUCH_FIELD:  # a form that knows no 禁用
        rows = find_rows(galaxy, keys, numbers, [keys.number, STATUS_FIELD])
    if not isinstance(rows, list):
        return rows
    found: dict[str, Presence] = {}
    for number, status, *forbid in rows:
        is_forbidden = forbid == ["B"]
        text = str(status or "").strip()
        is_usable = text == AUDITED and not is_forbidden
        known = found.setdefault(str(number).strip(), Presence(text, is_usable, is_forbidden))
        known.is_usable |= is_usable
        known.is_forbidden &= is_forbidden
        if is_usable:
            known.status = text
    return found


def find_rows(
    galaxy: Galaxy, keys: FormKeys, numbers: Sequence[str], fields: Sequence[str], narrowed: str = ""
) -> list[list[Any]] | Answer | Failure:
    """Return these fields of the rows with these numbers, page by page; ``narrowed`` goes behind the filter."""
    quoted = ",".join("'" + number.replace("'", "''") + "'" for number in numbers)
    found: list[list[Any]] = []
    while True:
        rows = galaxy.rows(
            keys.form,
            fields,
            filter_string=f"{keys.number} in ({quoted}){narrowed}",
            order=f"{keys.primary_key} ASC",
            start=len(found),
            limit=ROWS_A_PAGE,
        )
        if not isinstance(rows, list):
            return rows
        found += rows
        if len(rows) < ROWS_A_PAGE:
            return found

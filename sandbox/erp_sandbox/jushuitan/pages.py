"""From ``biz`` to a page of rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from erp_sandbox.jushuitan.refusals import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from erp_sandbox.jushuitan.erp import Erp
    from erp_sandbox.jushuitan.query import Endpoint

NUMBER_PARAMETERS = frozenset(
    {"io_ids", "o_ids", "so_ids", "as_ids", "po_ids", "sku_ids", "i_ids", "shop_ids", "drp_co_ids", "supplier_ids"}
)


def read_biz(text: str) -> dict[str, Any]:
    """Read ``biz``.

    Raises:
        Refusal: it is no JSON object.
    """
    try:
        found = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError):
        raise Refusal("biz_wrong") from None
    if not isinstance(found, dict):
        raise Refusal("biz_wrong")
    return found


def document_numbers(text: str) -> Iterator[str]:
    """Yield the numbers that a call's ``biz`` asks for, for the fault plan; none of what is no JSON object."""
    try:
        found = read_biz(text or "{}")
    except Refusal:
        return
    for name in NUMBER_PARAMETERS.intersection(found):
        value = found[name]
        for item in value if isinstance(value, list) else str(value).split(","):
            yield str(item).strip()


def page(erp: Erp, endpoint: Endpoint, biz: dict[str, Any]) -> dict[str, Any]:
    """Return one page, and with the switch ``live_edits`` let other people edit rows right after it.

    Raises:
        Refusal: a parameter is missing or wrong.
    """
    settings = erp.settings
    query = endpoint.query(biz, settings)
    listing = endpoint.listing(erp, query)
    rows = listing.rows(query.page * query.size, query.size + 1)
    has_next = len(rows) > query.size
    rows = rows[: query.size]
    total = listing.count() if query.counted and not {"data_count", "total"}.isdisjoint(endpoint.envelope) else 0
    known = {
        "page_index": query.page + 1,
        "page_size": query.size,
        "data_count": total,
        "page_count": -(-total // query.size),
        "has_next": has_next,
        "total": total,
    }
    data: dict[str, Any] = {name: known[name] for name in endpoint.envelope}
    data[endpoint.list_key] = rows if rows or settings.empty_list == "list" else None
    if settings.live_edits and has_next:
        listing.edit(settings.live_edits, erp.now())
    return data

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator

NUMBER_PARAMETERS = frozenset(
    {"io_ids", "o_ids", "so_ids", "as_ids", "po_ids", "sku_ids", "i_ids", "shop_ids", "drp_co_ids", "supplier_ids"}
)


def document_numbers(biz: str) -> Iterator[str]:
    """Yield the numbers that a call's ``biz`` asks for, for the fault plan; none of what is no JSON object."""
    try:
        found: Any = msgspec.json.decode(biz or "{}")
    except (msgspec.DecodeError, UnicodeEncodeError):
        return
    if not isinstance(found, dict):
        return
    for name in NUMBER_PARAMETERS.intersection(found):
        value = found[name]
        for item in value if isinstance(value, list) else str(value).split(","):
            yield str(item).strip()

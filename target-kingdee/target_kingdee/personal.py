"""Personal fields: names, phones and addresses are masked wherever records are listed."""

from __future__ import annotations

import re
from typing import Any

# Keys as the vendors write them: receiver_mobile, buyer_nick, FLinkPhone, FReceiveAddress, telno, id_card …
_PERSONAL = re.compile(
    r"nick|receiver|consignee|buyer|mobile|phone|telno|(^|_)f?tel$|address|addr$|link_?man|contact|id_?card|e_?mail|zip",
    re.IGNORECASE,
)
MASK = "***"


def masked(value: Any) -> Any:
    """Return a copy in which every personal field shows no more than its first character."""
    if isinstance(value, dict):
        return {key: _hide(item) if _PERSONAL.search(key) else masked(item) for key, item in value.items()}
    if isinstance(value, list):
        return [masked(item) for item in value]
    return value


def _hide(value: Any) -> Any:
    if value is None or value == "":
        return value
    if isinstance(value, dict | list):
        return MASK
    return f"{str(value)[0]}{MASK}"

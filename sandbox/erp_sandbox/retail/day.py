"""One trading day: what was sold on it, its documents' numbers, and a document as a row of the table."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, TypedDict

from erp_sandbox.retail import facts, words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from typing_extensions import Unpack

    from erp_sandbox.retail.facts import Item
    from erp_sandbox.retail.world import Line

WAREHOUSES = len(words.WAREHOUSES)
FIRST_ID = 1_000_000
IDS_A_DAY = 1_000
LINES_A_DOCUMENT = 20

Row = tuple[Any, ...]


class Links(TypedDict, total=False):
    """What a kind may have beside what all have; see `facts.Fact`."""

    to_warehouse: int
    store: int
    household: int
    supplier: int
    reference: int
    basket: int


class Day:
    """What was sold on one day: units and cents by warehouse and product."""

    def __init__(self, index: int, midnight: int) -> None:
        self.index = index
        self.midnight = midnight
        self.sold: dict[int, dict[int, list[int]]] = {at: {} for at in range(1, WAREHOUSES + 1)}
        self.given: dict[str, int] = defaultdict(int)

    def add(self, warehouse: int, line: Line) -> None:
        """Count a line that was shipped."""
        units = self.sold[warehouse].setdefault(line.product_id, [0, 0])
        units[0] += line.quantity
        units[1] += line.amount

    def next_id(self, kind: str) -> int:
        """Number the day's documents of a kind from 1 on."""
        self.given[kind] += 1
        return FIRST_ID + self.index * IDS_A_DAY + self.given[kind]


def documents(sold: dict[int, list[int]], modulus: int, remainder: int) -> Iterator[list[tuple[int, int]]]:
    """Cut the products with a remainder into documents of at most twenty lines: (product, units sold)."""
    chosen = [(product, units[0]) for product, units in sorted(sold.items()) if product % modulus == remainder]
    chosen = [(product, units) for product, units in chosen if 0 < units < 1_000]  # noqa: PLR2004 - fuel is sold by the millilitre
    for start in range(0, len(chosen), LINES_A_DOCUMENT):
        yield chosen[start : start + LINES_A_DOCUMENT]


def row(
    kind: str,
    number: int,
    status: str,
    *,
    warehouse: int,
    happened: int,
    items: list[Item],
    created: int,
    modified: int,
    remark: str = "",
    **links: Unpack[Links],
) -> Row:
    """Return a document as its columns, without the version."""
    return (
        kind,
        number,
        status,
        warehouse,
        links.get("to_warehouse", 0),
        links.get("store", 0),
        links.get("household", 0),
        links.get("supplier", 0),
        links.get("reference", 0),
        links.get("basket", 0),
        happened,
        created,
        modified,
        remark,
        facts.encode_items(items),
        len(items),
        sum(item.quantity for item in items),
        sum(item.amount for item in items),
    )

"""Hold both sides' truth against each other: what the source shipped, what Kingdee holds, what was dead-lettered.

Every shipped source document must be in Kingdee exactly once, audited, with the same lines, quantity and amount, or in
the dead letters, and nothing else may be in Kingdee. The amount of a line is ``goods_count * sell_price`` on the source
side and Kingdee's own FAllAmount on the other, both rounded half up to the cent.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

SHIPPED = frozenset({"95", "105", "110", "113"})
CENT = Decimal("0.01")
AUDITED = "C"


@dataclass
class Totals:
    """Sums over documents; quantity in units, amount in yuan."""

    documents: int = 0
    lines: int = 0
    quantity: Decimal = Decimal(0)
    amount: Decimal = Decimal("0.00")

    def __add__(self, other: Totals) -> Totals:
        return Totals(
            self.documents + other.documents,
            self.lines + other.lines,
            self.quantity + other.quantity,
            self.amount + other.amount,
        )

    def __sub__(self, other: Totals) -> Totals:
        return self + Totals(-other.documents, -other.lines, -other.quantity, -other.amount)

    @property
    def is_zero(self) -> bool:
        """Whether nothing at all is left."""
        return self == Totals()


@dataclass
class Reconciliation:
    """The outcome; ``problems`` names each document that is not where it belongs."""

    source: Totals = field(default_factory=Totals)
    not_shipped: Totals = field(default_factory=Totals)
    delivered: Totals = field(default_factory=Totals)
    dead_lettered: dict[str, Totals] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    @property
    def difference(self) -> Totals:
        """Source less delivered less dead-lettered."""
        return self.source - self.delivered - sum(self.dead_lettered.values(), Totals())

    @property
    def is_exact(self) -> bool:
        """Whether every document is accounted for, to the cent."""
        return self.difference.is_zero and not self.problems


def source_totals(document: Mapping[str, Any]) -> Totals:
    """Sum one 旺店通 stock-out as the sandbox shows it."""
    lines = document["details"]
    quantity = sum((Decimal(line["goods_count"]) for line in lines), Decimal(0))
    amount = sum((cents(Decimal(line["goods_count"]) * Decimal(line["sell_price"])) for line in lines), Decimal("0.00"))
    return Totals(1, len(lines), quantity, amount)


def kingdee_totals(document: Mapping[str, Any]) -> Totals:
    """Sum one SAL_OUTSTOCK as Kingdee holds it."""
    lines = document["FEntity"]
    quantity = sum((Decimal(str(line["FRealQty"])) for line in lines), Decimal(0))
    amount = sum((cents(Decimal(str(line["FAllAmount"]))) for line in lines), Decimal("0.00"))
    return Totals(1, len(lines), quantity, amount)


@dataclass(frozen=True)
class Expected:
    """A document that must arrive: its number in Kingdee, how a dead letter names it, its sums."""

    number: str
    key: str
    totals: Totals


@dataclass(frozen=True)
class Held:
    """A document that Kingdee holds."""

    number: str
    status: str
    totals: Totals


def match(
    result: Reconciliation, expected: Iterable[Expected], held: Iterable[Held], dead_letters: Mapping[str, str]
) -> Reconciliation:
    """Find each expected document in Kingdee, once, audited and with the same sums, or in the dead letters.

    Args:
        result: What is known already; filled and returned.
        expected: What the mapping sends.
        held: What Kingdee holds of it.
        dead_letters: The reason by `Expected.key`.
    """
    found: dict[str, Held] = {}
    seen: Counter[str] = Counter()
    for one in held:
        seen[one.number] += 1
        found[one.number] = one
    result.problems += [f"{number} is in Kingdee {count} times" for number, count in seen.items() if count > 1]
    for document in expected:
        result.source += document.totals
        _place(result, document, found.pop(document.number, None), dead_letters.get(document.key))
    result.problems += [f"{number} is in Kingdee and not among the documents to be sent" for number in found]
    return result


def reconcile(
    source: Iterable[Mapping[str, Any]], kingdee: Iterable[Mapping[str, Any]], dead_letters: Mapping[str, str]
) -> Reconciliation:
    """Compare the two sides of the main job document by document.

    Args:
        source: Stock-outs as ``erp-sandbox show wangdiantong sales_stockouts`` gives them.
        kingdee: Documents as ``erp-sandbox show kingdee SAL_OUTSTOCK`` gives them.
        dead_letters: The reason by ``stockout_id`` (text).
    """
    result = Reconciliation()

    def shipped() -> Iterator[Expected]:
        for document in source:
            totals = source_totals(document)
            if str(document["status"]) in SHIPPED:
                yield Expected(str(document["order_no"]), str(document["stockout_id"]), totals)
            else:
                result.not_shipped += totals

    held = (Held(str(each["FBillNo"]), str(each["FDocumentStatus"]), kingdee_totals(each)) for each in kingdee)
    return match(result, shipped(), held, dead_letters)


def _place(result: Reconciliation, document: Expected, held: Held | None, reason: str | None) -> None:
    number = document.number
    if held is None:
        if reason is None:
            result.problems.append(f"{number} is lost: neither in Kingdee nor in the dead letters")
        else:
            result.dead_lettered[reason] = result.dead_lettered.get(reason, Totals()) + document.totals
        return
    if reason is not None:
        result.problems.append(f"{number} is in Kingdee and in the dead letters ({reason})")
    if held.status != AUDITED:
        result.problems.append(f"{number} is in Kingdee in status {held.status}, not audited")
        return
    result.delivered += held.totals
    if held.totals != document.totals:
        result.problems.append(f"{number} differs: {document.totals} in the source, {held.totals} in Kingdee")


def cents(amount: Decimal) -> Decimal:
    """Round half up to the cent."""
    return amount.quantize(CENT, ROUND_HALF_UP)

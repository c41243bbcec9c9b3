"""Which documents a call sees: a window over one or more kinds of facts, page by page."""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from dataclasses import dataclass, field
from heapq import merge
from typing import TYPE_CHECKING, Any, NamedTuple

from erp_sandbox.retail import facts

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Collection, Iterator

    from erp_sandbox.jikeyun.asking import Page, Window
    from erp_sandbox.jikeyun.erp import Erp
    from erp_sandbox.retail.facts import Fact, Item, ProductRow

KEPT = 4
"""So many results are remembered, so that a later page does not look through all of it again."""

Key = tuple[int, int, int, int]
"""Time, place of the part, id, place of the line."""


class Part(NamedTuple):
    """Documents of one kind.

    Attributes:
        holds: what no index can tell; None: all.
        items: the lines that a call sees of a document; None: all.
        ids: the ranges of the documents' and of the lines' ids.
        type: the vendor's type of the document (inouttype 出入库类型), where there is one.
    """

    kind: str
    statuses: Collection[str] | None = None
    holds: Callable[[Fact], bool] | None = None
    items: Callable[[Fact], list[Item]] | None = None
    ids: tuple[int, int] = (0, 0)
    type: int = 0

    def lines(self, fact: Fact) -> Collection[Item]:
        """Return the lines that a call sees."""
        return fact.items if self.items is None else self.items(fact)


@dataclass(frozen=True)
class Selection:
    """What a call sees, ordered by a time and id.

    Attributes:
        key: a text that is the same for the same selection.
        by: created, modified or happened.
        window: None: of all times.
        narrowed: ``ids``, ``stores``, ``warehouses``, ``baskets``, ``references`` of `facts.find`.
    """

    key: str
    parts: tuple[Part, ...]
    by: str = "modified"
    window: Window | None = None
    narrowed: dict[str, Any] = field(default_factory=dict)

    @property
    def bounds(self) -> dict[str, Any]:
        """What every part's reading has."""
        start, end = self.window or (None, None)
        return {"by": self.by, "start": start, "end": end, **self.narrowed}


_results: OrderedDict[tuple[Any, ...], list[Key]] = OrderedDict()


def rows(erp: Erp, selection: Selection, page: Page) -> list[tuple[Part, Fact]]:
    """Return a page of documents; the switch ``live_edits`` has the first of the window edited after it."""
    (part, *others) = selection.parts
    if others or part.holds is not None:
        found = _read(erp.db, selection, _keys(erp.db, selection, by_line=False)[page.offset : page.offset + page.size])
    else:
        listed = facts.find(
            erp.db, part.kind, statuses=part.statuses, limit=page.size, offset=page.offset, **selection.bounds
        )
        found = [(part, fact) for fact in listed]
    edit_first(erp, selection)
    return found


def lines(erp: Erp, selection: Selection, page: Page) -> list[tuple[Part, Fact, int]]:
    """Return a page of lines: the document, and the line's place in it."""
    keys = _keys(erp.db, selection, by_line=True)[page.offset : page.offset + page.size]
    read = {(part.kind, fact.id): (part, fact) for part, fact in _read(erp.db, selection, keys)}
    found = []
    for _time, place, number, line in keys:
        part, fact = read[selection.parts[place].kind, number]
        found.append((part, fact, line))
    edit_first(erp, selection)
    return found


def count(erp: Erp, selection: Selection, *, by_line: bool = False) -> int:
    """Count the documents, or their lines."""
    (part, *others) = selection.parts
    if others or part.holds is not None or by_line:
        return len(_keys(erp.db, selection, by_line=by_line))
    return facts.count(erp.db, part.kind, statuses=part.statuses, **selection.bounds)


def each(db: sqlite3.Connection, selection: Selection) -> Iterator[tuple[int, int, Fact]]:
    """Yield time, place of the part, and document, in their order."""

    def of(place: int, part: Part) -> Iterator[tuple[int, int, Fact]]:
        for fact in facts.each(db, part.kind, statuses=part.statuses, **selection.bounds):
            if part.holds is None or part.holds(fact):
                yield getattr(fact, selection.by), place, fact

    streams = [of(place, part) for place, part in enumerate(selection.parts)]
    return merge(*streams, key=lambda found: (found[0], found[1], found[2].id))


def edit_first(erp: Erp, selection: Selection) -> None:
    """Edit as many documents of the window as the switch ``live_edits`` says (contract 10.11)."""
    wanted = erp.settings.live_edits
    if not wanted:
        return
    first = [fact for _, (_, _, fact) in zip(range(wanted), each(erp.db, selection))]  # noqa: B905 - the shorter counts
    with erp.db:
        for fact in first:
            facts.touch(erp.db, fact.kind, fact.id, now=erp.now())


def products_of(db: sqlite3.Connection, found: Collection[Fact]) -> dict[int, ProductRow]:
    """Return the products that stand on documents."""
    numbers = {item.product_id for fact in found for item in fact.items}
    return {row.product_id: row for row in facts.products(db, ids=sorted(numbers))}


def _keys(db: sqlite3.Connection, selection: Selection, *, by_line: bool) -> list[Key]:
    """Return the places of everything selected, remembered until a document changes."""
    name = (id(db), selection.key, by_line, _state(db, selection))
    known = _results.get(name)
    if known is None:
        known = [
            (time, place, fact.id, line)
            for time, place, fact in each(db, selection)
            for line in (range(len(selection.parts[place].lines(fact))) if by_line else (0,))
        ]
        _results[name] = known
        while len(_results) > KEPT:
            _results.popitem(last=False)
    return known


def _state(db: sqlite3.Connection, selection: Selection) -> tuple[tuple[int, int, int], ...]:
    """Return what changes with every document of the kinds."""
    newest = (
        facts.find(db, kind, by="version", descending=True, limit=1) for kind in {part.kind for part in selection.parts}
    )
    return tuple(sorted((fact.version, fact.id, fact.modified) for found in newest for fact in found))


def _read(db: sqlite3.Connection, selection: Selection, keys: list[Key]) -> list[tuple[Part, Fact]]:
    """Read the documents of some places, each once, in their order."""
    wanted: dict[int, set[int]] = defaultdict(set)
    for _time, place, number, _line in keys:
        wanted[place].add(number)
    read = {
        (place, fact.id): fact
        for place, numbers in wanted.items()
        for fact in facts.find(db, selection.parts[place].kind, ids=sorted(numbers))
    }
    order = dict.fromkeys((place, number) for _time, place, number, _line in keys)
    return [(selection.parts[place], read[place, number]) for place, number in order]

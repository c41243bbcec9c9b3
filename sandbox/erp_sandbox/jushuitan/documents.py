"""The retailer's documents as Jushuitan's: which states they have here, and which of them a call selects."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

from erp_sandbox.jushuitan.figures import FIRST_LINE, FIRST_TS
from erp_sandbox.retail import facts

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Collection, Iterator, Sequence

    from erp_sandbox.jushuitan.erp import Erp
    from erp_sandbox.jushuitan.query import Query, Row
    from erp_sandbox.retail.facts import Fact

    Keep = Callable[[Fact], bool]
    Render = Callable[[Erp, Sequence[Fact]], list[Row]]


class States:
    """The states of a kind of document, and the vendor's words for each; several words are dealt out by number."""

    def __init__(self, words: dict[str, tuple[str, ...]]) -> None:
        self._words = words
        self.names = frozenset(words)

    def of(self, fact: Fact) -> str:
        """Return the vendor's word for a document's state."""
        words = self._words[fact.status]
        return words[0] if len(words) == 1 else words[_spread(fact.id) % len(words)]

    def behind(self, word: str) -> list[str]:
        """Return the states that the vendor may call so."""
        return [status for status, words in self._words.items() if word in words]

    def narrowed(self, wanted: Collection[str]) -> tuple[list[str], Keep | None]:
        """Return the states that may have one of the words, and what sorts out those that have another."""
        behind = [status for status, words in self._words.items() if not set(words).isdisjoint(wanted)]
        exact = all(set(self._words[status]) <= set(wanted) for status in behind)
        return behind, None if exact else (lambda fact: self.of(fact) in wanted)


def _spread(number: int) -> int:
    """Mix the digits of a fact's number above those that decide on its state (one, two, or the last 200)."""
    return number // 10 + number // 100 + number // 200


@dataclass(frozen=True)
class Form:
    """One kind of the vendor's documents: whose facts they are, how they are numbered, named and written.

    A number is ``first_number`` + ``step`` * the fact's, a line's is ``first_line`` + the item's. ``dated`` are the
    states in which ``happened`` has been: only they are found by it.
    """

    kind: str
    first_number: int
    states: States
    dated: frozenset[str]
    render: Render
    step: int = 1
    first_line: int = FIRST_LINE

    def number(self, fact: Fact) -> int:
        """Return the document's number."""
        return self.first_number + self.step * fact.id

    def ids(self, numbers: Collection[int]) -> list[int]:
        """Return the facts that have these numbers."""
        found = ((number - self.first_number) / self.step for number in numbers)
        return [int(number) for number in found if number == int(number)]

    def is_dated(self, fact: Fact) -> bool:
        """Whether it has happened."""
        return fact.status in self.dated


@dataclass
class Documents:
    """The documents that a call selects, of one form or of several in one order; each row has ``added`` too."""

    erp: Erp
    query: Query
    forms: Sequence[Form]
    numbers: Collection[int] | None = None
    statuses: Collection[str] | None = None
    narrowed: dict[str, Collection[Any] | None] = field(default_factory=dict)
    keep: Keep | None = None
    added: Row = field(default_factory=dict)

    def count(self) -> int:
        """Count them all."""
        total = 0
        for form in self.forms:
            bounds, keep = self._bounds(form)
            if keep is None:
                total += facts.count(self._db, form.kind, **bounds)
            else:
                total += sum(1 for fact in facts.each(self._db, form.kind, **bounds) if keep(fact))
        return total

    def rows(self, offset: int, limit: int) -> list[Row]:
        """Return so many of them, written."""
        chosen = self._chosen(offset, limit)
        written = [
            iter(form.render(self.erp, [fact for at, fact in chosen if at == place]))
            for place, form in enumerate(self.forms)
        ]
        return [next(written[place]) | self.added for place, _ in chosen]

    def edit(self, number: int, now: int) -> None:
        """Let other people edit the first so many."""
        with self._db:
            for place, fact in self._chosen(0, number):
                facts.touch(self._db, self.forms[place].kind, fact.id, now=now)

    @property
    def _db(self) -> sqlite3.Connection:
        return self.erp.context.db

    def _chosen(self, offset: int, limit: int) -> list[tuple[int, Fact]]:
        """Return facts with the place of their form."""
        if len(self.forms) == 1:
            bounds, keep = self._bounds(self.forms[0])
            if keep is None:
                return [
                    (0, fact) for fact in facts.find(self._db, self.forms[0].kind, limit=limit, offset=offset, **bounds)
                ]
        by = "version" if self.query.cursor is not None else self.query.by
        merged = heapq.merge(
            *(self._each(place, form) for place, form in enumerate(self.forms)),
            key=lambda found: (getattr(found[1], by), found[1].id, found[0]),
        )
        return list(islice(merged, offset, offset + limit))

    def _each(self, place: int, form: Form) -> Iterator[tuple[int, Fact]]:
        bounds, keep = self._bounds(form)
        for fact in facts.each(self._db, form.kind, **bounds):
            if keep is None or keep(fact):
                yield place, fact

    def _bounds(self, form: Form) -> tuple[dict[str, Any], Keep | None]:
        """Return what `facts` can select by, and what must be looked at one by one."""
        query = self.query
        keeps = [] if self.keep is None else [self.keep]
        bounds: dict[str, Any] = {"by": query.by, "start": query.start, "end": query.end, **self.narrowed}
        if query.cursor is not None:
            bounds |= {"by": "version", "start": query.cursor - FIRST_TS, "end": None}
        if self.numbers is not None:
            bounds["ids"] = form.ids(self.numbers)
        if self.statuses is not None:
            bounds["statuses"], keep = form.states.narrowed(self.statuses)
            keeps += [] if keep is None else [keep]
        if bounds["by"] == "happened":
            known = bounds.get("statuses")
            bounds["statuses"] = sorted(form.dated if known is None else form.dated.intersection(known))
        return bounds, (lambda fact: all(keep(fact) for keep in keeps)) if keeps else None

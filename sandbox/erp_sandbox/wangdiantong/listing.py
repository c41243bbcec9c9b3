"""Lists of documents told from facts: which facts a call selects, in which order, and the page of them it gets."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from erp_sandbox.retail import facts
from erp_sandbox.wangdiantong import documents, edits, goods, sight
from erp_sandbox.wangdiantong.query import moment
from erp_sandbox.wangdiantong.refusals import Refusal
from erp_sandbox.wangdiantong.shapes import shape

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Collection, Iterator, Mapping

    from erp_sandbox.retail.facts import Fact
    from erp_sandbox.wangdiantong.documents import Scene, Values
    from erp_sandbox.wangdiantong.fields import Style
    from erp_sandbox.wangdiantong.query import Query

LISTS_REMEMBERED = 4


class Time(NamedTuple):
    """What a window is about.

    ``by`` is the fact's column, ``later`` how many seconds after it the document's own time is. Only documents with
    one of the ``statuses`` (of facts) have that time; None: all have.
    """

    by: str
    later: int = 0
    statuses: Collection[str] | None = None


MODIFIED = Time("modified")
CREATED = Time("created")


def happened(*statuses: str, later: int = 0) -> Time:
    """Declare the time at which goods moved, which documents of these statuses have."""
    return Time("happened", later, statuses or None)


class Number(NamedTuple):
    """A parameter that holds a document number: a prefix, then the fact's id, reference or basket."""

    prefix: str
    narrows: str = "ids"


@dataclass(frozen=True)
class Source:
    """Facts of one kind, and how they are told.

    Attributes:
        kind: the facts' kind.
        values: tells a fact as rows: one document, or its lines.
        statuses: the code of each of the fact's statuses; with another status a fact is no document here.
        keep: whether a fact makes a document here.
        order_type: what it is among documents of all types.
        shops: whether it is a shop's: its platform and ``shop_no`` matter.
        later: seconds after ``happened`` at which it happens here.
        receiving: whether it lies in the receiving warehouse.
        numbers: parameters that hold its numbers, where they differ from those of the list's other sources.
    """

    kind: str
    values: Callable[[Scene, Fact], list[Values]]
    statuses: Mapping[str, int]
    keep: Callable[[Fact], Any] | None = None
    order_type: int = 0
    shops: bool = False
    later: int = 0
    receiving: bool = False
    numbers: Mapping[str, Number] = field(default_factory=dict)


class Row(NamedTuple):
    """A row of a list that is merged or filtered here: which of the rows that a source tells of a fact."""

    source: Source
    id: int
    at: int


NOT_HERE = Number("\0")
"""Of a parameter whose numbers no document has: outer numbers, since nothing here comes from outside."""


class Part(NamedTuple):
    """What a source gives to a list: the arguments of `facts.find`, and what every fact has to meet beside them."""

    source: Source
    narrowed: dict[str, Any]
    meets: list[Callable[[Fact], Any]]


@dataclass(frozen=True)
class FactRows:
    """The rows of one list.

    Attributes:
        section: its shape.
        sources: one kind of facts, or several that are merged.
        times: what a window is about, by the range's name or by ``time_type``; the first is the default.
        numbers: parameters that hold document numbers.
        default: the statuses of a call without ``status`` (codes); None: all but the hidden.
        hidden: the codes of what is cancelled, which is not shown to who does not ask.
        known: the codes that ``status`` may have, where others are refused; None: others find nothing.
        every: the code that means any status, where there is one.
        flat: whether a fact makes several rows, or none.
        equal: parameters that compare with a value of the row.
        warehouses: parameters that name a warehouse, and where the fact has it.
        newest_first: the ``order_type`` that turns the order round.
        by_type: whether ``order_type`` chooses among the sources.
        without_taobao: whether even the gateway leaves Taobao shops out.
    """

    section: str
    sources: tuple[Source, ...]
    times: Mapping[Any, Time] = field(default_factory=lambda: {"": MODIFIED})
    numbers: Mapping[str, Number] = field(default_factory=dict)
    default: Collection[int] | None = None
    hidden: Collection[int] = ()
    known: Collection[int] | None = None
    every: int | None = None
    flat: bool = False
    equal: Mapping[str, str] = field(default_factory=dict)
    warehouses: Mapping[str, str] = field(default_factory=lambda: {"warehouse_no": "warehouse"})
    newest_first: int | None = None
    by_type: bool = False
    without_taobao: bool = False

    def count(self, query: Query, db: sqlite3.Connection) -> int:
        """Count the rows of the whole list."""
        part = self._single(parts := self._parts(query, db))
        return (
            len(self._merged(parts, query, db)) if part is None else facts.count(db, part.source.kind, **part.narrowed)
        )

    def page(self, query: Query, db: sqlite3.Connection, style: Style) -> str:
        """Return the rows of a page as JSON texts joined by commas."""
        scene = documents.scene(db, details=query.values.get("detail_mask") == 1, product=asked_product(query))
        write = shape(style, self.section).write
        start = query.page * query.page_size
        part = self._single(parts := self._parts(query, db))
        if part is None:
            rows = self._merged(parts, query, db)[start : start + query.page_size]
            return ",".join(map(write, _told(rows, scene)))
        found = self._find(part, query, db, limit=query.page_size, offset=start)
        return ",".join(write(part.source.values(scene, fact)[0]) for fact in found)

    def edit(self, query: Query, db: sqlite3.Connection, count: int, now: int) -> None:
        """Let other people edit the first documents of the list."""
        part = self._single(parts := self._parts(query, db))
        if part is None:
            rows = self._merged(parts, query, db)
            edited = list(dict.fromkeys((row.source.kind, row.id) for row in rows))[:count]
        else:
            edited = [(fact.kind, fact.id) for fact in self._find(part, query, db, limit=count)]
        with db:
            for kind, number in edited:
                edits.touch(db, kind, number, now=now)

    def _single(self, parts: list[Part]) -> Part | None:
        """Return the only part where the database can count and cut for us."""
        return parts[0] if len(parts) == 1 and not parts[0].meets and not self.flat else None

    def _find(
        self, part: Part, query: Query, db: sqlite3.Connection, *, limit: int | None = None, offset: int = 0
    ) -> list[Fact]:
        return facts.find(
            db, part.source.kind, limit=limit, offset=offset, descending=self._descending(query), **part.narrowed
        )

    def _descending(self, query: Query) -> bool:
        return self.newest_first is not None and query.values.get("order_type") == self.newest_first

    def _merged(self, parts: list[Part], query: Query, db: sqlite3.Connection) -> list[Row]:
        """Return all rows in order; kept as long as nothing is written, since each page of a list asks for them."""
        key = (id(self), id(db), db.total_changes, repr(query.values), query.window, query.range, query.through_qimen,
               query.history, repr(query.settings))  # fmt: skip
        found = _remembered.get(key)
        if found is None:
            found = self._rows(parts, query, db)
            _remembered[key] = found
            while len(_remembered) > LISTS_REMEMBERED:
                _remembered.popitem(last=False)
        return found

    def _rows(self, parts: list[Part], query: Query, db: sqlite3.Connection) -> list[Row]:
        time = self._time(query)
        scene = documents.scene(db, product=asked_product(query))
        found: list[tuple[int, int, int, int, Row]] = []
        for part in parts:
            source = part.source
            later = source.later if time.by == "happened" else 0
            for fact in self._find(part, query, db):
                if all(meets(fact) for meets in part.meets):
                    rows = source.values(scene, fact) if self.flat else [None]
                    moment = getattr(fact, time.by) + later
                    found.extend(
                        (moment, source.order_type, fact.id, at, Row(source, fact.id, at))
                        for at, values in enumerate(rows)
                        if values is None or self._equals(query, values)
                    )
        found.sort(key=lambda row: row[:4], reverse=self._descending(query))
        return [row for *_, row in found]

    def _equals(self, query: Query, values: Values) -> bool:
        for name, value in self.equal.items():
            asked = query.values.get(name)
            if asked is not None and not (
                values[value] in asked if isinstance(asked, list) else values[value] == asked
            ):
                return False
        return True

    def _time(self, query: Query) -> Time:
        asked = query.range or query.values.get("time_type", next(iter(self.times)))
        if asked not in self.times:
            raise Refusal("value_wrong", name="time_type")
        return self.times[asked]

    def _parts(self, query: Query, db: sqlite3.Connection) -> list[Part]:
        time = self._time(query)
        chosen = [
            source
            for source in self.sources
            if not self.by_type or query.values.get("order_type", source.order_type) == source.order_type
        ]
        return [self._part(source, time, query, db) for source in chosen]

    def _part(self, source: Source, time: Time, query: Query, db: sqlite3.Connection) -> Part:
        narrowed: dict[str, Any] = {"by": time.by}
        if query.window is not None:
            later = time.later + (source.later if time.by == "happened" else 0)
            narrowed |= {"start": query.window[0] - later, "end": query.window[1] - later}
        statuses = self._statuses(source, query)
        if query.window is not None and time.statuses is not None:
            statuses = [status for status in statuses if status in time.statuses]
        if len(statuses) < len(edits.STATUSES[source.kind]):
            narrowed["statuses"] = statuses
        for name, (prefix, what) in {**self.numbers, **source.numbers}.items():
            if name in query.values:
                narrowed[what] = _numbers(query.values[name], prefix)
        meets = self._meets(source, query, db)
        if source.shops:
            narrowed["stores"] = _stores(query, db, through_qimen=query.through_qimen and not self.without_taobao)
        self._narrow_warehouses(source, query, narrowed, meets)
        return Part(source, narrowed, meets)

    def _statuses(self, source: Source, query: Query) -> list[str]:
        """Return the statuses of facts that a call is about."""
        asked = None if "status" in self.equal else query.values.get("status")
        codes: Collection[int] | None = [asked] if isinstance(asked, int) else asked
        if codes == [self.every]:
            return list(source.statuses)
        if codes is not None and self.known is not None:
            several = len(codes) > 1 and query.settings.status_list == "refuse"
            if several or not set(codes) <= set(self.known):
                raise Refusal("status_wrong", name="status")
        if codes is None and query.window is not None:
            codes = self.default
        hidden = self.hidden if codes is None and query.settings.cancelled == "hidden" else ()
        return [
            status
            for status, code in source.statuses.items()
            if (codes is None or code in codes) and code not in hidden
        ]

    def _meets(self, source: Source, query: Query, db: sqlite3.Connection) -> list[Callable[[Fact], Any]]:
        meets = [] if source.keep is None else [source.keep]
        if not self.flat and not query.values.keys().isdisjoint(self.equal):
            scene = documents.scene(db)
            meets.append(lambda fact: self._equals(query, source.values(scene, fact)[0]))
        product = asked_product(query)
        if product is not None and not self.flat:
            meets.append(partial(_has_product, product))
        if source.shops and query.settings.history_before:
            cut_off = moment("history_before", query.settings.history_before)
            meets.append(lambda fact: (fact.happened < cut_off) == query.history)
        elif query.history:
            meets.append(lambda _fact: False)
        return meets

    def _narrow_warehouses(
        self, source: Source, query: Query, narrowed: dict[str, Any], meets: list[Callable[[Fact], Any]]
    ) -> None:
        for name, where in self.warehouses.items():
            numbers = sight.warehouses(query, name)
            if numbers is None:
                continue
            if where == "warehouse" and not source.receiving:
                narrowed["warehouses"] = numbers
            else:
                meets.append(partial(_lies_in, "to_warehouse" if source.receiving else where, frozenset(numbers)))


_remembered: OrderedDict[Any, list[Row]] = OrderedDict()


def asked_product(query: Query) -> int | None:
    """Return the product that a call is about; None: all."""
    spec_no, goods_no = query.values.get("spec_no"), query.values.get("goods_no")
    if spec_no is not None:
        return goods.goods_id_of(spec_no, "-1")
    return None if goods_no is None else goods.goods_id_of(goods_no)


def _told(rows: list[Row], scene: Scene) -> Iterator[Values]:
    """Tell the rows of a page, in order; each fact is read and told once."""
    told: dict[tuple[int, int], list[Values]] = {}
    for source in {id(row.source): row.source for row in rows}.values():
        ids = {row.id for row in rows if row.source is source}
        for fact in facts.find(scene.db, source.kind, ids=ids):
            told[id(source), fact.id] = source.values(scene, fact)
    return (told[id(row.source), row.id][row.at] for row in rows)


def _has_product(product: int, fact: Fact) -> bool:
    return any(item.product_id == product for item in fact.items)


def _lies_in(where: str, numbers: frozenset[int], fact: Fact) -> bool:
    return getattr(fact, where) in numbers


def _numbers(text: str, prefix: str) -> list[int]:
    digits = text.removeprefix(prefix)
    return [int(digits)] if text == prefix + digits and digits.isascii() and digits.isdigit() else []


def _stores(query: Query, db: sqlite3.Connection, *, through_qimen: bool) -> list[int] | None:
    """Return the shops whose documents a call may see; None: all."""
    asked = sight.shops(query, db)
    taobao = documents.scene(db).taobao
    if query.settings.qimen_rows == "all" if through_qimen else not taobao:
        return asked
    seen = {row[0] for row in db.execute("SELECT shop_id FROM wdt_shops")} if asked is None else set(asked)
    return sorted(seen & taobao if through_qimen else seen - taobao)

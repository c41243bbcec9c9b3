"""What the names of an expression mean at one place of a mapping, and the Python code that reads them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mapper_kd.functions import FUNCTIONS, NAMESPACES
from mapper_kd.kinds import ANY, Kind, RowKind, UnknownNameError, nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from mapper_kd.functions import Function
    from mapper_kd.source_record import SourceObject
    from mapper_kd.tables import Table

CONSTANT = -1
RECORD = 0


FIELD, TABLE, LET = "field", "table", "let"


@dataclass(frozen=True)
class Reading:
    """What an expression reads.

    Attributes:
        written: As the mapping writes it.
        code: The code that reads it, to ask whether it is empty; "" where that cannot be asked.
        path: A field of the record with the lists and objects it is in (``details_list.goods_no``), a table and its
            column (``sale_org.org``), or the name of a let.
        kind: Which of them: ``field``, ``table`` or ``let``.
    """

    written: str
    code: str
    path: str = ""
    kind: str = FIELD


@dataclass(frozen=True)
class Source:
    """Where a row comes from: a place in the record ("" is the record itself), or a table.

    Attributes:
        gathered: The part of a row of group() or chunks() that is rows from there themselves.
    """

    path: str = ""
    kind: str = FIELD
    gathered: str = ""

    def below(self, name: str) -> Source:
        """Return a part of it."""
        if self.gathered and name == self.gathered:
            return Source(self.path, self.kind)
        return Source(f"{self.path}.{name}" if self.path else name, self.kind)


@dataclass(frozen=True)
class Code:
    """Python source made by us, and what is known of its value.

    Attributes:
        depth: What it depends on: nothing (`CONSTANT`), the record (`RECORD`), or the row of the n-th list around it.
        fails: Whether it can raise; what cannot is neither deferred nor calculated ahead.
        certain: Whether it is never None.
        readings: What it reads, to say which of it was empty when it fails, and for lineage.
        source: Where it comes from as it is; None when it is calculated, or not known.
    """

    text: str
    kind: Kind
    depth: int = CONSTANT
    fails: bool = False
    certain: bool = False
    readings: tuple[Reading, ...] = ()
    source: Source | None = None


@dataclass
class Names:
    """What generated code refers to besides its own variables: functions, tables, constants. One per mapping.

    Attributes:
        open_table: Returns the table of a name.
        namespaces: Functions that are called with a name before theirs, such as ``sql.concat``.
        bound: What names of the generated source stand for.
    """

    open_table: Callable[..., Table]
    namespaces: Mapping[str, Mapping[str, Function]] = field(default_factory=lambda: NAMESPACES)
    bound: dict[str, Any] = field(default_factory=dict)
    _temporaries: int = 0

    def bind(self, prefix: str, value: Any) -> str:
        """Give a value a name that no mapping can write, and return it."""
        for name, known in self.bound.items():
            if known is value:
                return name
        name = f"_{prefix}{len(self.bound)}"
        self.bound[name] = value
        return name

    def temporary(self, prefix: str = "t") -> str:
        """Return a fresh variable name."""
        self._temporaries += 1
        return f"{prefix}{self._temporaries}"


@dataclass
class Scope:
    """The names at one place.

    Attributes:
        record: The stream's record.
        row: The current row, called ``line``; None outside of lists.
        outer: The scope around the list; None for the head.
        lets: Named values of this scope.
        fields: The stream's properties.
    """

    record: Code
    fields: SourceObject
    row: Code | None = None
    outer: Scope | None = None
    lets: dict[str, Code] = field(default_factory=dict)

    @property
    def depth(self) -> int:
        """How many rows are around this place."""
        return self.row.depth if self.row is not None else RECORD

    def resolve(self, name: str) -> Code:
        """Return the code of a plain name.

        Raises:
            UnknownNameError: There is no such name here.
        """
        for scope in self._outwards():
            if name in scope.lets:
                return scope.lets[name]
        if name in {"line", "parent", "record"}:
            return self._row_named(name)
        if self.fields.knows(name):
            return column_of(self.record, name, name)
        if name in {"true", "false", "null"}:
            raise UnknownNameError("name", name, [{"true": "True", "false": "False", "null": "None"}[name]])
        lets = [known for scope in self._outwards() for known in scope.lets]
        raise UnknownNameError("field", name, [*self.fields.names(), *lets], self.fields.place)

    def nearest(self, name: str) -> Code:
        """Return the code of ``here.name``: the part of the innermost row around this place that has it, else a name.

        Rows whose parts are not known beforehand are asked when they are there.

        Raises:
            UnknownNameError: Neither a row nor the record can have it.
        """
        asked: list[Code] = []
        for scope in self._outwards():
            if name in scope.lets:
                return _asked_first(asked, scope.lets[name], name)
            if scope.row is None or scope.row in asked:
                continue
            if not isinstance(scope.row.kind, RowKind):
                asked.append(scope.row)
                continue
            try:
                return _asked_first(asked, column_of(scope.row, name, f"here.{name}"), name)
            except UnknownNameError:
                continue
        if asked and not self.fields.knows(name):
            return _asked_first(asked, Code("None", ANY), name)
        found = self.resolve(name) if name.isidentifier() else column_of(self.record, name, name)
        return _asked_first(asked, found, name)

    def parent(self, row: Code) -> Code | None:
        """Return the row outside of this one, or the record; None when this is no row of a list here."""
        rows = list(dict.fromkeys(scope.row for scope in self._outwards() if scope.row is not None))
        if row not in rows:
            return None
        outside = rows[rows.index(row) + 1 :]
        return outside[0] if outside else self.record

    def _row_named(self, name: str) -> Code:
        if name == "record":
            return self.record
        if self.row is None:
            raise UnknownNameError("row to call", name, (), "the head; it is known below lines:")
        return self.row if name == "line" else self.parent(self.row) or self.record

    def _outwards(self) -> Iterator[Scope]:
        scope: Scope | None = self
        while scope is not None:
            yield scope
            scope = scope.outer


def column_of(row: Code, name: str, written: str) -> Code:
    """Return the code of a part of a row.

    Raises:
        UnknownNameError: It has no such part.
    """
    source = None if row.source is None else row.source.below(name)
    path, what = (written, FIELD) if source is None else (source.path, source.kind)
    if not isinstance(row.kind, RowKind):
        readings = (*row.readings, Reading(written, "", path, what))
        return Code(f"_item({row.text}, {name!r})", ANY, row.depth, fails=True, readings=readings, source=source)
    text, kind = row.kind.columns.column(row.text, name, certain=row.kind.certain)
    readings = (*row.readings, Reading(written, text, path, what))
    return Code(text, kind, row.depth, fails=row.fails, readings=readings, source=source)


def _asked_first(rows: list[Code], otherwise: Code, name: str) -> Code:
    if not rows:
        return otherwise
    text = f"_near({name!r}, {otherwise.text}, {', '.join(row.text for row in rows)})"
    depth = max(one.depth for one in (*rows, otherwise))
    return Code(text, ANY, depth, otherwise.fails, readings=otherwise.readings)


def function_hint(name: str) -> str:
    """Return the sentence's end about the nearest function."""
    near = nearest(name, FUNCTIONS)
    return f"; did you mean {near}()?" if near else f"; the functions are {', '.join(sorted(FUNCTIONS))}"

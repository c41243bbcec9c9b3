"""The parts of a mapping, as the file says them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping as Dictionary
    from decimal import Decimal

    from mapper_kd.kinds import Kind
    from mapper_kd.tables import TableSpec
    from mapper_kd.yaml_nodes import Entry, Place

DEAD_LETTER, NULL, SKIP_LINE, SKIP_RECORD, DEFAULT = "dead_letter", "null", "skip line", "skip record", "default"


@dataclass(frozen=True)
class Case:
    """One of several values: taken when its condition is the first that holds."""

    when: Value
    then: Value


@dataclass(frozen=True)
class Value:
    """A constant, an expression (written with a leading ``=``), or a choice of values.

    Attributes:
        cases: The choice ``case:``; `otherwise` is its ``else:``.
        table: The choice ``table:``, by what the expression gives.
    """

    place: Place
    expression: str | None = None
    constant: Any = None
    cases: tuple[Case, ...] = ()
    otherwise: Value | None = None
    table: Dictionary[str, Any] = field(default_factory=dict)

    @property
    def written(self) -> str:
        """How it is written, for a message."""
        if self.cases:
            return "its case:"
        return f"={self.expression}" if self.expression is not None else "its value"


@dataclass(frozen=True)
class Let:
    """A named value, calculated once a document (or once a line) and used by its name."""

    name: str
    value: Value


@dataclass(frozen=True)
class Rounding:
    """How a number is rounded, half away from zero.

    Attributes:
        digits: After the point.
        total: What all lines together make; None leaves each line to itself.
        sums_up: The total is the rounded sum of what the lines were before they were rounded.
        tolerance: How far the rounded lines may be away from the total; None is one unit of the last digit a line.
    """

    digits: int
    total: Value | None = None
    sums_up: bool = False
    tolerance: Decimal | int | None = None

    @property
    def is_settled(self) -> bool:
        """Whether the last line takes what is left of a total."""
        return self.total is not None or self.sums_up


@dataclass(frozen=True)
class Field:
    """One field of the form.

    Attributes:
        keys: The parts of its dotted key.
        kind: The ``type:`` it is turned into; None leaves the value as it is.
        as_is: Nothing at all is done to the value: a number stays one, an object is taken as a whole.
        on_miss: What a miss in a code table or lookup means: ``dead_letter``, ``null``, ``skip line``, ``skip record``
            or ``default``.
        default: The value when there is none, if `on_miss` says so.
        when: The field is left out when this is false.
        when_empty: ``drop`` leaves an empty text out too, ``null`` sends null for either; "" is neither.
        required: An empty value is a dead letter instead of a field left out.
    """

    keys: tuple[str, ...]
    value: Value
    kind: Kind | None = None
    as_is: bool = False
    on_miss: str = DEAD_LETTER
    default: Value | None = None
    when: Value | None = None
    when_empty: str = ""
    required: bool = False
    rounding: Rounding | None = None

    @property
    def place(self) -> Place:
        """Where it is written."""
        return self.value.place


@dataclass(frozen=True)
class Body:
    """What makes up a document's head or one line: names, fields, and lists of further lines."""

    let: tuple[Let, ...] = ()
    fields: tuple[Field, ...] = ()
    lists: tuple[LineList, ...] = ()


@dataclass(frozen=True)
class LineList:
    """A list of lines.

    Attributes:
        each: The list in the record that gives one line each; None makes exactly one line.
        when: Without it being true the whole list is left out.
        where: Rows for which it is not true give no line.
        required: No line at all is a dead letter.
        organisations: The section of this name, seen by its lines.
        keeps_empty: A line without any field is a line too, and not left out.
    """

    keys: tuple[str, ...]
    place: Place
    body: Body
    each: Value | None = None
    when: Value | None = None
    where: Value | None = None
    required: bool = False
    organisations: Entry | None = None
    keeps_empty: bool = False


@dataclass(frozen=True)
class Documents:
    """One document for each row of a list, instead of one for the record.

    Attributes:
        each: The list.
        where: Rows for which it is not true give no document.
        let: Names for values of a row.
    """

    place: Place
    each: Value
    where: Value | None = None
    let: tuple[Let, ...] = ()


@dataclass(frozen=True)
class BaseData:
    """Base data of one form that documents refer to.

    Attributes:
        number: The field by which Kingdee knows it.
        list: What gives it: one for each row of ``each``, or exactly one.
    """

    form: str
    number: str
    list: LineList


@dataclass(frozen=True)
class Mapping:
    """One flow: a stream's records become documents of a form.

    Attributes:
        place: Its first line.
        number: The field of head with the document's number; None can be looked at, but not be sent.
        documents: What gives several documents for one record; None gives one.
        merge: What makes one record of several.
        organisations: Which organisations a document belongs to.
        functions: Modules with functions of the user's own.
    """

    name: str
    file: str
    place: Place
    stream: str
    form: str
    number: str | None
    where: Value | None
    body: Body
    tables: Dictionary[str, TableSpec]
    base_data: tuple[BaseData, ...] = ()
    documents: Documents | None = None
    merge: Entry | None = None
    organisations: Entry | None = None
    functions: Entry | None = None

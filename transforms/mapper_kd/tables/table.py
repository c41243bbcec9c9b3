"""What every table is: rows found by a key, and columns that are read from them."""

from __future__ import annotations

import abc
from typing import TYPE_CHECKING, Any

from mapper_kd.arithmetic import describe
from mapper_kd.failures import KeyMissing, Miss
from mapper_kd.kinds import ANY, Kind, UnknownNameError, list_of, row_of
from mapper_kd.tables.conversion import converted
from mapper_kd.text_functions import text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from mapper_kd.tables.spec import TableSpec

_LARGE = 10**18

Row = tuple[Any, ...]
"""The columns that mappings read, in the order in which they first did."""


class Table(abc.ABC):
    """Rows found by a key; also the `kinds.Columns` of such a row.

    Mappings are compiled before rows are read. So a table knows by then which columns are read of it, and in which
    ways it is asked: the rest is never kept.

    Attributes:
        key: The key columns; () when neither the mapping nor the source says yet.
        values: The columns that are no key; () when that is not known yet.
        place: Where the rows come from, for messages.
        may_lack: Columns that are empty where the source does not have them, instead of being wrong.
    """

    may_lack: frozenset[str] = frozenset()

    def __init__(self, spec: TableSpec, place: str) -> None:
        self.spec = spec
        self.place = place
        self.key = spec.key
        self.values = spec.values
        self._read: dict[str, int] = {}
        self._asked: dict[str, Callable[..., Any]] = {}
        self._loaded: tuple[object, ...] | None = None

    def __str__(self) -> str:
        return f"table {self.spec.name} ({self.place})"

    # --- while a mapping is compiled

    def asked_by(self, function: str) -> Callable[..., Any]:
        """Return what answers ``code``, ``lookup``, ``find``, ``rows`` or ``convert``; notes that it is asked so."""
        if function not in self._asked:
            self._asked[function] = getattr(self, function)
        return self._asked[function]

    def by_text(self, function: str) -> Mapping[Any, Any] | None:  # noqa: ARG002 - most tables have no such thing
        """Return what ``code``, ``lookup`` or ``find`` gives, by keys of one text; None when it is not in memory.

        It stays the same one over reloads. Taking a key that is not there raises `Miss`.
        """
        return None

    def column(self, row: str, name: str, *, certain: bool) -> tuple[str, Kind]:
        """As `kinds.Columns.column`; notes that the column is read."""
        if (known := self.columns()) and name not in known:
            raise UnknownNameError("column", name, known, str(self))
        index = self.index(name)
        return (f"{row}[{index}]" if certain else f"_cell({row}, {index})"), self.kind_of(name)

    def columns(self) -> Sequence[str]:
        """Return the columns that can be read; () when any name may be one until the rows are read."""
        return (*self.values, *self.key) if self.values else ()

    def index(self, name: str) -> int:
        """Return the place of a column in a row; notes that it is read."""
        return self._read.setdefault(name, len(self._read))

    def kind_of(self, column: str) -> Kind:  # noqa: ARG002 - most sources say nothing of their columns
        """Return the kind of a column's cells."""
        return ANY

    def answer_of(self, function: str) -> Kind:
        """Return the kind of what a function gives of this table."""
        if function == "code":
            return self.kind_of(self.values[0]) if self.values else ANY
        row = row_of(self, certain=function != "find")
        return list_of(row) if function in {"rows", "all_rows"} else row

    def load(self) -> None:
        """Read the rows, unless they are there already with all that mappings read of them.

        Raises:
            SetupError: The source is not as the mapping says.
            UserError: A database does not answer.
        """
        wanted = (*self._read, *self._asked)
        if wanted != self._loaded:
            self._load()
            self._loaded = wanted

    @abc.abstractmethod
    def _load(self) -> None:
        """Read the rows, or check that they can be asked for."""

    def refresh(self) -> None:
        """Take in what has changed in the source since.

        Raises:
            UserError: It cannot be; the rows are what they were.
        """
        raise NotImplementedError

    # --- while records are mapped

    @abc.abstractmethod
    def find(self, *key: Any) -> Row | None:
        """Return the row, or None when there is none or a part of the key is empty."""

    @abc.abstractmethod
    def rows(self, *key: Any) -> list[Row]:
        """Return the rows with this key in their order; all rows when no key is given."""

    @abc.abstractmethod
    def code(self, *key: Any) -> Any:
        """Return the only value column of the row.

        Raises:
            Miss: There is no such row.
        """

    def lookup(self, *key: Any) -> Row:
        """Return the row.

        Raises:
            Miss: There is none.
        """
        row = self.find(*key)
        if row is None:
            raise self._miss(key)
        return row

    def convert(self, quantity: Any, unit: Any, wanted: Any, *rest: Any) -> Any:
        """Return a quantity in another unit; see `conversion.converted`.

        Raises:
            Miss: There is no row for the two units, in neither direction.
        """
        return converted(self.code, quantity, unit, wanted, rest)

    def _miss(self, key: Row) -> Miss:
        if not all(map(text, key)):
            return KeyMissing(
                f"the key for {self} is empty", "fill the field in the source, or say on_miss: in the mapping"
            )
        asked = ", ".join(describe(part) for part in key)
        return Miss(f"{self} has no row for {asked}", f"add the row for {asked}, then send the document again")


def spelled(key: Row) -> tuple[str, ...] | None:
    """Return the key as texts; None when a part of it is empty."""
    for part in key:
        if part.__class__ is not str or not part:
            break
    else:
        return key
    # `text` of a whole number, without the call
    parts = tuple([str(one) if one.__class__ is int and -_LARGE < one < _LARGE else text(one) for one in key])
    return parts if all(parts) else None  # type: ignore[return-value]  # no None is left

"""What a database is asked: a query of the mapping, or one that is made for a table by its name."""

from __future__ import annotations

import abc
from typing import TYPE_CHECKING, Any

import sqlalchemy
from erp_sdk.command import SetupError
from sqlalchemy.sql.elements import quoted_name

from mapper_kd.kinds import ANY, Kind
from mapper_kd.tables.database import NoSuchValueError, plain

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from mapper_kd.tables.database import Database
    from mapper_kd.tables.spec import TableSpec

_MAX_INTEGER = 2**63


class Question(abc.ABC):
    """A source of rows in a database.

    Attributes:
        where: What is asked, for messages.
        key: The key columns.
        key_columns: Those of them that the rows have; a query's parameters need not be among its columns.
        values: The columns that may be read; () when the mapping does not say and the database is not asked yet.
        keeps_misses: Whether a key that has no row is taken to have none until the next reload.
    """

    where = "the query"
    keeps_misses = True

    def __init__(self, spec: TableSpec, database: Database) -> None:
        self.spec = spec
        self.database = database
        self.key = self.key_columns = spec.key
        self.values = spec.values

    @abc.abstractmethod
    def columns(self) -> Collection[str]:
        """Return the columns that the database has for it.

        Raises:
            SetupError: It has no such thing.
            UserError: It does not answer.
        """

    @abc.abstractmethod
    def of(self, columns: Sequence[str], key: Mapping[str, str]) -> tuple[sqlalchemy.Executable, dict[str, Any]]:
        """Return the query for the rows with a key, and its parameters.

        Raises:
            NoSuchValueError: No row can have this key.
        """

    @abc.abstractmethod
    def of_all(self, columns: Sequence[str]) -> sqlalchemy.Executable:
        """Return the query for all rows."""

    def kind_of(self, column: str) -> Kind:  # noqa: ARG002 - the database says it only when it is asked
        """Return the kind of a column's cells."""
        return ANY

    def cell(self, column: str, value: Any) -> Any:  # noqa: ARG002 - most sources treat all columns alike
        """Return a cell as expressions take it."""
        return plain(value)


class TextQuery(Question):
    """A query as the mapping writes it: one ``:name`` for each key column, or none when it is preloaded."""

    def __init__(self, spec: TableSpec, database: Database) -> None:
        super().__init__(spec, database)
        self.key_columns = ()
        self._query = sqlalchemy.text(spec.origin)
        self._parameters = sorted(self._query._bindparams)  # noqa: SLF001 - the only list of a text query's parameters
        if spec.preload and self._parameters:
            raise SetupError(
                f"{spec.place}: is preloaded, so its query gives all rows and takes no parameter such as "
                f":{self._parameters[0]}."
            )
        for name in sorted({*self._parameters} ^ {*spec.key}) if not spec.preload else ():
            raise SetupError(f"{spec.place}: the query's parameters and key: differ in {name}.")

    def columns(self) -> Collection[str]:
        """As `Question.columns`: an empty key finds no row, and shows the columns."""
        try:
            names, _ = self.database.ask(self._query, dict.fromkeys(self._parameters), whole=False)
        except NoSuchValueError as error:
            raise SetupError(f"{self.spec.place}: the query fails: {error}.") from None
        return names

    def of(self, columns: Sequence[str], key: Mapping[str, str]) -> tuple[sqlalchemy.Executable, dict[str, Any]]:  # noqa: ARG002 - it gives what it gives
        """As `Question.of`."""
        return self._query, dict(key)

    def of_all(self, columns: Sequence[str]) -> sqlalchemy.Executable:  # noqa: ARG002 - it gives what it gives
        """As `Question.of_all`."""
        return self._query


class NamedTable(Question):
    """A table or view by its name, ``schema.name`` or ``name``; every name in the query is quoted.

    SQLite has no schemas, and what loads it writes the table without one: there only the name counts.
    """

    def __init__(self, spec: TableSpec, database: Database) -> None:
        super().__init__(spec, database)
        self.where = f"table {spec.origin}"
        schema, _, self._name = spec.origin.rpartition(".")
        schema = schema if database.has_schemas else ""
        self._schema = schema or None
        self._types: dict[str, Any] = {}
        self._table = sqlalchemy.table(_quoted(self._name), schema=_quoted(schema) if schema else None)

    def columns(self) -> Collection[str]:
        """As `Question.columns`."""
        self._types = self.database.columns(self._name, self._schema)
        return self._types

    def of(self, columns: Sequence[str], key: Mapping[str, str]) -> tuple[sqlalchemy.Executable, dict[str, Any]]:
        """As `Question.of`; a key for a column of numbers is asked as a number."""
        names = {name: f"key{index}" for index, name in enumerate(key)}
        tests = [_column(name) == sqlalchemy.bindparam(names[name]) for name in key]
        values = {names[name]: _typed(part, self._types.get(name)) for name, part in key.items()}
        return self._select(columns).where(*tests), values

    def of_all(self, columns: Sequence[str]) -> sqlalchemy.Executable:
        """As `Question.of_all`."""
        return self._select(columns)

    def _select(self, columns: Sequence[str]) -> sqlalchemy.Select[Any]:
        wanted = [_column(name) for name in dict.fromkeys(columns)] or [sqlalchemy.literal_column("1")]
        return sqlalchemy.select(*wanted).select_from(self._table)


def _column(name: str) -> sqlalchemy.ColumnClause[Any]:
    return sqlalchemy.column(_quoted(name))


def _quoted(name: str) -> quoted_name:
    return quoted_name(name, quote=True)


def _typed(part: str, column: Any) -> Any:
    try:
        wanted = column.python_type if column is not None else str
    except NotImplementedError:
        wanted = str
    if wanted is not int:
        return part
    try:
        number = int(part)
    except ValueError:
        raise NoSuchValueError(part) from None
    if abs(number) >= _MAX_INTEGER:
        raise NoSuchValueError(part)
    return number

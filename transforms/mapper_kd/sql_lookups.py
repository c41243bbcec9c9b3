"""Lookups in a database, by SQLAlchemy URL and parameterised query."""

from __future__ import annotations

import functools
import weakref
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import sqlalchemy
from erp_sdk.command import SetupError, UserError
from erp_sdk.redaction import protect

from mapper_kd.kinds import ANY, UnknownNameError
from mapper_kd.lookups import Table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mapper_kd.mapping import TableSpec


class SqlTable(Table):
    """The first row of a query with one ``:name`` parameter for each key column; the last rows are kept in memory."""

    cell_kind = ANY

    def __init__(self, spec: TableSpec, url: str) -> None:
        super().__init__(spec, f"database {spec.database}")
        self._query = sqlalchemy.text(spec.origin)
        parsed = _parse_url(spec, url)
        protect([parsed.password])
        try:
            self._engine = sqlalchemy.create_engine(parsed)
        except (sqlalchemy.exc.ArgumentError, ImportError) as error:
            raise SetupError(f"{spec.place}: database {spec.database} cannot be used: {error}.") from None
        weakref.finalize(self, self._engine.dispose)
        self._kept = functools.lru_cache(maxsize=spec.cache)(self._ask)
        parameters = set(self._query._bindparams)  # noqa: SLF001 - the only list of a text query's parameters
        for name in parameters.symmetric_difference(self.key):
            raise SetupError(f"{spec.place}: the query's parameters and key: differ in {name}.")

    def load(self) -> None:
        """Connect, and check that the query gives the columns.

        Raises:
            UserError: The database cannot be reached or refuses the query.
            SetupError: A column is missing.
        """
        columns, _ = self._first(dict.fromkeys(self.key))
        for name in self.values:
            if name not in columns:
                raise SetupError(f"{self.spec.place}: {UnknownNameError('column', name, columns, 'the query')}.")

    def _row(self, key: tuple[str, ...]) -> tuple[Any, ...] | None:
        return self._kept(key)

    def _ask(self, key: tuple[str, ...]) -> tuple[Any, ...] | None:
        _, row = self._first(dict(zip(self.key, key, strict=True)))
        return None if row is None else tuple(_plain(row[name]) for name in self.values)

    def _first(self, parameters: Mapping[str, Any]) -> tuple[list[str], Mapping[str, Any] | None]:
        """Return the names of the query's columns, and its first row."""
        try:
            with self._engine.connect() as connection:
                result = connection.execute(self._query, parameters)
                columns, row = list(result.keys()), result.mappings().first()
        except sqlalchemy.exc.SQLAlchemyError as error:
            cause = getattr(error, "orig", None) or error
            raise UserError(
                f"table {self.spec.name}: {self.place} did not answer: {str(cause).splitlines()[0]}"
            ) from None
        return columns, None if row is None else dict(row)


def _parse_url(spec: TableSpec, url: str) -> sqlalchemy.URL:
    try:
        return sqlalchemy.make_url(url)
    except sqlalchemy.exc.ArgumentError:
        raise SetupError(
            f"the setting databases.{spec.database} is no database URL such as sqlite:///file.db."
        ) from None


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return Decimal(repr(value))  # what the database shows; its binary digits mean nothing here
    if isinstance(value, (datetime, date)):
        return value.isoformat(" ") if isinstance(value, datetime) else value.isoformat()
    return value if value is None or isinstance(value, (str, int, Decimal)) else str(value)

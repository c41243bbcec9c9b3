"""The tables that one mapping asks: those that it declares, and CSV files by their name."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from erp_sdk.command import SetupError

from mapper_kd.expression_checks import ExpressionError
from mapper_kd.tables.spec import TableSpec

if TYPE_CHECKING:
    from mapper_kd.mapping import Mapping
    from mapper_kd.tables.shelf import TableShelf
    from mapper_kd.tables.table import Table
    from mapper_kd.yaml_nodes import Problems


class AskedTables:
    """Opens tables while a mapping is compiled, and loads them when it is known what is read of them."""

    def __init__(self, mapping: Mapping, shelf: TableShelf) -> None:
        self._mapping = mapping
        self._shelf = shelf
        self._specs: dict[tuple[object, ...], TableSpec] = {}

    def open(self, name: str, key: tuple[str, ...] = (), values: tuple[str, ...] = ()) -> Table:
        """Return a table, without its rows.

        Args:
            name: As the mapping writes it.
            key: The key columns, if the mapping does not say.
            values: The value columns, likewise.

        Raises:
            ExpressionError: There is no such table.
            SetupError: It is not as the mapping says.
        """
        declared = self._mapping.tables.get(name)
        name = name.removesuffix(".csv")
        spec = declared or TableSpec(name, self._mapping.place, origin=f"{name}.csv")
        if declared is None and self._shelf.path(spec.origin) is None:
            raise ExpressionError(self._shelf.unknown(name, self._mapping.tables))
        spec = replace(spec, key=spec.key or key, values=spec.values or values)
        table = self._shelf.open(spec)
        self._specs[spec.identity] = spec
        return table

    def load(self, problems: Problems) -> None:
        """Read the rows.

        Raises:
            UserError: A database does not answer.
        """
        for spec in self._specs.values():
            try:
                self._shelf.load(spec)
            except SetupError as error:  # noqa: PERF203 - a handful of tables, each with its own sentence
                problems.note(str(error))

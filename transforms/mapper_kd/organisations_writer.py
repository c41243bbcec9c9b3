"""Writes the section ``organisations:`` as source: the head's once a document, a list's once a line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from erp_sdk.command import SetupError

from mapper_kd.expression_checks import ExpressionError
from mapper_kd.kinds import row_of
from mapper_kd.mapping import Value
from mapper_kd.organisations import COLUMNS, KEY, Organisations, read_organisations
from mapper_kd.scope import TABLE, Code
from mapper_kd.scope import Source as From
from mapper_kd.value_writer import Level, ValueWriter

if TYPE_CHECKING:
    from mapper_kd.mapping import Body
    from mapper_kd.yaml_nodes import Entry

NAME = "organisations"
_SAID = "said"
"""The generated variable with what the rows of one document have said."""


class OrganisationsWriter(ValueWriter):
    """Writes organisations."""

    def _document_organisations(self, level: Level) -> None:
        """Write what a document's head says, and make ready what its lines are held against."""
        section = self._mapping.organisations
        if section is not None or _any_list_has(self._mapping.body):
            level.shared.line(f"{_SAID} = {{}}")
        self._organisations(section, level)

    def _organisations(self, entry: Entry | None, level: Level) -> None:
        """Write what a section says, and let what is in this place see it."""
        above = self._mapping.organisations
        table_above = None if above is None or entry is above else dict(above.entries()).get("table")
        section = None if entry is None else read_organisations(entry, table_above.text() if table_above else None)
        if section is None:
            return
        try:
            table = self._names.open_table(section.table, KEY)
        except ExpressionError as error:
            self._problems.add(section.place, str(error))
            return
        except SetupError as error:
            self._problems.note(str(error))
            return
        outer = self._outer(level)
        codes = [
            self._ahead(self._code(one, level.scope, level.path, f"{NAME} {kind}"), level)
            for kind, one in section.codes
        ]
        asked = Organisations(table, tuple(kind for kind, _ in section.codes))
        called = self._names.bind(NAME, asked.of)
        kept, error_name = self._names.temporary("v"), self._names.temporary("e")
        arguments = ", ".join([_SAID, outer.text if outer else "None", *(code.text for code in codes)])
        origin = self._origin(None, Value(section.place))
        level.shared.line(f"{error_name} = None")
        level.shared.line("try:")
        level.shared.line(f"    {kept} = {called}({arguments})", origin)
        # A contradiction is the document's end, whether or not a field asks; all else is the field's matter.
        level.shared.line("except _Contradiction:")
        level.shared.line("    raise")
        level.shared.line("except _Exception as error:")
        level.shared.line(f"    {error_name} = error")
        readings = tuple(dict.fromkeys(reading for code in codes for reading in code.readings))
        level.scope.lets[NAME] = Code(
            f"({kept} if {error_name} is None else _fail({error_name}))",
            row_of(COLUMNS, certain=True),
            level.scope.depth,
            fails=True,
            certain=True,
            readings=readings + (outer.readings if outer else ()),
            source=From(table.spec.name, TABLE),
        )

    def _outer(self, level: Level) -> Code | None:
        scope = level.scope.outer
        while scope is not None:
            if NAME in scope.lets:
                return scope.lets[NAME]
            scope = scope.outer
        return None


def _any_list_has(body: Body) -> bool:
    return any(one.organisations is not None or _any_list_has(one.body) for one in body.lists)

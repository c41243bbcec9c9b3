"""Which organisations a document belongs to: what its shop, warehouse or distributor says, by one table.

Each row of the table speaks for one shop, warehouse or distributor: of some organisations (组织), or of all. Rows of
one document that say different things of the same organisation contradict each other: it must not be sent.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mapper_kd.failures import OrganisationsContradict
from mapper_kd.kinds import TEXT
from mapper_kd.mapping.values import value
from mapper_kd.row_columns import TupleColumns
from mapper_kd.text_functions import text

if TYPE_CHECKING:
    from mapper_kd.mapping import Value
    from mapper_kd.tables import Table
    from mapper_kd.yaml_nodes import Entry, Place

KEY = ("kind", "code")
ORGANISATIONS = ("sale_org", "stock_org", "owner", "keeper", "settle_org")
COLUMNS = TupleColumns(dict.fromkeys(ORGANISATIONS, TEXT), "organisations")

Row = tuple[str | None, ...]
"""What is said of each of `ORGANISATIONS`."""


@dataclass(frozen=True)
class OrganisationsSection:
    """The section ``organisations:`` of a mapping or of a list.

    Attributes:
        table: The table's name.
        codes: The kind of each row that is asked for (``shop``), and what gives its code.
    """

    place: Place
    table: str
    codes: tuple[tuple[str, Value], ...]


def read_organisations(entry: Entry, outer: str | None = None) -> OrganisationsSection | None:
    """Read the section; None when it is wrong, which its problems then say.

    Args:
        entry: The section.
        outer: The table of the section around it, which is meant when this one names none.
    """
    parts = dict(entry.entries())
    written = parts.pop("table", None)
    table = outer if written is None else written.text()
    if table is None:
        entry.wrong("has no table: with the columns kind, code, sale_org, stock_org, owner, keeper, settle_org")
        return None
    if not parts:
        entry.wrong("asks for nothing; say shop: =…, warehouse: =… or another kind of row that the table has")
        return None
    return OrganisationsSection(entry.place, table, tuple((kind, value(one)) for kind, one in parts.items()))


class Organisations:
    """What one section asks of its table, while records are mapped."""

    def __init__(self, table: Table, kinds: tuple[str, ...]) -> None:
        table.may_lack = frozenset(ORGANISATIONS)
        self._table = table
        self._lookup = table.asked_by("lookup")
        self._kinds = kinds
        self._at = tuple(table.index(name) for name in ORGANISATIONS)

    def of(self, said: dict[int, tuple[str, str]], outer: Row | None, *codes: Any) -> Row:
        """Return what the rows say; a code that is empty says nothing.

        Args:
            said: What rows of the same document have said so far, and which row it was; is added to.
            outer: What the head or the line around says.
            codes: The code of each kind.

        Raises:
            Miss: There is no row for a code.
            OrganisationsContradict: A row says something else than one before.
        """
        found = list(outer or _NOTHING)
        for kind, code in zip(self._kinds, codes, strict=True):
            if code is None or code == "":
                continue
            row = self._lookup(kind, code)
            for organisation, at in enumerate(self._at):
                if (cell := row[at]) is None or not (one := text(cell)):
                    continue
                known = said.get(organisation)
                if known is None:
                    said[organisation] = (one, f"{kind} {text(code)}")
                elif known[0] != one:
                    raise self._contradiction(ORGANISATIONS[organisation], known, one, f"{kind} {text(code)}")
                found[organisation] = one
        return tuple(found)

    def _contradiction(self, name: str, known: tuple[str, str], one: str, row: str) -> OrganisationsContradict:
        return OrganisationsContradict(
            f"the organisations of the document contradict each other in {name}: {known[1]} says {known[0]}, "
            f"{row} says {one} ({self._table})",
            f"correct {name} of one of the two rows in {self._table.place}, or the document in the source",
        )


_NOTHING: Row = (None,) * len(ORGANISATIONS)

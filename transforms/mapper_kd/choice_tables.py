"""Tables that stand beside a field, ``table: {from: to}``: what stands for which value."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from mapper_kd.arithmetic import describe
from mapper_kd.failures import KeyMissing, Miss
from mapper_kd.kinds import ANY, BOOLEAN, DECIMAL, INTEGER, TEXT, Kind, common
from mapper_kd.text_functions import text

if TYPE_CHECKING:
    from collections.abc import Mapping

_KINDS: dict[type, Kind] = {str: TEXT, int: INTEGER, Decimal: DECIMAL, bool: BOOLEAN}


class ChoiceTable:
    """What stands for which value, by the value's spelling.

    Args:
        rows: The constants, by the text of what they stand for.
        place: Where the table is written.
    """

    def __init__(self, rows: Mapping[str, Any], place: str) -> None:
        self._rows = dict(rows)
        self._place = place
        kinds = [_KINDS.get(type(value), ANY) for value in rows.values() if value is not None]
        self.kind = common(kinds) if kinds else ANY

    def value(self, asked: Any) -> Any:
        """Return what stands for a value.

        Raises:
            Miss: Nothing does.
        """
        try:
            return self._rows[asked]
        except (KeyError, TypeError):  # no text, most likely: by its spelling, then
            spelled = text(asked)
        if not spelled:
            raise KeyMissing(
                "the value to be found in table: is empty",
                "fill the field in the source, or say on_miss: in the mapping",
            )
        if spelled not in self._rows:
            raise Miss(f"table: has nothing for {describe(asked)}", f"add {spelled:.60} to table: in {self._place}")
        return self._rows[spelled]

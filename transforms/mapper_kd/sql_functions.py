"""Functions with the rules of a database, for expressions that came from one: called as ``sql.name(…)``."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mapper_kd.function import Function

SQL_FUNCTIONS: dict[str, Function] = {}

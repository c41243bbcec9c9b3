"""A compiled mapping at work: record in, model or failure out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Any

from erp_sdk.command import UserError

from mapper_kd.failures import Failure, RecordError

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from mapper_kd.mapping import Mapping
    from mapper_kd.source_code import Origin

_LIST_SIZE = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class CompiledMapping:
    """A mapping as a function.

    Attributes:
        mapping: What was compiled.
        build: From the decoded record to the model; None when ``where`` is false. Raises what goes wrong with a record.
        origins: For each line of the generated source, what it comes from.
        source: The generated source, for those who want to see it.
        schema: JSON schema of the model.
    """

    mapping: Mapping
    build: Callable[[Any], Any]
    origins: list[Origin | None]
    source: str
    schema: dict[str, Any]

    def explain(self, error: Exception) -> Failure:
        """Return what a dead letter says about an error that `build` raised.

        Raises:
            UserError: The error is not the record's: a database is gone, say.
        """
        if isinstance(error, UserError):
            raise error
        line, frame = self._where(error)
        origin = self.origins[line - 1] if frame is not None and 0 < line <= len(self.origins) else None
        if origin is None or frame is None:
            return Failure(
                None, "expression_failed", f"the mapping {self.mapping.name} failed: {error}", _look(self.mapping.file)
            )
        path = None if origin.path is None else _LIST_SIZE.sub(lambda match: _size(frame, match[1]), origin.path)
        place = f"{origin.value.place.file}:{origin.value.place.line}"
        written = f"={origin.value.expression}" if origin.value.expression is not None else "its value"
        empty = [reading.written for reading in origin.readings if _is_empty(frame, reading.code)]
        reason = error.reason if isinstance(error, RecordError) else "expression_failed"
        where = path or "where:"
        cause = f"{', '.join(empty)} is empty" if empty else str(error)
        fix = error.fix if isinstance(error, RecordError) and error.fix else _fix(reason, empty, place)
        if reason in {"code_missing", "number_missing"}:
            return Failure(path, reason, f"{where}: {error}.", f"{fix}.")
        return Failure(path, reason, f"{where} ({written}): {cause}.", f"{fix}.")

    def _where(self, error: Exception) -> tuple[int, FrameType | None]:
        traceback = error.__traceback__
        while traceback is not None:
            if traceback.tb_frame.f_code.co_filename == f"<mapping {self.mapping.name}>":
                return traceback.tb_lineno, traceback.tb_frame
            traceback = traceback.tb_next
        return 0, None


def _fix(reason: str, empty: list[str], place: str) -> str:
    if reason in {"value_missing", "number_missing"} or (empty and reason == "value_invalid"):
        return f"fill {' or '.join(empty) or 'it'} in the source, or say in {place} what stands in for it"
    if empty:
        return f"fill {' or '.join(empty)} in the source, or write coalesce({empty[0]}, …) in {place}"
    if reason == "value_invalid":
        return f"correct the value in the source, or the expression in {place}"
    return _look(place)


def _look(place: str) -> str:
    return f"correct the expression in {place}; mapper-kd preview shows what it does with a record"


def _size(frame: FrameType, name: str) -> str:
    return str(len(frame.f_locals.get(name, ())))


def _is_empty(frame: FrameType, code: str) -> bool:
    """Whether a plain path such as ``row1.c3_sell_price`` has no value; what is no plain path is not asked."""
    root, *attributes = code.split(".")
    if root not in frame.f_locals or not all(name.isidentifier() for name in attributes):
        return False
    return reduce(getattr, attributes, frame.f_locals[root]) is None

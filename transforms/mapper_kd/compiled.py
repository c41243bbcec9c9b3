"""A compiled mapping at work: record in, model or failure out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Any

import msgspec
from erp_sdk.command import UserError

from mapper_kd.failures import Failure, OrganisationsContradict, RecordError, Refused

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from mapper_kd.mapping import Mapping
    from mapper_kd.merging.compiling import CompiledMerge
    from mapper_kd.source_code import Origin, Trace

_LIST_SIZE = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Generated:
    """A generated function, and what each of its lines comes from.

    Attributes:
        mapping: What was compiled.
        build: Takes the decoded record.
        origins: For each line of the generated source, what it comes from.
        source: The generated source, for those who want to see it.
        traces: Each of the mapping's values, with what it reads.
    """

    mapping: Mapping
    build: Callable[..., Any]
    origins: list[Origin | None]
    source: str
    traces: tuple[Trace, ...]

    def explain(self, error: Exception) -> Failure:
        """Return what is to be said about an error that the function raised, or caught.

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
        if isinstance(error, OrganisationsContradict):
            return Failure(None, error.reason, f"{error}.", f"{error.fix}.")
        written = origin.value.written
        expression = None if origin.value.expression is None else f"={origin.value.expression}"
        empty = [reading.written for reading in origin.readings if _is_empty(frame, reading.code)]
        reason = error.reason if isinstance(error, RecordError) else "expression_failed"
        where = _speaking(path, origin, frame)
        cause = f"{', '.join(empty)} is empty" if empty and not isinstance(error, Refused) else str(error)
        fix = error.fix if isinstance(error, RecordError) and error.fix else _fix(reason, empty, place)
        if reason in {"code_missing", "number_missing"}:
            return Failure(path, reason, f"{where}: {error}.", f"{fix}.", expression)
        return Failure(path, reason, f"{where} ({written}): {cause}.", f"{fix}.", expression)

    def _where(self, error: Exception) -> tuple[int, FrameType | None]:
        traceback = error.__traceback__
        while traceback is not None:
            if traceback.tb_frame.f_code is self.build.__code__:
                return traceback.tb_lineno, traceback.tb_frame
            traceback = traceback.tb_next
        return 0, None


class Companion(msgspec.Struct, gc=False, omit_defaults=True):
    """Base data that a document refers to, or why the mapping could not make it."""

    form: str
    model: Any = None
    problem: str | None = None


@dataclass(frozen=True)
class CompiledBaseData(Generated):
    """The section ``base_data:`` as a function; `build` gives a list for each of its forms.

    It is given `explain` too: an item of such a list is a model, or the `Failure` that kept it from being made.

    Attributes:
        numbers: For each form, the attribute of its models that holds the number.
    """

    numbers: tuple[str, ...]

    def make(self, record: Any) -> list[Companion]:
        """Return what a record's document refers to, in the order in which it has to exist; each number once.

        Raises:
            UserError: A database is gone.
        """
        companions: list[Companion] = []
        lists = self.build(record, self.explain)
        for spec, attribute, items in zip(self.mapping.base_data, self.numbers, lists, strict=True):
            seen: set[str] = set()
            for item in items:
                if isinstance(item, Failure):
                    companions.append(Companion(spec.form, problem=f"{item.message} Fix: {item.fix}"))
                elif (number := getattr(item, attribute)) not in seen:
                    seen.add(number)
                    companions.append(Companion(spec.form, item))
        return companions


@dataclass(frozen=True)
class CompiledMapping(Generated):
    """A mapping as a function.

    `build` gives the model, or a list of models where the mapping has ``documents:`` (`explodes`); None when ``where``
    is false or the record is left out. It raises what goes wrong.

    Attributes:
        schema: JSON schema of the model.
        number: The attribute of a model that holds the document's number; None when the mapping names none.
        base_data: The base data that its documents refer to; None when the mapping says nothing of it.
        merge: What makes documents of many records: the model is then what one record contributes. None where each
            record is mapped by itself.
    """

    schema: dict[str, Any]
    number: str | None = None
    base_data: CompiledBaseData | None = None
    merge: CompiledMerge | None = None

    @property
    def explodes(self) -> bool:
        """Whether one record may give several documents."""
        return self.mapping.documents is not None


def _speaking(path: str | None, origin: Origin, frame: FrameType) -> str:
    """Return the place of a failure for people: where a record gives several documents, which of them it is."""
    where = path or f"{origin.value.place.path}:"
    document = len(frame.f_locals.get(origin.documents, ())) + 1
    return f"document {document} of the record: {where}" if origin.documents else where


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

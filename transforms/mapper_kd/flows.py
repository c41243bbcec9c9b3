"""The mappings of a run: found, checked before anything is read, and compiled for a stream when its SCHEMA arrives."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, Any

import msgspec
from erp_sdk.command import SetupError
from erp_sdk.messages import decode

from mapper_kd.compiler import compile_mapping
from mapper_kd.failures import Failure
from mapper_kd.kinds import UnknownNameError
from mapper_kd.mapping import SCHEME_SUFFIX, Mapping, mapping_name, read_mapping
from mapper_kd.source_record import SourceObject, decoder
from mapper_kd.yaml_nodes import Problems

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from mapper_kd.compiled import Companion, CompiledMapping
    from mapper_kd.forms import FormFolders
    from mapper_kd.tables import TableShelf

_SUFFIXES = {".yml", ".yaml", SCHEME_SUFFIX}
_CASES = ".cases"  # the cases that stand beside a mapping
_COLLECTIONS = "collections.yml"  # what stands beside schemes


class Outcome(msgspec.Struct, gc=False):
    """What became of a record in one mapping: a model, a failure, or (both None) nothing, since ``where`` was false.

    Attributes:
        base_data: What the model refers to; None when the mapping says nothing of it.
    """

    flow: CompiledMapping
    model: Any = None
    failure: Failure | None = None
    base_data: list[Companion] | None = None


class StreamFlows:
    """The mappings of one stream, compiled against its schema; each record is decoded once for all of them."""

    def __init__(
        self,
        stream: str,
        fields: SourceObject,
        key: Sequence[str],
        flows: Sequence[CompiledMapping],
        refresh: Callable[[], None] | None,
    ) -> None:
        self.flows = flows
        self._refresh = refresh
        self._stream = stream
        self._key = {name: _key_attribute(fields, name) for name in key}
        self._key_of = _key_reader(self._key)
        self._decode: Callable[[msgspec.Raw], Any] = decoder(fields.structure())

    def map(self, raw: msgspec.Raw) -> tuple[dict[str, Any], list[Outcome]]:
        """Map one record.

        Args:
            raw: The record's JSON.

        Returns:
            The record's key, and the outcome of each mapping.
        """
        if self._refresh is not None:
            self._refresh()
        try:
            record = self._decode(raw)
        except (ValueError, ArithmeticError, RecursionError) as error:
            failure = Failure(None, "record_invalid", self._no_record(error), "correct the record or the tap's schema.")
            return self._key_of_invalid(raw), [Outcome(flow, failure=failure) for flow in self.flows]
        outcomes = [self._outcome(flow, record) for flow in self.flows]
        return self._key_of(record), outcomes

    @staticmethod
    def _outcome(flow: CompiledMapping, record: Any) -> Outcome:
        try:
            model = flow.build(record)
        except Exception as error:  # noqa: BLE001 - whatever one record does ends as its dead letter
            return Outcome(flow, failure=flow.explain(error))
        if model is None or flow.base_data is None:
            return Outcome(flow, model)
        return Outcome(flow, model, base_data=flow.base_data.make(record))

    def _no_record(self, error: Exception) -> str:
        return f"the record is not what the schema of {self._stream} says: {error}."

    def _key_of_invalid(self, raw: msgspec.Raw) -> dict[str, Any]:
        try:
            record = decode(raw)
        except (ValueError, ArithmeticError, RecursionError):
            return dict.fromkeys(self._key)
        return {name: record.get(name) if isinstance(record, dict) else None for name in self._key}


def _key_attribute(fields: SourceObject, name: str) -> str:
    try:
        code, _ = fields.column("record", name, certain=True)
    except UnknownNameError as error:
        raise SetupError(f"the tap's key_properties name a field that its schema does not have: {error}.") from None
    return code.removeprefix("record.")


def _key_reader(attributes: dict[str, str]) -> Callable[[Any], dict[str, Any]]:
    """Return the function from a record to its key, by the attributes that hold its parts."""
    if len(attributes) != 1:
        return lambda record: {name: getattr(record, attribute) for name, attribute in attributes.items()}
    ((name, attribute),) = attributes.items()
    part = attrgetter(attribute)
    return lambda record: {name: part(record)}


class Flows:
    """All mappings of a run."""

    def __init__(self, mappings: Sequence[Mapping], shelf: TableShelf, forms: FormFolders | None = None) -> None:
        self._mappings = mappings
        self._shelf = shelf
        self._forms = forms

    @classmethod
    def read(cls, paths: Sequence[Path], shelf: TableShelf, forms: FormFolders | None = None) -> Flows:
        """Read and check mappings; only the source's field names are taken on trust.

        Raises:
            SetupError: One of them is wrong.
        """
        problems = Problems()
        mappings = [mapping for mapping in read_mappings(paths, problems) if mapping is not None]
        return cls.of(mappings, shelf, forms, problems)

    @classmethod
    def of(
        cls,
        mappings: Sequence[Mapping],
        shelf: TableShelf,
        forms: FormFolders | None = None,
        problems: Problems | None = None,
    ) -> Flows:
        """Check mappings that were read already.

        Args:
            mappings: The mappings.
            shelf: Their tables.
            forms: What is known of the forms they lead to.
            problems: What was found wrong while they were read.

        Raises:
            SetupError: One of them is wrong.
        """
        problems = problems or Problems()
        for mapping in mappings:
            compile_mapping(mapping, SourceObject({}, mapping.stream), shelf, problems, load=False, forms=forms)
        refuse(problems)
        return cls(mappings, shelf, forms)

    def refuse_unnumbered(self) -> None:
        """Refuse mappings whose documents would have no number: they can be looked at, but not be sent.

        Raises:
            SetupError: There is one.
        """
        problems = Problems()
        for mapping in self._mappings:
            if mapping.number is None:
                problems.add(mapping.place, "has no number:, the field of head by which a document is found again")
        refuse(problems)

    @property
    def streams(self) -> set[str]:
        """The streams that have a mapping."""
        return {mapping.stream for mapping in self._mappings}

    def compiled(self, stream: str) -> CompiledMapping:
        """Return the first mapping of a stream, compiled without its SCHEMA and its tables' rows.

        Raises:
            SetupError: It is wrong.
        """
        problems = Problems()
        (mapping, *_) = [one for one in self._mappings if one.stream == stream]
        fields = SourceObject({}, stream)
        compiled = compile_mapping(mapping, fields, self._shelf, problems, load=False, forms=self._forms)
        refuse(problems)
        assert compiled is not None  # noqa: S101 - narrows the type; there was no problem
        return compiled

    def open(self, stream: str, schema: dict[str, Any], key: Sequence[str]) -> StreamFlows:
        """Compile the mappings of a stream against its schema, and load their tables.

        Raises:
            SetupError: A mapping reads a field that the stream does not have, or a table is not there.
            UserError: A table's database does not answer.
        """
        problems = Problems()
        fields = SourceObject(schema, stream)
        wanted = [mapping for mapping in self._mappings if mapping.stream == stream]
        compiled = [
            compile_mapping(mapping, fields, self._shelf, problems, load=True, forms=self._forms) for mapping in wanted
        ]
        refuse(problems)
        flows = [flow for flow in compiled if flow is not None]
        return StreamFlows(stream, fields, key, flows, self._shelf.refresh if self._shelf.reloads else None)


def refuse(problems: Problems) -> None:
    """Raise what was found wrong, the first in full.

    Raises:
        SetupError: Something was.
    """
    if problems.found:
        more = len(problems.found) - 1
        rest = f" (and {more} more: `mapper-kd check` lists them)" if more else ""
        raise SetupError(f"{problems.found[0]}{rest}")


def find_mappings(paths: Sequence[Path]) -> list[tuple[Path, Path | None]]:
    """Return the mapping files that these paths name, with the folder each was found in.

    Raises:
        SetupError: A path is not there, or a folder holds no mapping.
    """
    found: dict[Path, Path | None] = {}
    for path in paths:
        if path.is_dir():
            files = sorted(file for file in path.rglob("*") if _is_mapping(file))
            if not files:
                raise SetupError(f"the folder {path.as_posix()} of the setting flows holds no mapping (.yml or .json).")
            found.update(dict.fromkeys(files, path))
        elif path.is_file():
            found[path] = None
        else:
            raise SetupError(f"the mapping {path.as_posix()} is not there; check the setting mapping or flows.")
    return list(found.items())


def _is_mapping(file: Path) -> bool:
    is_beside = file.stem.endswith(_CASES) or file.name == _COLLECTIONS
    return file.suffix in _SUFFIXES and not is_beside and file.is_file()


def read_mappings(paths: Sequence[Path], problems: Problems) -> Iterator[Mapping | None]:
    """Yield the mapping of each file; None for one that cannot be compiled at all, with its problems noted."""
    for path, folder in find_mappings(paths):
        yield read_mapping(path, mapping_name(path, folder), problems)

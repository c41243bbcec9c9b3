"""A merge as two functions: one from a source record to what it contributes, one from the merged record to documents.

Both are written by the ordinary writer. What a record contributes is the model of a mapping made up here: fields
``b0``, ``b1`` … for `by`, ``v0`` … for the arguments of `values`, lists ``l0`` … for `lines`; with `each` there are
several, as of a mapping with ``documents:``. The merged record has a
schema made of theirs, so that head, lines and documents are compiled against it as against a tap's.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import msgspec

from mapper_kd.mapping.model import Body, Documents, Field, LineList, Value
from mapper_kd.merging.section import PART, read_merge
from mapper_kd.source_record import SourceObject
from mapper_kd.text_functions import text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from mapper_kd.compiled import Companion, CompiledMapping
    from mapper_kd.failures import Failure
    from mapper_kd.mapping import Let, Mapping
    from mapper_kd.merging.section import Merge, MergedList, MergedValue
    from mapper_kd.yaml_nodes import Problems

_SUFFIX = "suffix"
_FIXED = {"sum": "number", "average": "number", "count": "integer", "join": "string"}


@dataclass(frozen=True)
class CompiledMerge:
    """The second stage of a mapping that merges.

    Attributes:
        section: What the mapping says.
        building: From the merged record to documents.
        suffix: From the merged record to what follows the number of a later part.
        fields: The merged record's properties.
    """

    section: Merge
    building: CompiledMapping
    suffix: CompiledMapping
    fields: SourceObject

    @cached_property
    def record_type(self) -> type[Any]:
        """The structure of the merged record as the second stage reads it."""
        return self.fields.structure()

    def make(self, values: dict[str, Any]) -> tuple[list[Any], list[Companion] | None, Failure | None]:
        """Build the documents of a merged record.

        Args:
            values: The merged record.

        Returns:
            The models (none where the mapping wants none), the base data that they refer to, and what went wrong.
        """
        stage = self.building
        try:
            record = msgspec.convert(values, self.record_type)
            built = stage.build(record)
            models = built if isinstance(built, list) else [] if built is None else [built]
            if models and values[PART] > 1 and self.building.mapping.number is not None:
                stage = self.suffix
                self._add_suffix(models, stage.build(record))
        except Exception as error:  # noqa: BLE001 - whatever one document does ends as its dead letter
            return [], None, stage.explain(error)
        companions = self.building.base_data
        return models, companions.make(record) if companions is not None and models else None, None

    def _add_suffix(self, models: list[Any], made: Any) -> None:
        suffix = text(getattr(made, struct_attributes(type(made))[_SUFFIX]))
        for model in models if suffix else ():
            name = self.number_attribute(model)
            setattr(model, name, f"{getattr(model, name)}{suffix}")

    def number_attribute(self, model: Any) -> str:
        """Return the attribute of a model that holds its number."""
        return struct_attributes(type(model))[str(self.building.mapping.number)]


_attributes: dict[type[Any], dict[str, str]] = {}


def struct_attributes(structure: Any) -> dict[str, str]:
    """Return the attributes of a generated structure by the keys that they have in JSON."""
    known = _attributes.get(structure)
    if known is None:
        named = zip(structure.__struct_encode_fields__, structure.__struct_fields__, strict=True)
        known = _attributes[structure] = dict(named)
    return known


def compile_merge(
    mapping: Mapping, fields: SourceObject, problems: Problems, compile_one: Callable[..., CompiledMapping | None]
) -> CompiledMapping | None:
    """Compile a mapping that merges.

    Args:
        mapping: It.
        fields: The stream's properties.
        problems: Receives all that is wrong.
        compile_one: Compiles an ordinary mapping, given it, the properties of what it reads, and whether it makes
            documents of the form.

    Returns:
        The function that gathers, with the schema of the documents and the second stage as its `merge`; None when
        something is wrong.
    """
    assert mapping.merge is not None  # noqa: S101 - narrows the type; the caller has looked
    before = len(problems.found)
    section = read_merge(mapping.merge)
    if len(problems.found) > before:
        return None
    gathered = compile_one(_gathering(mapping, section), fields, is_document=False)
    if gathered is None:
        return None
    schema = _merged_schema(section, gathered.schema["properties"])
    for one in section.by:
        if schema["properties"][one.name].get("type", [""])[0] == "array":
            problems.add(one.value.place, f"={one.value.expression} is a list; by: needs single values")
    merged = SourceObject(schema, "the merged record", is_made=True)
    building = compile_one(replace(mapping, merge=None), merged, is_document=True)
    suffix = compile_one(_suffixing(mapping, section), merged, is_document=False)
    if building is None or suffix is None or len(problems.found) > before:
        return None
    return replace(
        gathered, mapping=mapping, schema=building.schema, merge=CompiledMerge(section, building, suffix, merged)
    )


def _gathering(mapping: Mapping, section: Merge) -> Mapping:
    """Make up the mapping whose model is what a record contributes."""
    body = Body(
        section.let,
        (*_fields(section.by, section.values),),
        tuple(_list(index, one) for index, one in enumerate(section.lines)),
    )
    gathering = _bare(mapping, body, section.where)
    if section.each is None:
        return gathering
    return replace(gathering, documents=Documents(section.each.place, section.each))


def _suffixing(mapping: Mapping, section: Merge) -> Mapping:
    return _bare(mapping, Body((), (Field((_SUFFIX,), section.number_suffix),)), None)


def _bare(mapping: Mapping, body: Body, where: Value | None) -> Mapping:
    return replace(
        mapping, where=where, body=body, base_data=(), documents=None, merge=None, organisations=None, number=None
    )


def _list(index: int, one: MergedList) -> LineList:
    return LineList(
        keys=(f"l{index}",),
        place=one.place,
        body=Body(one.let, tuple(_fields(one.by, one.values))),
        each=one.each,
        where=one.where if one.each is not None else None,
        when=one.where if one.each is None else None,
        keeps_empty=True,
    )


def _fields(by: tuple[Let, ...], values: tuple[MergedValue, ...]) -> Iterable[Field]:
    for index, one in enumerate(by):
        yield Field((f"b{index}",), one.value)
    for index, value in enumerate(values):
        if value.argument is not None:
            yield Field((f"v{index}",), value.argument)


def _merged_schema(section: Merge, gathered: dict[str, Any]) -> dict[str, Any]:
    properties = _row_schema(section.by, section.values, gathered)
    for index, one in enumerate(section.lines):
        row = _row_schema(one.by, one.values, gathered[f"l{index}"]["items"]["properties"])
        properties[one.name] = {"type": ["array", "null"], "items": {"type": "object", "properties": row}}
    properties[PART] = {"type": "integer"}
    return {"type": "object", "properties": properties}


def _row_schema(by: tuple[Let, ...], values: tuple[MergedValue, ...], gathered: dict[str, Any]) -> dict[str, Any]:
    row = {one.name: gathered[f"b{index}"] for index, one in enumerate(by)}
    for index, value in enumerate(values):
        row[value.name] = _value_schema(value, gathered.get(f"v{index}", {}))
    return row


def _value_schema(value: MergedValue, argument: dict[str, Any]) -> dict[str, Any]:
    if value.function in _FIXED:
        return {"type": [_FIXED[value.function], "null"]}
    if value.function in {"", "from_first", "from_last"}:
        return argument
    item = argument.get("items", {}) if "array" in argument.get("type", ()) else argument
    return {"type": ["array", "null"], "items": item} if value.function in {"distinct", "list"} else item

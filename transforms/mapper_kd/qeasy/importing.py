"""A scheme turned into a mapping of our own language, as a text that a person can read and the compiler can run."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mapper_kd.qeasy.draft import DraftMapping
from mapper_kd.qeasy.grouping import regrouped
from mapper_kd.qeasy.mapping_text import MappingText, write_mapping
from mapper_kd.qeasy.places import Place
from mapper_kd.qeasy.reading import read_scheme
from mapper_kd.qeasy.report import Report
from mapper_kd.qeasy.roots import PlainRoot
from mapper_kd.qeasy.shaping import Shape, flattened, shape_of
from mapper_kd.qeasy.source_settings import stream_of
from mapper_kd.qeasy.translation import list_paths, translate_entries
from mapper_kd.qeasy.value_translation import is_reference

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from mapper_kd.qeasy.draft import DraftField
    from mapper_kd.qeasy.roots import Root
    from mapper_kd.qeasy.scheme import Scheme, Target
    from mapper_kd.qeasy.surroundings import Surroundings

_NUMBERS = ("FBillNo", "FNumber", "FStaffNumber")
_SAVING_CALLS = frozenset({"batchsave", "save", "draft"})
"""Fields that may be a form's document number, in the order they are looked for; in any case of letters."""


@dataclass
class Imported:
    """A scheme, read and translated.

    Attributes:
        draft: None when the scheme has no target, and so no mapping.
        text: The YAML of the mapping; None likewise.
    """

    scheme: Scheme
    report: Report
    surroundings: Surroundings
    draft: DraftMapping | None = None
    text: MappingText | None = None
    root: Root = field(default_factory=PlainRoot)


def import_scheme(paths: list[Path], surroundings: Surroundings) -> Imported:
    """Read and translate a scheme.

    Args:
        paths: Its file, or the file of its source and the one of its target.
        surroundings: What it refers to.

    Raises:
        SetupError: A file is not there, or no scheme at all. What else is wrong is in the report.
    """
    report = Report()
    scheme = read_scheme(paths, report)
    imported = Imported(scheme, report, surroundings)
    if scheme.target is not None:
        imported.draft, imported.root = translate_scheme(scheme, surroundings, report)
        imported.text = write_mapping(imported.draft)
    return imported


def translate_scheme(scheme: Scheme, surroundings: Surroundings, report: Report) -> tuple[DraftMapping, Root]:
    """Translate a scheme that has a target."""
    target = scheme.target
    assert target is not None  # noqa: S101 - narrows the type; the caller has looked
    plain = PlainRoot(frozenset({*list_paths(target.request), *_flat_lists(scheme)}))
    shape = None if scheme.source is None else shape_of(scheme.source, plain, surroundings, report)
    draft = DraftMapping(
        stream=surroundings.stream or stream_of(scheme),
        form=surroundings.form or form_of(scheme, target),
        node=target.node,
        title=_title(scheme),
    )
    root = _grouped(scheme, target, shape, draft)
    root = plain if root is None else root
    place = Place(root, surroundings, report, target.node, page_size=scheme.source.page_size if scheme.source else None)
    if draft.form.lower() in _SAVING_CALLS:
        report.warning(
            "NO_FORM",
            target.node,
            f"No FormId says which form {draft.form} saves; form: {draft.form} of the mapping is none of Kingdee's.",
            "Add FormId to otherRequest, or form: to the file for --collections.",
        )
    body = translate_entries(target.request, place)
    draft.fields, draft.lists = body.fields, body.lists
    draft.number = _number(target, draft, report)
    draft.tables = surroundings.declared
    return draft, root


def _flat_lists(scheme: Scheme) -> Iterable[tuple[str, ...]]:
    for name, _ in scheme.source.flat if scheme.source is not None else ():
        yield tuple(name.split("."))


def _grouped(scheme: Scheme, target: Target, shape: Shape | None, draft: DraftMapping) -> Root | None:
    flat = flattened(shape, scheme.source) if shape is not None and shape.each and scheme.source is not None else None
    is_merge = target.operation is not None and target.operation.method == "merge"
    if target.grouping is None and not is_merge:
        if shape is not None:
            draft.where, draft.let = shape.where, shape.let
            draft.each = shape.each
            if scheme.source is not None:
                draft.where_node = scheme.source.node.get("condition")
                draft.each_node = scheme.source.flat[0][1] if scheme.source.flat else None
        return flat
    made = regrouped(target.grouping, target.operation if is_merge else None, shape, flat)
    if shape is not None:
        made.merge.where, made.merge.let = shape.where, shape.let
    draft.merge, draft.let = made.merge, made.let
    draft.each, draft.each_node = made.each, made.merge.node
    return made.root


def form_of(scheme: Scheme, target: Target) -> str:
    """Return the form that the documents go to: FormId, or else the interface."""
    for entry in (*target.other, *target.request):
        if entry.field.lower() == "formid" and entry.written and "{" not in entry.written:
            return entry.written.strip()
    return target.api or scheme.name


def _number(target: Target, draft: DraftMapping, report: Report) -> str | None:
    fields = {one.key.lower(): one for one in draft.fields if "." not in one.key}
    found: DraftField | None = next((fields[name.lower()] for name in _NUMBERS if name.lower() in fields), None)
    if found is not None and found.value.expression == "None":
        found = None
    if found is not None and draft.merge is not None and draft.each is not None:
        report.warning(
            "SPLIT_SAME_NUMBER",
            draft.merge.node,
            f"Documents that bodyMaxLine cuts have the same {found.key}: they can be previewed, not delivered.",
            f'Give the parts a number each, such as {found.key}: =f"{{…}}-{{line.part}}", and write '
            f"number: {found.key} in the mapping.",
        )
        return None
    if found is not None and draft.each is not None and "line" not in str(found.value.expression):
        report.warning(
            "SAME_NUMBER",
            draft.each_node or target.node,
            f"Each flattened row is a document, and all of a record have the same {found.key}.",
            "Write the list as lines: of one document, with each:, and number: in the mapping.",
        )
        return None
    if found is None:
        report.note(
            "NO_NUMBER",
            target.node,
            "No field of the documents is their number: they can be previewed, not delivered.",
            "Write number: in the mapping, with the field by which a document is found again.",
        )
        return None
    entry = next((one for one in target.request if one.field == found.key), None)
    if found.value.expression is not None and entry is not None and not is_reference(entry):
        found.more = {**found.more, "type": "as_is"}
    if "required" not in found.more:
        report.note(
            "EMPTY_NUMBER",
            found.node,
            f"A record without {found.key} is a dead letter here; the scheme would send it without a number.",
            "Fill it in the source, or make the number of fields that are always there.",
        )
    return found.key


def _title(scheme: Scheme) -> list[str]:
    source, target = scheme.source, scheme.target
    names = [side.api for side in (source, target) if side is not None and side.api]
    title = [" → ".join(names)] if names else []
    lines = [*title, f"From the Qeasy scheme {scheme.file.rpartition('/')[2]}; `mapper-kd import-qeasy` wrote this."]
    return ["".join(letter for letter in line if unicodedata.category(letter)[0] != "C") for line in lines]

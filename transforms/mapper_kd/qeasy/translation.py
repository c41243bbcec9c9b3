"""Field entries as fields and lists of our own language (contract 6.3, 7)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mapper_kd.kinds import speakable
from mapper_kd.qeasy.draft import DraftField, DraftList
from mapper_kd.qeasy.native import Native
from mapper_kd.qeasy.placeholders import Placeholder, split
from mapper_kd.qeasy.places import Row
from mapper_kd.qeasy.roots import quoted
from mapper_kd.qeasy.side_reading import path_of
from mapper_kd.qeasy.value_translation import translate_entry

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from mapper_kd.qeasy.places import Place
    from mapper_kd.qeasy.scheme import Entry

_NO_ROWS = "chunks(None, 1)"
_VARIABLES = ("LAST_SYNC_TIME", "CURRENT_TIME", "DAYS_AGO_", "PAGINATION_")


@dataclass
class Translation:
    """What entries come to: fields, and lists."""

    fields: list[DraftField] = field(default_factory=list)
    lists: list[DraftList] = field(default_factory=list)


def translate_entries(entries: Iterable[Entry], place: Place, prefix: str = "") -> Translation:
    """Translate entries that stand at one place.

    Args:
        entries: In their order.
        place: What their names mean.
        prefix: The keys of the objects around them, each with a dot behind it.
    """
    done = Translation()
    for entry in entries:
        if not all(entry.field.split(".")) or not speakable(entry.field):
            place.report.error("BAD_FIELD", entry.node, f"{entry.field!r} is no key that can be sent.", "Rename it.")
        elif entry.is_list:
            made = _list(entry, place, prefix)
            if made.each != f"={_NO_ROWS}" or made.required:
                done.lists.append(made)
        elif entry.children:
            _object(entry, place, prefix, done)
        else:
            _field(entry, place, prefix, done)
    return done


def _object(entry: Entry, place: Place, prefix: str, done: Translation) -> None:
    if entry.required or entry.parsers or entry.mapping:
        place.report.warning(
            "UNSUPPORTED",
            entry.node,
            f"{entry.field} is an object with children; is_required, parser and mapping of it are not done.",
            "Say it of one of its children.",
        )
    below = translate_entries(entry.children, place, f"{prefix}{entry.field}.")
    done.fields += below.fields
    done.lists += below.lists


def _field(entry: Entry, place: Place, prefix: str, done: Translation) -> None:
    translated = translate_entry(entry, place)
    key = f"{prefix}{entry.field}"
    if translated is None:
        if entry.required:
            place.report.warning(
                "REQUIRED_WITHOUT_VALUE",
                entry.node,
                f"{entry.field} is required and has no value: every record is rejected.",
                "Give it a value, or take is_required away.",
            )
            done.fields.append(DraftField(key, Native("None"), entry.place, entry.label, {"required": True}))
        return
    more = dict(translated.more)
    if entry.required:
        more["required"] = True
    done.fields.append(DraftField(".".join([key, *translated.keys]), translated.value, entry.place, entry.label, more))


# --- lists


def _list(entry: Entry, place: Place, prefix: str) -> DraftList:
    each, inside, comment = _rows(entry, place)
    below = translate_entries(entry.children, inside)
    return DraftList(
        key=f"{prefix}{entry.field}",
        node=entry.place,
        each=None if each is None else f"={each}",
        required=entry.required,
        comment=" ".join(filter(None, [entry.label, comment])),
        fields=below.fields,
        lists=below.lists,
    )


def _rows(entry: Entry, place: Place) -> tuple[str | None, Place, str]:
    """Return what gives a list its rows (None is one row), the place in them, and what to say about it."""
    written = entry.written
    if entry.value is not None and (written is None or written.strip().startswith("_")):
        place.report.error(
            "BAD_LIST", entry.place, f"The value of the list {entry.field} is no name of a list.", "Name the list."
        )
        return None, place, ""
    if written is not None:
        return _named(entry, path_of(written), place)
    candidates = _candidates(entry.children, place)
    if not candidates:
        return None, place, ""
    known = [path for path in candidates if path in place.root.lists]
    if len(known) > 1:
        place.report.error(
            "AMBIGUOUS_LIST",
            entry.node,
            f"{entry.field} could have the rows of {' or '.join('.'.join(path) for path in known)}.",
            "Name the list in its value.",
        )
        return None, place, ""
    if len(candidates) == 1 and len(candidates[0]) == 1:
        return _only(candidates[0], place)
    return _driven(candidates, place)


def _named(entry: Entry, path: tuple[str, ...], place: Place) -> tuple[str | None, Place, str]:
    if place.drives(path):  # the list that already drives: its current row, once
        return None, place, ""
    each = place.at(entry.place).rows_of(path)
    if each is None:
        place.report.warning(
            "EMPTY_LIST", entry.place, f"There is no list {'.'.join(path)} any more: {entry.field} is not sent."
        )
        return _NO_ROWS, place.inside(Row(path)), ""
    return each, place.inside(Row(path, columns=place.root.list_columns(path))), ""


def _only(path: tuple[str, ...], place: Place) -> tuple[str | None, Place, str]:
    each = place.rows_of(path)
    if path in place.root.lists and each is not None:
        return each, place.inside(Row(path, columns=place.root.list_columns(path))), ""
    if each is None:
        return None, place, ""
    return f"qeasy.rows({each})", place.inside(Row(path)), f"one row, or each of {path[0]} if that is a list"


def _driven(candidates: Sequence[tuple[str, ...]], place: Place) -> tuple[str | None, Place, str]:
    roots = dict.fromkeys(path[0] for path in candidates)
    given = []
    for root in roots:
        paths = [path for path in candidates if path[0] == root]
        each = place.rows_of((root,))
        if each is not None:
            given += [f"{quoted('.'.join([*path, '_']))}, {each}" for path in paths]
    parts = frozenset(roots)
    return f"qeasy.driver({', '.join(given)})", place.inside(Row((), parts)), "the rows of the one that is a list"


def _candidates(entries: Iterable[Entry], place: Place) -> list[tuple[str, ...]]:
    """Return the paths that may be lists which no array entry drives yet; of two in each other the outer."""
    found: dict[tuple[str, ...], None] = {}
    for path in _paths(entries):
        if len(path) > 1 and not place_drives(path, place) and not path[1].isdigit():
            known = [path[:size] for size in range(1, len(path)) if path[:size] in place.root.lists]
            found.setdefault(known[0] if known else path[:-1])
    return [path for path in found if not any(path[: len(other)] == other for other in found if other != path)]


def place_drives(path: tuple[str, ...], place: Place) -> bool:
    """Whether a path begins with a list whose row is around the place."""
    return any((row.path and path[: len(row.path)] == row.path) or path[0] in row.parts for row in place.around)


def _paths(entries: Iterable[Entry]) -> Iterator[tuple[str, ...]]:
    for entry in entries:
        if entry.children:
            if entry.value is None:
                yield from _paths(entry.children)
            continue
        for part in split(entry.written or ""):
            if isinstance(part, Placeholder) and not part.written.strip("{ ").startswith(_VARIABLES):
                yield part.segments


def list_paths(entries: Iterable[Entry]) -> Iterator[tuple[str, ...]]:
    """Yield the paths that array entries name as their lists, and so are known to be lists."""
    for entry in entries:
        if entry.is_list and entry.written is not None and not entry.written.strip().startswith("_"):
            yield path_of(entry.written)
        yield from list_paths(entry.children)

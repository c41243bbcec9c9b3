"""What a source does to its records before they are mapped: derived fields, the filter, flattening (contract 10, 11).

They become ``let:``, ``where:`` and ``documents:`` of the mapping.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mapper_kd.qeasy.draft import DraftLet
from mapper_kd.qeasy.json_nodes import spelled
from mapper_kd.qeasy.native import SchemeError
from mapper_kd.qeasy.placeholders import split, template
from mapper_kd.qeasy.places import Place
from mapper_kd.qeasy.roots import FlatRoot, PlainRoot, is_name, quoted, reading
from mapper_kd.qeasy.side_reading import path_of
from mapper_kd.qeasy.value_parsers import constant_text

if TYPE_CHECKING:
    from mapper_kd.qeasy.report import Report
    from mapper_kd.qeasy.scheme import Condition, DerivedField, Source
    from mapper_kd.qeasy.surroundings import Surroundings

_TIME_FORMS = {
    "time": "%H:%M:%S",
    "dateTime": "%Y-%m-%d %H:%M",
    "shortDate": "%m-%d",
    "shortTime": "%H:%M",
    "shortDateTime": "%m-%d %H:%M",
}


@dataclass
class Shape:
    """What shaping comes to.

    Attributes:
        where: An expression; None keeps every record.
        each: The list whose rows become records of their own.
        row_fields: For each list, its rows' derived fields.
    """

    root: PlainRoot
    let: list[DraftLet] = field(default_factory=list)
    where: str | None = None
    each: str | None = None
    flat: str = ""


def shape_of(source: Source, root: PlainRoot, surroundings: Surroundings, report: Report) -> Shape:
    """Translate the shaping of a source."""
    shape = Shape(root)
    place = Place(root, surroundings, report, source.node, page_size=source.page_size)
    for derived in source.derived:
        _derive(derived, shape, place)
    if source.conditions:
        _filter(source, shape, place)
    if source.flat:
        _flatten(source, shape, report)
    return shape


# --- formatResponse


def derived_text(derived: DerivedField, value: str, *, seconds: bool) -> str:
    """Return the expression of a derived field.

    Raises:
        SchemeError: Its argument is wrong.
    """
    name, argument = derived.format, derived.argument
    if name in _TIME_FORMS:
        form = "%Y-%m-%d %H:%M:%S" if name == "dateTime" and seconds else _TIME_FORMS[name]
        return f"sql.shown({value}, {quoted(form)})"
    if name == "dateDescription":
        return f"sql.ago({value}, now())"
    if name in {"round", "longText"}:
        written = argument or {"round": "2", "longText": "15"}[name]
        if not written.isdecimal():
            raise SchemeError("UNKNOWN_FORMAT", f"{name} needs a whole number, not {written}")
        if name == "longText":
            return f"sql.long_text({value}, {int(written)})"
        return f"sql.plain(sql.round(sql.number({value}), {int(written)})) if {value} is not None else None"
    if name == "implode":
        return f"qeasy.join({value}, {quoted(',' if argument is None else argument)})"
    return f"sql.{name}({value})"


def _derive(derived: DerivedField, shape: Shape, place: Place) -> None:
    place = place.at(derived.node)
    known = [derived.old[:size] for size in range(1, len(derived.old)) if derived.old[:size] in shape.root.lists]
    if known:
        place.report.error(
            "UNSUPPORTED",
            derived.node,
            f"A field derived in each row of {'.'.join(known[0])} is not translated.",
            "Write the format as a filter or a _function where the field is used.",
        )
        return
    if not is_name(derived.new):
        place.report.error("BAD_FIELD", derived.node, f"{derived.new!r} is no name for a field.", "Rename it.")
        return
    try:
        text = derived_text(derived, reading("", derived.old), seconds=place.options.datetime_seconds)
    except SchemeError as error:
        place.report.error(error.code, derived.node, f"{error}.", "Write another format.")
        return
    old = f"record[{quoted(derived.new)}]"
    shape.let.append(
        DraftLet(
            derived.new, f"=coalesce({text}, {old})" if derived.old == (derived.new,) else f"={text}", derived.node
        )
    )


# --- condition


def condition_text(condition: Condition, value: str, place: Place) -> str:
    """Return the expression of one comparison.

    Raises:
        SchemeError: Its value is none that can be compared.
    """
    wanted = condition.value
    if condition.logic in {"notnull", "isnull"}:
        return f"qeasy.{condition.logic}({value})"
    if isinstance(wanted, str) and wanted.startswith("timestamp:"):
        value, wanted = f"qeasy.seconds({value})", wanted.removeprefix("timestamp:")
    if condition.logic in {"in", "notin", "between"}:
        parts = wanted if isinstance(wanted, list) else spelled(wanted).split(",")
        if condition.logic == "between" and len(parts) != 2:  # noqa: PLR2004 - low and high
            raise SchemeError("UNKNOWN_LOGIC", 'between needs "low,high"')
        name = {"in": "one_of", "notin": "none_of"}.get(condition.logic, condition.logic)
        return f"qeasy.{name}({value}, {', '.join(_operand(part, place) for part in parts)})"
    return f"qeasy.{condition.logic}({value}, {_operand(wanted, place)})"


def _operand(value: Any, place: Place) -> str:
    if isinstance(value, str):
        return template(split(value), place).text
    found = constant_text(value)
    if found is None or value is None:
        raise SchemeError("UNKNOWN_LOGIC", f"{json.dumps(value, default=str)} cannot be compared with")
    return found


def _filter(source: Source, shape: Shape, place: Place) -> None:
    groups = [_Group(group, shape.root, place) for group in source.conditions]
    lists = list(dict.fromkeys(path for group in groups for path in group.lists))
    if any(len(path) > 1 for path in lists):
        path = next(path for path in lists if len(path) > 1)
        place.report.error(
            "UNSUPPORTED",
            source.node.value["condition"],
            f"A filter of the rows of {'.'.join(path)}, a list inside of another value, is not translated.",
            "Filter with where: in the list of the mapping.",
        )
        return
    named: list[str] = []
    for number, group in enumerate(groups, start=1):
        text = group.text()
        if len(groups) > 1 and lists:
            name = f"condition_{number}"
            shape.let.append(DraftLet(name, f"={text}", group.node))
            text = name
        named.append(text)
    shape.where = "=" + " or ".join(f"({text})" if len(named) > 1 and " and " in text else text for text in named)
    for path in lists:
        if all(path in group.lists for group in groups):
            _keep_rows(path, groups, named, shape, source)
        else:
            _keep_some(path, groups, named, shape, source)


def _keep_rows(path: tuple[str, ...], groups: list[_Group], named: list[str], shape: Shape, source: Source) -> None:
    (name,) = path
    tests = [group.row_test(path) for group in groups]
    both = [f"({one} and {test})" for one, test in zip(named, tests, strict=True)]
    test = tests[0] if len(groups) == 1 else " or ".join(both)
    text = f"[row for row in {_original(path)} if {test}]"
    if is_name(name):
        shape.let.append(DraftLet(name, f"={text}", source.node.value["condition"], "rows that pass the filter"))


def _keep_some(path: tuple[str, ...], groups: list[_Group], named: list[str], shape: Shape, source: Source) -> None:
    # A group that says nothing of the list keeps all of its rows.
    (name,) = path
    silent = " or ".join(one for one, group in zip(named, groups, strict=True) if path not in group.lists)
    tests = [
        f"({one} and {group.row_test(path)})" for one, group in zip(named, groups, strict=True) if path in group.lists
    ]
    text = f"[row for row in {_original(path)} if {silent} or {' or '.join(tests)}]"
    if is_name(name):
        shape.let.append(DraftLet(name, f"={text}", source.node.value["condition"], "rows that pass the filter"))


def _original(path: tuple[str, ...]) -> str:
    return reading("record", path)


class _Group:
    """Conditions of which all must hold; those on one list are tested together, row by row."""

    def __init__(self, conditions: tuple[Condition, ...], root: PlainRoot, place: Place) -> None:
        self.node = conditions[0].node
        self._place = place
        self._plain: list[Condition] = []
        self.lists: dict[tuple[str, ...], list[tuple[tuple[str, ...], Condition]]] = {}
        for condition in conditions:
            path = condition.path
            known = [path[:size] for size in range(1, len(path)) if path[:size] in root.lists]
            if known or (len(path) > 1 and not path[1].isdigit()):
                on = known[0] if known else path[:1]
                self.lists.setdefault(on, []).append((path[len(on) :], condition))
            else:
                self._plain.append(condition)

    def text(self) -> str:
        """Return the expression of the whole group."""
        tests = [self._one(condition, reading("", condition.path)) for condition in self._plain]
        for path in self.lists:
            kept = f"len([row for row in {self._rows(path)} if {self.row_test(path)}])"
            strict = any(condition.strict for _, condition in self.lists[path])
            tests.append(f"0 < len({self._rows(path)}) == {kept}" if strict else f"{kept} > 0")
        return " and ".join(tests)

    def row_test(self, path: tuple[str, ...]) -> str:
        """Return the expression that a row of the list must pass, which is called row."""
        tests = [self._one(condition, reading("row", below)) for below, condition in self.lists[path]]
        return " and ".join(tests)

    @staticmethod
    def _rows(path: tuple[str, ...]) -> str:
        return f"qeasy.rows({_original(path)})"

    def _one(self, condition: Condition, value: str) -> str:
        try:
            return condition_text(condition, value, self._place.at(condition.node))
        except SchemeError as error:
            self._place.report.error(error.code, condition.node, f"{error}.", "Correct the value.")
            return "True"


# --- beatFlat


def _flatten(source: Source, shape: Shape, report: Report) -> None:
    if len(source.flat) > 1:
        report.error(
            "UNSUPPORTED",
            source.flat[1][1],
            "Flattening a second list is not translated.",
            "Write the inner list as lines of the document, and take it out of beatFlat.",
        )
    name, node = source.flat[0]
    shape.flat = name
    shape.each = f"=qeasy.flat({reading('', path_of(name))})"
    report.note("FLATTENED", node, f"Fields that begin with {name}_ are read from the rows of {name}.")


def flattened(shape: Shape, source: Source) -> FlatRoot:
    """Return the root of flattened records."""
    return FlatRoot(shape.flat, path_of(source.id), shape.root)

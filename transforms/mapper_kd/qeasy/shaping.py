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
from mapper_kd.qeasy.roots import FlatRoot, PlainRoot, flat_places, is_name, quoted, reading
from mapper_kd.qeasy.side_reading import path_of
from mapper_kd.qeasy.value_parsers import constant_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mapper_kd.qeasy.report import Report
    from mapper_kd.qeasy.scheme import Condition, DerivedField, Source
    from mapper_kd.qeasy.surroundings import Surroundings

_DATE_TIME = "%Y-%m-%d %H:%M:%S"
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
        each: What gives the rows that become records of their own.
        rules: For a value that may be or hold a list: paths, new columns and formats of its rows.
    """

    root: PlainRoot
    let: list[DraftLet] = field(default_factory=list)
    where: str | None = None
    each: str | None = None
    rules: dict[str, list[DerivedField]] = field(default_factory=dict)
    formatted: dict[str, str] = field(default_factory=dict)

    def original(self, name: str) -> str:
        """Return the expression of a field of the record before any of its rows are filtered."""
        return self.formatted.get(name) or reading("record", (name,))


def shape_of(source: Source, root: PlainRoot, surroundings: Surroundings, report: Report) -> Shape:
    """Translate the shaping of a source."""
    shape = Shape(root)
    place = Place(root, surroundings, report, source.node, page_size=source.page_size)
    for derived in source.derived:
        _derive(derived, shape, place)
    _format_rows(source, shape, place)
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
        form = _DATE_TIME if name == "dateTime" and seconds else _TIME_FORMS[name]
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
    """Add a field of the record; where the path may lead into a list, note that its rows may have it."""
    place = place.at(derived.node)
    if not is_name(derived.new):
        place.report.error("BAD_FIELD", derived.node, f"{derived.new!r} is no name for a field.", "Rename it.")
        return
    deep = len(derived.old) > 1 and not derived.old[1].isdigit()
    try:
        value = _unlisted(derived.old) if deep else reading("", derived.old)
        text = derived_text(derived, value, seconds=place.options.datetime_seconds)
    except SchemeError as error:
        place.report.error(error.code, derived.node, f"{error}.", "Write another format.")
        return
    if deep:
        shape.rules.setdefault(derived.old[0], []).append(derived)
        if any(derived.old[:size] in shape.root.lists for size in range(1, len(derived.old))):
            return
    old = f"record[{quoted(derived.new)}]"
    shape.let.append(
        DraftLet(
            derived.new, f"=coalesce({text}, {old})" if derived.old == (derived.new,) else f"={text}", derived.node
        )
    )


def _unlisted(path: Sequence[str]) -> str:
    """Return what reads a path if there is no list on it."""
    text = reading("", path[:1])
    for index in range(1, len(path)):
        text = reading(f"qeasy.single({text})", path[index : index + 1])
    return text


def _format_rows(source: Source, shape: Shape, place: Place) -> None:
    filtered = {condition.path[0] for group in source.conditions for condition in group if len(condition.path) > 1}
    for name, rules in shape.rules.items():
        parts = [
            quoted(part)
            for one in rules
            for part in (".".join(one.old[1:]), one.new, _written(one, seconds=place.options.datetime_seconds))
        ]
        text = f"qeasy.formatted({reading('record', (name,))}, {', '.join(parts)})"
        own = f"{name}_formatted" if name in filtered else name
        if not is_name(own):
            place.report.error("BAD_FIELD", rules[0].node, f"{name!r} is no name for a list.", "Rename it in the tap.")
            continue
        shape.let.append(DraftLet(own, f"={text}", rules[0].node, "its rows have new columns" if own == name else ""))
        shape.formatted[name] = own


def _written(derived: DerivedField, *, seconds: bool) -> str:
    if derived.format in _TIME_FORMS:
        return _DATE_TIME if derived.format == "dateTime" and seconds else _TIME_FORMS[derived.format]
    return derived.format if derived.argument is None else f"{derived.format}({derived.argument})"


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
    tested = _tested_rows(source, shape)
    groups = [_Group(group, tested, place) for group in source.conditions]
    named: list[str] = []
    for number, group in enumerate(groups, start=1):
        text = group.text()
        if len(groups) > 1 and tested:
            name = f"condition_{number}"
            shape.let.append(DraftLet(name, f"={text}", group.node))
            text = name
        named.append(text)
    shape.where = "=" + " or ".join(f"({text})" if len(named) > 1 and " and " in text else text for text in named)
    for name, rows in tested.items():
        node = source.node.value["condition"]
        if not is_name(name):
            place.report.error("BAD_FIELD", node, f"{name!r} is no name for a list.", "Rename it in the tap.")
            continue
        silent = " or ".join(one for one, group in zip(named, groups, strict=True) if name not in group.rows)
        tests = [(one, group.row_test(name)) for one, group in zip(named, groups, strict=True) if name in group.rows]
        alone = len(groups) == 1
        test = " or ".join(test if alone else f"({one} and {test})" for one, test in tests)
        text = rows.kept(f"{silent} or {test}" if silent else test)
        shape.let.append(DraftLet(name, f"={text}", node, "rows that pass the filter"))


def _tested_rows(source: Source, shape: Shape) -> dict[str, _TestedRows]:
    """Return the values whose rows are tested, if they are lists."""
    paths: dict[str, dict[tuple[str, ...], None]] = {}
    for condition in (one for group in source.conditions for one in group):
        if len(condition.path) > 1 and not condition.path[1].isdigit():
            paths.setdefault(condition.path[0], {}).setdefault(condition.path)
    return {
        name: _TestedRows(shape.original(name), list(found), is_list=(name,) in shape.root.lists)
        for name, found in paths.items()
    }


class _TestedRows:
    """A value that may be a list, or hold one: only the data say so, unless the scheme treats it as one."""

    def __init__(self, value: str, paths: Sequence[tuple[str, ...]], *, is_list: bool) -> None:
        self._value = value
        self._is_list = is_list
        self._paths = [quoted(".".join(path)) for path in paths]
        self._is_deep = not is_list and any(len(path) > 2 for path in paths)  # noqa: PLR2004 - a list and its column
        self.all = f"qeasy.rows({value})"
        if self._is_deep:
            self.all = f"qeasy.driver({', '.join(f'{path}, {value}' for path in self._paths)})"

    def cell(self, path: tuple[str, ...]) -> str:
        """Return what reads a path in ``row``; of a list further down it is the first row's."""
        text = reading("row", path[:2] if self._is_deep else path[1:2])
        for index in range(2, len(path)):
            text = reading(f"qeasy.one({text})", path[index : index + 1])
        return text

    def kept(self, test: str) -> str:
        """Return the value with only the rows that pass a test."""
        if self._is_list:
            return f"[row for row in {self._value} if {test}]"
        rows = f"[row for row in {self.all} if {test}]"
        if self._is_deep:
            return f"qeasy.kept_in({self._value}, {rows}, {', '.join(self._paths)})"
        return f"qeasy.kept({self._value}, {rows})"


class _Group:
    """Conditions of which all must hold; those on one list are tested together, row by row."""

    def __init__(self, conditions: tuple[Condition, ...], tested: Mapping[str, _TestedRows], place: Place) -> None:
        self.node = conditions[0].node
        self._place = place
        self._tested = tested
        self._plain: list[Condition] = []
        self.rows: dict[str, list[Condition]] = {}
        for condition in conditions:
            if len(condition.path) > 1 and not condition.path[1].isdigit():
                self.rows.setdefault(condition.path[0], []).append(condition)
            else:
                self._plain.append(condition)

    def text(self) -> str:
        """Return the expression of the whole group."""
        tests = [self._one(condition, reading("", condition.path)) for condition in self._plain]
        for name, conditions in self.rows.items():
            rows = self._tested[name].all
            kept = f"len([row for row in {rows} if {self.row_test(name)}])"
            strict = any(condition.strict for condition in conditions)
            tests.append(f"0 < len({rows}) == {kept}" if strict else f"{kept} > 0")
        return " and ".join(tests)

    def row_test(self, name: str) -> str:
        """Return the expression that a row must pass, which is called row."""
        cell = self._tested[name].cell
        return " and ".join(self._one(condition, cell(condition.path)) for condition in self.rows[name])

    def _one(self, condition: Condition, value: str) -> str:
        try:
            return condition_text(condition, value, self._place.at(condition.node))
        except SchemeError as error:
            self._place.report.error(error.code, condition.node, f"{error}.", "Correct the value.")
            return "True"


# --- beatFlat


def _flatten(source: Source, shape: Shape, report: Report) -> None:
    names = [name for name, _ in source.flat]
    for name, node in source.flat:
        report.note("FLATTENED", node, f"Fields that begin with {name}_ are read from the rows of {name}.")
    if len(names) == 1:
        shape.each = f"=qeasy.flat({reading('', path_of(names[0]))})"
        return
    places = flat_places(names)
    given = "".join(f", {reading('', (name,))}" for name, path in places.items() if len(path) == 1)
    shape.each = f"=qeasy.flattened({quoted(','.join(map('.'.join, places.values())))}{given})"


def flattened(shape: Shape, source: Source) -> FlatRoot:
    """Return the root of flattened records."""
    own = {source.id, source.number, *(one.new for one in source.derived if len(one.old) == 1)}
    own |= {one.old[0] for one in source.derived}
    own |= {one.path[0] for group in source.conditions for one in group}
    names = [name for name, _ in source.flat]
    return FlatRoot(
        flat_places(names) if len(names) > 1 else {names[0]: ()},
        path_of(source.id),
        shape.root,
        (shape.each or "").removeprefix("="),
        frozenset(own - set(names)),
    )

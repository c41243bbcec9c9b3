"""The section ``merge:`` of a mapping, as the file says it."""

from __future__ import annotations

import ast
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from erp_sdk.messages import encode

from mapper_kd.expression_checks import ExpressionError, bracketed, parse_expression
from mapper_kd.kinds import speakable
from mapper_kd.mapping.model import Let, Value
from mapper_kd.mapping.values import condition, lets, value
from mapper_kd.merging.aggregates import NAMES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mapper_kd.yaml_nodes import Entry, Place

MERGE_KEYS = ("where", "let", "each", "by", "values", "lines", "max_lines", "number_suffix")
MERGED_LIST_KEYS = ("each", "where", "let", "by", "values")
PART = "part"


@dataclass(frozen=True)
class MergedValue:
    """A value of a merged record, or of one of its lines.

    Attributes:
        function: The aggregate; empty for a plain value of a line.
        argument: What it is made of, of each record or row; None counts records.
        mark: What ``join`` puts between two.
    """

    name: str
    argument: Value | None
    function: str = ""
    mark: str = ""


@dataclass(frozen=True)
class MergedList:
    """A list of lines of a merged record.

    Attributes:
        each: The list in a record that gives its rows; None makes the record itself a row.
        by: What tells lines apart, rows that agree in it are one line; without it each row is a line.
    """

    name: str
    place: Place
    each: Value | None
    where: Value | None
    let: tuple[Let, ...]
    by: tuple[Let, ...]
    values: tuple[MergedValue, ...]


@dataclass(frozen=True)
class Merge:
    """What makes one record of several.

    Attributes:
        where: Which records are merged at all.
        each: The list in a record whose rows are merged one by one, each where it belongs; None merges whole records.
        by: What tells merged records apart.
        max_lines: How many lines of the first list a document has at most; None is without limit.
        number_suffix: What follows the number of a group's second document and of later ones.
        shape: Tells contributions apart that were gathered by another wording of the section.
    """

    place: Place
    where: Value | None
    let: tuple[Let, ...]
    each: Value | None
    by: tuple[Let, ...]
    values: tuple[MergedValue, ...]
    lines: tuple[MergedList, ...]
    max_lines: int | None
    number_suffix: Value

    @property
    def shape(self) -> str:
        """See above: short, and the same for the same wording wherever the file lies."""
        told = [
            _spelled(self.let), _spelled(self.by), [_told(one) for one in self.values],
            [
                [one.name, _plain(one.each), _plain(one.where), _spelled(one.let), _spelled(one.by),
                 [_told(inner) for inner in one.values]]
                for one in self.lines
            ],
            *([] if self.each is None else [_plain(self.each)]),
        ]  # fmt: skip
        return hashlib.sha256(encode(told)).hexdigest()[:8]


def read_merge(entry: Entry) -> Merge:
    """Read the section; what is wrong goes into the entry's problems."""
    parts = entry.known(MERGE_KEYS)
    by = _names(parts.get("by"))
    if not by:
        entry.wrong("has no by:, which tells the documents apart")
    merge = Merge(
        place=entry.place,
        where=condition(parts, "where"),
        let=lets(parts.get("let")),
        each=condition(parts, "each"),
        by=by,
        values=_values(parts.get("values"), is_plain=False),
        lines=tuple(_list(name, one) for name, one in parts["lines"].entries()) if "lines" in parts else (),
        max_lines=_max_lines(parts["max_lines"]) if "max_lines" in parts else None,
        number_suffix=_suffix(parts.get("number_suffix"), entry),
    )
    _check_names(entry, [*_named(by), *_named(merge.values), *_named(merge.lines)])
    if merge.max_lines is not None and not merge.lines:
        parts["max_lines"].wrong("counts lines, and there is no lines: here")
    return merge


def _list(name: str, entry: Entry) -> MergedList:
    parts = entry.known(MERGED_LIST_KEYS)
    by = _names(parts.get("by"))
    values = _values(parts.get("values"), is_plain=not by)
    if not by and not values:
        entry.wrong("has neither by: nor values:, so that its lines would be empty")
    _check_names(entry, [*_named(by), *_named(values)])
    return MergedList(
        name=_name(name, entry),
        place=entry.place,
        each=condition(parts, "each"),
        where=condition(parts, "where"),
        let=lets(parts.get("let")),
        by=by,
        values=values,
    )


def _names(entry: Entry | None) -> tuple[Let, ...]:
    return () if entry is None else tuple(Let(_name(name, one), value(one)) for name, one in entry.entries())


def _name(name: str, entry: Entry) -> str:
    if (
        not name.isidentifier()
        or name.startswith("_")
        or not speakable(name)
        or name in {PART, "record", "line", "parent"}
    ):
        entry.wrong("is no name here: letters, digits and underscores, and none of part, record, line, parent")
    return name


def _named(some: Sequence[Let] | Sequence[MergedValue] | Sequence[MergedList]) -> list[str]:
    return [one.name for one in some]


def _check_names(entry: Entry, names: list[str]) -> None:
    for name in sorted({one for one in names if names.count(one) > 1}):
        entry.wrong(f"has {name} twice; names of by:, values: and lines: are one set")


def _values(entry: Entry | None, *, is_plain: bool) -> tuple[MergedValue, ...]:
    if entry is None:
        return ()
    read = _plain_value if is_plain else _aggregate
    return tuple(read(_name(name, one), one) for name, one in entry.entries())


def _plain_value(name: str, entry: Entry) -> MergedValue:
    return MergedValue(name, value(entry))


def _aggregate(name: str, entry: Entry) -> MergedValue:
    """Take an aggregate apart: its function, and the expression in it."""
    written = value(entry)
    if written.expression is None:
        entry.wrong(f"must be one of {', '.join(f'{one}()' for one in NAMES)}: {name}: =sum(paid)")
        return MergedValue(name, None, "count")
    try:
        call = parse_expression(written.expression)
    except ExpressionError as error:
        entry.wrong(f"={written.expression}: {error}")
        return MergedValue(name, None, "count")
    function = call.func.id if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) else ""
    if not isinstance(call, ast.Call) or function not in NAMES or call.keywords:
        entry.wrong(
            f"={written.expression} is no aggregate of the records; it must be one of "
            f"{', '.join(f'{one}()' for one in NAMES)}, with whatever expression in it"
        )
        return MergedValue(name, None, "count")
    return _argument(name, function, call, written, entry)


def _argument(name: str, function: str, call: ast.Call, written: Value, entry: Entry) -> MergedValue:
    given, mark = list(call.args), ","
    if function == "join" and len(given) > 1:
        last = given.pop()
        if isinstance(last, ast.Constant) and isinstance(last.value, str):
            mark = last.value
        else:
            entry.wrong(f"={written.expression} joins with something other than a text in quotes")
    if len(given) > 1 or (not given and function != "count"):
        entry.wrong(f"={written.expression} needs one value" + (" or none" if function == "count" else ""))
    if not given:
        return MergedValue(name, None, function)
    text = ast.get_source_segment(bracketed(written.expression or ""), given[0]) or ""
    if isinstance(given[0], ast.GeneratorExp):  # whose segment has the brackets of the call
        text = f"[{text[1:-1]}]"
    return MergedValue(name, Value(written.place, expression=text), function, mark)


def _max_lines(entry: Entry) -> int | None:
    most = entry.scalar()
    if isinstance(most, int) and not isinstance(most, bool) and most > 0:
        return most
    entry.wrong("needs a number of lines, 1 or more")
    return None


def _suffix(entry: Entry | None, section: Entry) -> Value:
    if entry is None:
        return Value(section.place, expression=f'concat("-", {PART})')
    return value(entry)


def _spelled(named: tuple[Let, ...]) -> list[list[str]]:
    return [[one.name, _plain(one.value)] for one in named]


def _told(one: MergedValue) -> list[str]:
    return [one.name, one.function, one.mark, _plain(one.argument)]


def _plain(written: Value | None) -> str:
    """Spell a value without its place in the file."""
    if written is None:
        return ""
    cases = [f"{_plain(one.when)}:{_plain(one.then)}" for one in written.cases]
    return f"{written.expression}|{written.constant}|{cases}|{_plain(written.otherwise)}|{dict(written.table)}"

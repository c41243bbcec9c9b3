"""The two sides of a scheme: source (源平台) and target (目标平台)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from mapper_kd.qeasy.entry_reading import read_entries
from mapper_kd.qeasy.json_nodes import Node, spelled
from mapper_kd.qeasy.known_keys import check_keys
from mapper_kd.qeasy.scheme import Condition, DerivedField, Entry, Grouping, Operation, Remedy, Source, Target

if TYPE_CHECKING:
    from mapper_kd.qeasy.report import Report

LOGIC = {
    **{name: name for name in ("eq", "neq", "gt", "lt", "egt", "elt", "like", "notlike", "between", "in", "notin")},
    **dict.fromkeys(("gte", "ge"), "egt"),
    **dict.fromkeys(("lte", "le"), "elt"),
    "notnull": "notnull",
    "isnull": "isnull",
    "ne": "neq",
    "nin": "notin",
}
"""Comparisons of a record filter by each of their names (contract 11)."""

FORMATS = {
    **{name: name for name in ("date", "time", "dateTime", "shortDate", "shortTime", "shortDateTime")},
    **{name: name for name in ("dateDescription", "longText", "intval", "round", "amount", "implode")},
    "datetime": "dateTime",
}
"""Formats of ``formatResponse`` by each of their names (contract 10.1)."""

CALCULATIONS = ("$sum", "$avg", "$min", "$max", "$push", "$addToSet", "$first", "$last")

_FORMAT = re.compile(r"(?P<name>\w+)\s*(?:\(\s*(?P<argument>.*?)\s*\))?\s*\Z", re.DOTALL)
_INDEX = re.compile(r"\[(\d+)\]")


def path_of(written: str) -> tuple[str, ...]:
    """Return the segments of a path as it is written, with or without braces; an index is digits."""
    bare = written.strip()
    while bare.startswith("{") and bare.endswith("}"):
        bare = bare[1:-1].strip()
    segments = tuple(part for part in _INDEX.sub(r".\1", bare).split(".") if part)
    return segments[1:] if len(segments) > 1 and segments[0] in {"source", "response"} else segments


def read_source(node: Node, report: Report) -> Source:
    """Read a source configuration."""
    check_keys(node, "source", report)
    paging = node.get("pagination")
    size = paging.text("pageSize") if paging is not None and paging.is_object else ""
    check_paging(paging, report)
    other = node.get("otherRequest")
    return Source(
        node=node,
        api=node.text("api"),
        id=node.text("id"),
        number=node.text("number"),
        id_check=_check_flag(node.get("idCheck"), default=True),
        page_size=int(size) if size.isdecimal() else None,
        request=read_entries(node.get("request"), report),
        other=read_entries(other, report),
        derived=_derived(node.get("formatResponse"), report),
        conditions=_conditions(node.get("condition"), report),
        flat=_flat(node, report),
        remedy=_remedy(node.get("omissionRemedy"), report),
    )


def check_paging(node: Node | None, report: Report) -> None:
    """Name the parts of ``pagination`` that the taps know by themselves."""
    for key, value in node.members() if node is not None else ():
        if key != "pageSize":
            report.note("PAGING", value, f"{key} is not read: our taps page by themselves.")


def _check_flag(node: Node | None, *, default: bool) -> bool:
    return default if node is None else spelled(node.value).strip().lower() not in {"false", "0", "no", ""}


def _derived(node: Node | None, report: Report) -> tuple[DerivedField, ...]:
    rules = []
    for item in node.items() if node is not None else ():
        old, new, written = item.text("old"), item.text("new"), item.text("format")
        match = _FORMAT.match(written.strip())
        name = FORMATS.get(match["name"]) if match else None
        if not old or not new:
            report.error(
                "NO_FIELD", item, "A format rule needs old and new.", 'Write {"old": …, "new": …, "format": …}.'
            )
        elif match is None or name is None:
            report.error(
                "UNKNOWN_FORMAT", item, f"There is no format {written!r}.", f"The formats are {', '.join(FORMATS)}."
            )
        else:
            argument = match["argument"]
            quoted = argument[1:-1] if argument and argument[0] in "'\"" and argument[-1] == argument[0] else argument
            rules.append(DerivedField(path_of(old), new, name, quoted, item))
    return tuple(rules)


def _conditions(node: Node | None, report: Report) -> tuple[tuple[Condition, ...], ...]:
    if node is None:
        return ()
    groups = node.items()
    if groups and all(group.is_object for group in groups):  # one group, written without its own list
        groups = [node]
    return tuple(
        tuple(condition for item in group.items() if (condition := _condition(item, report)) is not None)
        for group in groups
        if group.items()
    )


def _condition(item: Node, report: Report) -> Condition | None:
    written, field = item.text("logic"), item.text("field")
    logic = LOGIC.get(written.strip().lower())
    if not field or logic is None:
        what = f"There is no comparison {written!r}." if field else "A condition needs a field."
        report.error("UNKNOWN_LOGIC", item, what, f"The comparisons are {', '.join(LOGIC)}.")
        return None
    value = item.get("value")
    strict = _check_flag(item.get("strictMode"), default=False)
    return Condition(path_of(field), logic, None if value is None else value.plain(), strict, item)


def _flat(node: Node, report: Report) -> tuple[tuple[str, Node], ...]:
    other, config = node.get("otherRequestParams"), node.get("flattenConfig")
    lists = node.get("beatFlat") or (other.get("beatFlat") if other is not None else None)
    if lists is None and config is not None and _check_flag(config.get("enabled"), default=True):
        lists = config.get("arrayFields")
        if not _check_flag(config.get("preserveParent"), default=True):
            report.warning("UNSUPPORTED", config, "preserveParent false is not done: columns of the record stay.")
    if lists is None:
        return ()
    items = (
        lists.items()
        if lists.is_list
        else [Node(part.strip(), lists.path, lists.line) for part in lists.value.split(",")]
    )
    return tuple((".".join(path_of(spelled(item.value))), item) for item in items if item.value)


def _remedy(node: Node | None, report: Report) -> Remedy | None:
    if node is None:
        return None
    if node.get("adapter") is not None:
        report.warning(
            "UNSUPPORTED", node.value["adapter"], "The adapter of omissionRemedy is program code and is not run."
        )
    return Remedy(node.text("crontab"), read_entries(node.get("takeOverRequest"), report), node)


def read_target(node: Node, report: Report) -> Target:
    """Read a target configuration."""
    check_keys(node, "target", report)
    id_check, operation = node.get("idCheck"), _operation(node.get("operation"), report)
    return Target(
        node=node,
        api=node.text("api"),
        id_check=None if id_check is None else _check_flag(id_check, default=True),
        request=read_entries(node.get("request"), report),
        other=read_entries(node.get("otherRequest"), report),
        operation=operation,
        grouping=_grouping(node.get("groupCalculate"), report),
        writeback=_writeback(node.get("response"), report),
        distribution=node.text("distributionOrg"),
        write_mode=node.text("writeMode"),
    )


def _names(node: Node | None) -> tuple[str, ...]:
    if node is None:
        return ()
    items = [spelled(item.value) for item in node.items()] if node.is_list else spelled(node.value).split(",")
    return tuple(name.strip() for name in items if name.strip())


def _operation(node: Node | None, report: Report) -> Operation | None:
    if node is None or not node.is_object:
        return None
    method = node.text("method")
    if method in {"", "none"}:
        return None
    if method not in {"batchArraySave", "merge"}:
        report.error(
            "UNKNOWN_OPERATION", node, f"There is no operation {method}.", "Write batchArraySave, merge or none."
        )
        return None
    by, sums, body = _names(node.get("field")), _names(node.get("bodySum")), _names(node.get("body"))
    if method == "merge" and not (by and node.text("bodyName")):
        report.error(
            "BAD_MERGE", node, "merge needs field and bodyName.", "Name the columns to group by, and the list."
        )
        return None
    rows = node.text("rows")
    if method == "batchArraySave" and rows == "1":
        report.note(
            "ONE_ROW_A_CALL",
            node,
            "rows is 1: each document is one call.",
            "A larger number saves calls; batch_size of target-kingdee says how many go together.",
        )
    return Operation(
        node=node,
        method=method,
        rows=int(rows) if rows.isdecimal() and int(rows) else 1,
        by=by,
        list=node.text("bodyName"),
        header=_names(node.get("header")) or by,
        body=body,
        sums=sums,
    )


def _grouping(node: Node | None, report: Report) -> Grouping | None:
    if node is None or not node.is_object or not node.value:
        return None
    header, body, name = _names(node.get("headerGroup")), _names(node.get("bodyGroup")), node.text("bodyName")
    if not name or not (header or body):
        report.error(
            "BAD_GROUPING", node, "groupCalculate needs bodyName, and headerGroup or bodyGroup.", "Name the columns."
        )
        return None
    values = []
    calculate = node.get("calculate")
    for column, function in calculate.members() if calculate is not None else ():
        if function.value not in CALCULATIONS:
            report.error(
                "UNKNOWN_CALCULATION",
                function,
                f"There is no calculation {function.value!s}.",
                f"They are {', '.join(CALCULATIONS)}.",
            )
        else:
            values.append((column, str(function.value), function))
    limit = node.text("bodyMaxLine")
    return Grouping(
        node=node,
        header=header,
        body=body,
        list=name,
        target_list=node.text("targetBodyName") or name,
        max_lines=int(limit) if limit.isdecimal() and int(limit) else None,
        values=tuple(values),
    )


def _writeback(node: Node | None, report: Report) -> Entry | None:
    found = [item for item in (node.items() if node is not None else []) if item.text("field") == "primaryWriteback"]
    if not found:
        return None
    entries: tuple[Any, ...] = read_entries(Node([found[-1]], found[-1].path, found[-1].line), report)
    return entries[0] if entries else None

"""Records regrouped before they are rendered: `groupCalculate` and `operation.method: merge` (contract 9.2, 9.3)."""

from __future__ import annotations

from decimal import Decimal

from transforms.tests.qeasy.oracle.values import as_number, divided, is_empty, normal, text


def group_calculate(records, settings):
    """Return one record for each header group, cut into parts of at most `bodyMaxLine` rows."""
    made = []
    for group in _groups(records, settings.get("headerGroup", [])):
        rows = [_calculated(rows, settings) for rows in _groups(group, settings.get("bodyGroup", []))]
        size = settings.get("bodyMaxLine") or len(rows)
        header = {column: group[0].get(column) for column in settings.get("headerGroup", [])}
        made += [header | {settings["bodyName"]: rows[at : at + size]} for at in range(0, len(rows), size)]
    return made


def _calculated(rows, settings):
    row = {column: rows[0].get(column) for column in settings.get("bodyGroup", [])}
    for column, function in settings.get("calculate", {}).items():
        row[column] = CALCULATIONS[function]([each.get(column) for each in rows])
    return row


def merge(records, operation):
    """Return one record for each group of flattened ones: header columns, and a list of the body columns."""
    made = []
    for group in _groups(records, [column.strip() for column in operation["field"].split(",")]):
        rows = [{column: record.get(column) for column in operation["body"]} for record in group]
        sums = operation.get("bodySum", [])
        if sums:
            alike = _groups(rows, [column for column in operation["body"] if column not in sums])
            rows = [each[0] | {column: _sum([row[column] for row in each]) for column in sums} for each in alike]
        header = {column: group[0].get(column) for column in operation["header"]}
        made.append(header | {operation["bodyName"]: rows})
    return made


def _groups(records, columns):
    groups = {}
    for record in records:
        groups.setdefault(tuple(text(record.get(column)) for column in columns), []).append(record)
    return list(groups.values())


def _present(values):
    return [value for value in values if not is_empty(value)]


def _sum(values):
    return normal(sum((as_number(value) for value in _present(values)), Decimal(0)))


def _average(values):
    present = _present(values)
    return normal(divided(Decimal(_sum(present)), len(present))) if present else None


def _distinct(values):
    return [value for at, value in enumerate(values) if text(value) not in map(text, values[:at])]


CALCULATIONS = {
    "$sum": _sum,
    "$avg": _average,
    "$min": lambda values: min(_present(values), key=as_number, default=None),
    "$max": lambda values: max(_present(values), key=as_number, default=None),
    "$push": list,
    "$addToSet": _distinct,
    "$first": lambda values: values[0],
    "$last": lambda values: values[-1],
}

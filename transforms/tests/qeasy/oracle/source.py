"""The source side: the query that is sent, and what becomes of the records that come back (contract 10 to 13, 15.1)."""

from __future__ import annotations

from transforms.tests.qeasy.oracle.conditions import kept
from transforms.tests.qeasy.oracle.entries import Renderer, nested
from transforms.tests.qeasy.oracle.paths import MISSING, Place, segments, walk
from transforms.tests.qeasy.oracle.shaping import beat_flat, formatted
from transforms.tests.qeasy.oracle.target import system_entries
from transforms.tests.qeasy.oracle.values import text

_BILL_QUERY = "executebillquery"
_SYSTEM = {
    "FormId",
    "FilterString",
    "OrderString",
    "TopRowCount",
    "Limit",
    "StartRow",
    "FieldKeys",
    "SubSystemId",
}


def query(source, run, replaced=()):
    """Render the first page's request; `replaced` are entries of a backfill that take others' places."""
    replaced = {entry["field"]: entry for entry in replaced}
    entries = [replaced.pop(entry.get("field"), entry) for entry in source.get("request", [])]
    entries += list(replaced.values())
    bill_query = _is_bill_query(source)
    columns = _columns(entries) if bill_query else []
    sent = [entry for entry in entries if entry not in columns] + system_entries(source)
    made = Renderer().object(nested(sent, run), Place(run, {}))
    if bill_query:
        made.setdefault("FieldKeys", ",".join(entry["value"] for entry in columns))
        if run.page_size:
            made |= {"Limit": run.page_size, "StartRow": 0}
    return made


def remedy_query(source, run):
    """Render the backfill's request."""
    return query(source, run, source["omissionRemedy"]["takeOverRequest"])


def shaped(source, raw, run):
    """Return (records, repeats): derived fields, the filter, flattening, and the keys that came before."""
    records = [_keyed(source, row) for row in raw]
    records = [formatted(record, source.get("formatResponse", []), run) for record in records]
    records = [left for record in records for left in kept(record, source.get("condition"), run)]
    lists = _flat_lists(source)
    if lists:
        records = [row for record in records for row in beat_flat(record, lists, source.get("id"))]
    return _unseen(source, records, run)


def _is_bill_query(source):
    return str(source.get("api", "")).lower() == _BILL_QUERY


def _columns(entries):
    return [entry for entry in entries if entry["field"] not in _SYSTEM]


def _keyed(source, row):
    """Key one positional row of a bill query by its columns' names."""
    if not (_is_bill_query(source) and isinstance(row, list)):
        return row
    return dict(zip((entry["field"] for entry in _columns(source["request"])), row, strict=True))


def _flat_lists(source):
    other = source.get("otherRequestParams", {})
    config = source.get("flattenConfig", {})
    flat = source.get("beatFlat") or other.get("beatFlat")
    return flat or (config.get("arrayFields", []) if config.get("enabled") else [])


def _unseen(source, records, run):
    if source.get("idCheck", True) is False or "id" not in source:
        return records, []
    seen, new, repeats = {text(key) for key in run.context.get("seen_ids", [])}, [], []
    for record in records:
        key = record.get("_id", walk(record, segments(source["id"])))
        if key is MISSING or text(key) not in seen:
            new.append(record)
        else:
            repeats.append(text(key))
        seen.add(None if key is MISSING else text(key))
    return new, repeats

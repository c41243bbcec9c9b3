"""The target side: the calls that are made for records, and the records that are rejected (contract 9, 14)."""

from __future__ import annotations

from transforms.tests.qeasy.oracle.entries import Renderer, nested
from transforms.tests.qeasy.oracle.grouping import group_calculate, merge
from transforms.tests.qeasy.oracle.paths import Place


def calls(target, records, run):
    """Return (requests, rejections): neutral calls, and for each rejected record all that is wrong with it.

    A rejection is a list of (code, field path) pairs in the order of the entries.
    """
    operation = target.get("operation", {})
    if "groupCalculate" in target:
        records = group_calculate(records, target["groupCalculate"])
    if operation.get("method") == "merge":
        records = merge(records, operation)
    entries = nested(target.get("request", []), run)
    made, rejections = [], []
    for record in records:
        renderer = Renderer()
        row = renderer.object(entries, Place(run, record))
        if renderer.rejections:
            rejections.append(renderer.rejections)
        else:
            made.append((record, row))
    size = operation.get("rows", 1) if operation.get("method") == "batchArraySave" else 1
    parts = [made[at : at + size] for at in range(0, len(made), size)]
    return [_call(target, part, run) for part in parts], rejections


def _call(target, part, run):
    params = Renderer().object(nested(system_entries(target), run), Place(run, part[0][0]))
    return {"api": target.get("api"), "params": params, "rows": [row for _, row in part]}


def system_entries(side):
    """Return `otherRequest` as entries; an object is one entry for each key."""
    given = side.get("otherRequest", [])
    if isinstance(given, dict):
        return [{"field": field, "value": value} for field, value in given.items()]
    return given


def write_back(target, response, run):
    """Render `primaryWriteback` against what the target answered, or return None when the scheme has none."""
    entries = [entry for entry in target.get("response", []) if entry.get("field") == "primaryWriteback"]
    return Renderer().object(nested(entries, run), Place(run, response)).get("primaryWriteback")


def call_back(strategy, record, written, run):
    """Render what another scheme is handed after a write."""
    control = {"strategyId", "condition", "idempotent", "propagateError", "onFailure", "needQuery"}
    entries = [{"field": key, "value": value} for key, value in strategy.items() if key not in control]
    return Renderer().object(entries, Place(run, record | {"primaryWriteback": written}))

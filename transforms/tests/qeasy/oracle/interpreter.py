"""A plain, slow interpreter of scheme metadata, written from the vendor contract alone and from nothing of mapper-kd.

It is what the product is held against, so it shares no code with it and favours being read over being fast.
"""

from __future__ import annotations

from dataclasses import replace

from transforms.tests.qeasy.oracle.paths import Run
from transforms.tests.qeasy.oracle.source import query, remedy_query, shaped
from transforms.tests.qeasy.oracle.target import call_back, calls, write_back


def interpret(scheme, context, given):
    """Run a scheme on `given` and return what the contract's examples call expected, and more.

    Args:
        scheme: `{"source": …, "target": …, "callBackStrategy": …}`, each of them optional.
        context: `now`, `last_sync_time`, `timezone`, `collections`, `mappings`, `vars`, `seen_ids`.
        given: `raw` (records as fetched) or `records` (as already shaped), and the target's `response` if any.

    Returns:
        `query`, `remedy_query`, `records`, `repeats` of a source; `requests`, `rejects` (the first cause of each
        rejected record) and `rejections` (all causes of each) of a target; `writeback`, `callback`; `warnings`.
    """
    source, target = scheme.get("source"), scheme.get("target")
    run = Run(context, (source or {}).get("pagination", {}).get("pageSize"))
    result = {"records": given.get("records", [])}
    if source is not None:
        result["query"] = query(source, run)
        if "omissionRemedy" in source:
            result["remedy_query"] = remedy_query(source, run)
        if "raw" in given:
            result["records"], result["repeats"] = shaped(source, given["raw"], run)
    if target is not None:
        result |= _written(scheme, target, result["records"], given.get("response"), replace(run))
    return result | {"warnings": run.warnings}


def _written(scheme, target, records, response, run):
    requests, rejections = calls(target, records, run)
    first = [{"code": causes[0][0], "field": causes[0][1]} for causes in rejections]
    result = {"requests": requests, "rejects": first, "rejections": rejections}
    if response is not None:
        result["writeback"] = write_back(target, response, run)
        if "callBackStrategy" in scheme:
            result["callback"] = call_back(scheme["callBackStrategy"], records[0], result["writeback"], run)
    return result

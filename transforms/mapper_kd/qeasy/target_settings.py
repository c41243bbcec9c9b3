"""The target side of a scheme: its calls, settings of target-kingdee, write-back (contract 9, 14)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from mapper_kd.qeasy.json_nodes import spelled
from mapper_kd.qeasy.rendering import Renderer
from mapper_kd.qeasy.source_settings import Query, tap_settings
from mapper_kd.sql.casts import to_bool

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mapper_kd.qeasy.importing import Imported
    from mapper_kd.qeasy.report import Report
    from mapper_kd.qeasy.scheme import Entry, Scheme, Target
    from mapper_kd.qeasy.surroundings import Surroundings

_FLAGS = {
    *("IsVerifyBaseDataField", "IsAutoSubmitAndAudit", "IsDeleteEntry", "IsEntryBatchFill", "ValidateFlag"),
    *("NumberSearch", "IsAutoAdjustField", "IgnoreInterationFlag", "IsControlPrecision", "ValidateRepeatJson"),
}
_TEXTS = {"SubSystemId", "InterationFlags", "Creator"}
_LISTS = {"NeedUpDateFields", "NeedReturnFields"}
_KNOWN = {"FormId", "Operation", "BatchCount"}
_KINGDEE = {"batchsave", "save", "draft", "submit", "audit"}
_STATUS = {"save": "saved", "draft": "saved", "submit": "submitted", "audit": "audited", "batchsave": ""}
_MAX_BATCH = 200
_MAX_THREADS = 5
_WRITE_MODES = {"insert_only": "skip", "upsert": "update", "update_only": "update"}


def calls(
    imported: Imported, documents: Sequence[Any], records: Sequence[Any], context: Mapping[str, Any]
) -> list[Any]:
    """Return documents as calls in the neutral structure ``{api, params, rows}``.

    Args:
        imported: The scheme.
        documents: What its mapping has made.
        records: For each document, the record it is made of; the first of a call gives its parameters.
        context: Rows of collections by their uuid.
    """
    target = imported.scheme.target
    assert target is not None  # noqa: S101 - narrows the type; the caller has looked
    node = target.node.get("otherRequest") or target.node
    renderer = Renderer(target.other, node, imported.surroundings, imported.report, collections=context)
    operation = target.operation
    size = operation.rows if operation is not None and operation.method == "batchArraySave" else 1
    made = []
    for start in range(0, len(documents), size):
        params = renderer.render(records[start])
        made.append({"api": target.api, "params": params, "rows": list(documents[start : start + size])})
    return made


def write_back(imported: Imported, response: Any) -> Any:
    """Return what ``primaryWriteback`` keeps of the target's answer; None when the scheme has none."""
    target = imported.scheme.target
    if target is None or target.writeback is None:
        return None
    entry = target.writeback
    renderer = Renderer([entry], entry.node, imported.surroundings, imported.report)
    return renderer.render(response).get(entry.field)


def call_back(imported: Imported, record: Mapping[str, Any], written: Any) -> dict[str, Any]:
    """Return what the scheme of ``callBackStrategy`` is given for a record that was written."""
    if not imported.scheme.callback:
        return {}
    node = imported.scheme.callback[0].node
    renderer = Renderer(imported.scheme.callback, node, imported.surroundings, imported.report)
    return renderer.render({**record, "primaryWriteback": written})


def query(imported: Imported) -> Query | None:
    """Return the request of the scheme's source; None without one."""
    source = imported.scheme.source
    return None if source is None else Query(source, imported.surroundings, imported.report)


def settings(scheme: Scheme, surroundings: Surroundings, report: Report) -> dict[str, Any]:
    """Return what goes into meltano.yml: the tap's part, and target-kingdee's; the report says what is left."""
    found = tap_settings(scheme, surroundings, report)
    target = scheme.target
    if target is None:
        return found
    _note_target(target, scheme, report)
    if target.api.lower() not in _KINGDEE:
        report.warning(
            "NO_TARGET",
            target.node.get("api") or target.node,
            f"{target.api or 'The interface'} is not a save of Kingdee Galaxy; no target here writes to it.",
            "Use another Singer target for the mapping's stream.",
        )
        return found
    config = _options(target, report)
    return found | {"loaders": [{"name": "target-kingdee", "config": config}]}


def _options(target: Target, report: Report) -> dict[str, Any]:
    config: dict[str, Any] = {}
    operation = target.operation
    if operation is not None and operation.method == "batchArraySave":
        config["batch_size"] = max(1, min(operation.rows, _MAX_BATCH))
    for entry in target.other:
        _option(entry, config, report)
    if target.write_mode in _WRITE_MODES:
        config["on_existing"] = _WRITE_MODES[target.write_mode]
    return config


def _option(entry: Entry, config: dict[str, Any], report: Report) -> None:  # noqa: C901 - one for each option
    value = None if entry.value is None else entry.value.plain()
    if value is None:
        return
    if isinstance(value, str) and "{" in value:
        report.warning(
            "ROW_PLACEHOLDER_IN_OTHER",
            entry.place,
            f"{entry.field} depends on the record; target-kingdee has one value for all.",
            "Write a constant, or deliver with two mappings.",
        )
    elif entry.field in _FLAGS:
        config[entry.field] = to_bool(value)
    elif entry.field in _TEXTS:
        config[entry.field] = spelled(value)
    elif entry.field in _LISTS:
        config[entry.field] = value if isinstance(value, list) else [one.strip() for one in spelled(value).split(",")]
    elif entry.field == "BatchCount":
        config["batch_count"] = min(int(spelled(value)), _MAX_THREADS) if spelled(value).isdecimal() else 0
    elif entry.field == "Operation":
        status = _STATUS.get(spelled(value).lower())
        if status is None:
            report.warning("OPERATION", entry.place, f"The operation {value} is not done.", "Write Save or Audit.")
        elif status:
            config["final_status"] = status
    elif entry.field not in _KNOWN:
        report.warning(
            "PASSED_THROUGH",
            entry.place,
            f"{entry.field} is no setting of target-kingdee.",
            "Write it into forms: <FormId>: options:, which go into the call as they are.",
        )


def _note_run(target: Target, report: Report) -> None:
    """Note once what a run does where the platform would warn, record by record."""
    entries = [one for entry in target.request for one in entry.walk()]
    asking = next((one for one in entries if re.search("_findCollection|_mongoQuery", one.written or "")), None)
    if asking is not None:
        report.note(
            "LOOKUP_MISS",
            asking.place,
            "A lookup that finds nothing gives nothing, and of several matches the first counts (LOOKUP_MULTI); "
            "a run writes no warning for either.",
            "is_required makes a dead letter of a record whose lookup finds nothing.",
        )
    listed = next((one for one in entries if one.is_list and one.value is not None and not one.required), None)
    if listed is not None:
        report.note(
            "EMPTY_LIST",
            listed.place,
            f"A record whose list is missing or empty is sent without {listed.field}; a run writes no warning.",
            "is_required makes a dead letter of it.",
        )


def _note_target(target: Target, scheme: Scheme, report: Report) -> None:
    _note_run(target, report)
    if target.id_check is not None:
        report.note(
            "ID_CHECK",
            target.node.value["idCheck"],
            "idCheck is done by target-kingdee: its ledger knows what was delivered, and look_before_save says whether "
            "Kingdee is asked for the number first.",
        )
    if target.distribution:
        report.warning(
            "UNSUPPORTED",
            target.node.value["distributionOrg"],
            "distributionOrg: allocating master data (基础资料分配) is not done.",
            "Allocate it in Kingdee, or by a strategy of Kingdee's own (基础资料控制策略).",
        )
    if target.write_mode and target.write_mode not in _WRITE_MODES:
        report.warning(
            "UNSUPPORTED", target.node.value["writeMode"], f"writeMode {target.write_mode} is not done.", "Use upsert."
        )
    if target.node.get("autoCheck") is not None:
        report.note("AUTO_CHECK", target.node.value["autoCheck"], "autoCheck: see final_status of target-kingdee.")
    if target.writeback is not None:
        report.warning(
            "WRITE_BACK",
            target.writeback.node,
            "primaryWriteback: target-kingdee keeps id and number of every document in its ledger.",
            "Look them up with a table from ledger:, or read them with tap-ledger for another target.",
        )
    if scheme.has_callback:
        node = scheme.callback[0].node if scheme.callback else target.node
        report.warning(
            "CALL_BACK",
            node,
            "callBackStrategy: handing results to another scheme is a flow of its own.",
            "Read the ledger with tap-ledger, and map its records for the other system.",
        )

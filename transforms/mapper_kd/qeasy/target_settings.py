"""The target side of a scheme: its calls, settings of target-kingdee, write-back (contract 9, 14)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from mapper_kd.qeasy.delivery_settings import delivery_settings
from mapper_kd.qeasy.importing import form_of
from mapper_kd.qeasy.rendering import Renderer
from mapper_kd.qeasy.source_settings import Query, tap_settings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mapper_kd.qeasy.importing import Imported
    from mapper_kd.qeasy.report import Report
    from mapper_kd.qeasy.scheme import Scheme, Target
    from mapper_kd.qeasy.surroundings import Surroundings

_KINGDEE = {"batchsave", "save", "draft", "submit", "audit"}


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
    config = delivery_settings(target, surroundings.form or form_of(scheme, target), report)
    return found | {"loaders": [{"name": "target-kingdee", "config": config}]}


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
    response = target.node.get("response")
    if response is not None and response.value and target.writeback is None:
        report.note("RESPONSE", response, "response is not read: target-kingdee knows Kingdee's answers.")
    check = target.node.get("autoCheck")
    if check is not None:
        report.note(
            "AUTO_CHECK", check, "autoCheck: target-kingdee audits by final_status: audited, and says if it fails."
        )
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

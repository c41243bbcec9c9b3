"""Top-level keys of a scheme: which are read, and what to do about those that are not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mapper_kd.kinds import nearest

if TYPE_CHECKING:
    from mapper_kd.qeasy.json_nodes import Node
    from mapper_kd.qeasy.report import Report

_BOTH = {
    "api",
    "effect",
    "type",
    "method",
    "idCheck",
    "request",
    "otherRequest",
    "response",
    "operation",
    "label",
    "name",
}
_READ = {
    "source": _BOTH
    | {"id", "number", "pagination", "condition", "formatResponse", "beatFlat", "flattenConfig", "omissionRemedy"}
    | {"requestParams", "otherRequestParams", "otherResponse", "metadata", "platform", "description", "crontab"},
    "target": _BOTH
    | {"groupCalculate", "distributionOrg", "callBackStrategy", "autoCheck", "idField", "writeMode", "id", "number"}
    | {"requestParams", "otherRequestParams", "fieldMapping", "otherResponse", "platform", "description", "crontab"}
    | {"idempotency", "retryPolicy", "errorHandling", "pagination"},
}

_ATTACHMENTS = "Attachments are not carried over; load them in Kingdee, or with a program of your own."
_CODE = "Write it as a _function, or as an own function of the mapping (functions: …)."

_LEFT_OUT: dict[str, tuple[str, str, str]] = {
    "isUploadFile": ("UNSUPPORTED", "Attachments are not done.", _ATTACHMENTS),
    "DownloadAttachment": ("UNSUPPORTED", "Attachments are not done.", _ATTACHMENTS),
    "AttachmentFields": ("UNSUPPORTED", "Attachments are not done.", _ATTACHMENTS),
    "uploadAttachment": ("UNSUPPORTED", "Attachments are not done.", _ATTACHMENTS),
    "diffMode": (
        "UNSUPPORTED",
        "Comparing snapshots (差异比对) is not done.",
        "target-kingdee updates documents whose content has changed; see its settings.",
    ),
    "diffActions": ("UNSUPPORTED", "Comparing snapshots (差异比对) is not done.", "See diffMode."),
    "fetchOverride": (
        "UNSUPPORTED",
        "A source that is read from MongoDB is not done.",
        "Load it with a Singer tap, and map its stream.",
    ),
    "relationMapping": (
        "UNSUPPORTED",
        "Lookups calculated beforehand are not done.",
        "Look up with _findCollection, or find() in the mapping.",
    ),
    "indexConfig": ("UNSUPPORTED", "Indexes are not needed: tables are held by their key.", ""),
    "condition_bk": ("SWITCHED_OFF", "This filter is switched off in the scheme, and here.", ""),
    "conditions": (
        "UNSUPPORTED",
        "A filter of this name is a parameter of some systems, not of the engine.",
        "Use condition.",
    ),
    "triggerConfig": (
        "UNSUPPORTED",
        "Chains of schemes are not part of a mapping.",
        "Run one after the other: meltano run … and …, or jobs that depend on each other.",
    ),
    "multiTrigger": ("UNSUPPORTED", "Chains of schemes are not part of a mapping.", "Make them jobs of Meltano."),
    "convergence": ("UNSUPPORTED", "Chains of schemes are not part of a mapping.", "Make them jobs of Meltano."),
    "processor": ("UNSUPPORTED", "A processor (加工厂) is program code and is not run.", _CODE),
    "adapter": ("UNSUPPORTED", "An adapter is program code and is not run.", _CODE),
}
_REFUSED = {
    "customResolvers": "Resolvers in PHP are program code and are refused.",
    "customScripts": "Scripts are program code and are refused.",
    "scripts": "Scripts are program code and are refused.",
}
_SOURCE_ONLY = {"condition", "formatResponse", "beatFlat", "flattenConfig", "omissionRemedy"}
_TARGET_ONLY = {"groupCalculate", "distributionOrg"}


def check_keys(node: Node, side: str, report: Report) -> None:
    """Name every top-level key of a side that is not read."""
    for key in node.repeated:
        report.warning("DUPLICATE_KEY", node, f"The key {key} is written twice; the last one holds.")
    for key, value in node.members():
        if key in _READ[side]:
            continue
        if key in _REFUSED:
            report.error("REFUSED_CODE", value, _REFUSED[key], _CODE)
        elif key in _LEFT_OUT:
            code, what, fix = _LEFT_OUT[key]
            report.warning(code, value, what, fix)
        elif (side == "target" and key in _SOURCE_ONLY) or (side == "source" and key in _TARGET_ONLY):
            other = "source" if side == "target" else "target"
            report.warning(
                "WRONG_SIDE", value, f"{key} belongs to the {other}; here it does nothing.", f"Move it to the {other}."
            )
        else:
            near = nearest(key, _READ[side])
            hint = f" Did you mean {near}?" if near else ""
            report.warning("UNKNOWN_KEY", value, f"The key {key} is not known; it does nothing.{hint}")
    if side == "source":
        _source_notes(node, report)
    else:
        _target_notes(node, report)


def _source_notes(node: Node, report: Report) -> None:
    for key in ("otherResponse", "response"):
        value = node.get(key)
        if value is not None and value.value:
            report.note("RESPONSE", value, f"{key} is not read: our taps know where the records are.")


def _target_notes(node: Node, report: Report) -> None:
    value = node.get("otherResponse")
    if value is not None and value.value:
        report.note("RESPONSE", value, "otherResponse is not read: target-kingdee knows Kingdee's answers.")
    value = node.get("idField")
    if value is not None:
        report.note(
            "ID_FIELD",
            value,
            "idField: target-kingdee finds a document by its number.",
            "Name it in number: of the mapping.",
        )

"""How a scheme delivers, as settings of target-kingdee: options, write modes, retries, errors (contract 9, 13)."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from mapper_kd.failures import RecordError
from mapper_kd.qeasy.json_nodes import spelled
from mapper_kd.sql.casts import to_bool

if TYPE_CHECKING:
    from mapper_kd.qeasy.json_nodes import Node
    from mapper_kd.qeasy.report import Report
    from mapper_kd.qeasy.scheme import Entry, Target

_FLAGS = {
    *("IsVerifyBaseDataField", "IsAutoSubmitAndAudit", "IsDeleteEntry", "IsEntryBatchFill", "ValidateFlag"),
    *("NumberSearch", "IsAutoAdjustField", "IgnoreInterationFlag", "IsControlPrecision", "ValidateRepeatJson"),
}
_TEXTS = {"SubSystemId", "InterationFlags", "Creator"}
_LISTS = {"NeedUpDateFields", "NeedReturnFields"}
_STATUS = {"save": "saved", "draft": "saved", "batchsave": "saved", "submit": "submitted", "audit": "audited"}
_MAX_BATCH = 200
_MAX_THREADS = 5
_MILLISECONDS = 1000
_WRITE_MODES = {"insert_only": "skip", "upsert": "update", "update_only": "update"}
_ON_EXISTING = {"skip": "skip", "ignore": "skip", "update": "update", "error": "fail"}
_RATES = ("abortOnErrorRate", "errorRateThreshold")


def delivery_settings(target: Target, form: str, report: Report) -> dict[str, Any]:
    """Return settings of target-kingdee that do as the scheme does; the report says what is left."""
    config: dict[str, Any] = {}
    operation = target.operation
    if operation is not None and operation.method == "batchArraySave":
        config["batch_size"] = max(1, min(operation.rows, _MAX_BATCH))
    more: dict[str, Any] = {}
    for entry in target.other:
        _option(entry, config, more, report)
    if more:
        config["forms"] = {form: {"options": more}}
    _status(target, config, report)
    _modes(target, config, report)
    _idempotency(target.node.get("idempotency"), config, report)
    _retries(target.node.get("retryPolicy"), config, report)
    _errors(target.node.get("errorHandling"), config, report)
    return config


# --- otherRequest


def _option(entry: Entry, config: dict[str, Any], more: dict[str, Any], report: Report) -> None:
    value = None if entry.value is None else entry.value.plain()
    if value is None or entry.field in {"FormId", "Operation"}:
        return
    if isinstance(value, str) and "{" in value:
        report.warning(
            "ROW_PLACEHOLDER_IN_OTHER",
            entry.place,
            f"{entry.field} depends on the record; target-kingdee has one value for all.",
            "Write a constant, or deliver with two mappings.",
        )
    elif entry.field in _FLAGS:
        _flag(entry, value, config, report)
    elif entry.field in _TEXTS:
        config[entry.field] = spelled(value)
    elif entry.field in _LISTS:
        config[entry.field] = value if isinstance(value, list) else [one.strip() for one in spelled(value).split(",")]
    elif entry.field == "BatchCount":
        config["batch_count"] = min(int(spelled(value)), _MAX_THREADS) if spelled(value).isdecimal() else 0
    else:
        more[entry.field] = value
        report.note(
            "PASSED_THROUGH",
            entry.place,
            f"{entry.field} is no setting of target-kingdee: it goes into the call as it is, by forms: … options:.",
            "Take it out of the settings if Kingdee does not know it.",
        )


def _flag(entry: Entry, value: Any, config: dict[str, Any], report: Report) -> None:
    try:
        config[entry.field] = to_bool(value)
    except RecordError:
        report.warning("TYPE_ERROR", entry.place, f"{entry.field} is neither true nor false.", "Write true or false.")


def _status(target: Target, config: dict[str, Any], report: Report) -> None:
    """Say how far documents go: as far as the scheme's call takes them, and no further."""
    place = next((entry.place for entry in target.other if entry.field == "Operation"), target.node)
    written = next(
        (spelled(entry.value.value) for entry in target.other if entry.field == "Operation" and entry.value), ""
    )
    status = _STATUS.get((written or target.api).lower())
    if status is None:
        report.warning(
            "OPERATION", place, f"The operation {written or target.api} is not done.", "Write Save or Audit."
        )
        return
    check = target.node.get("autoCheck")
    if config.get("IsAutoSubmitAndAudit") or (check is not None and spelled(check.value).lower() in {"true", "1"}):
        status = "audited"
    if status != "audited":
        config.pop("IsAutoSubmitAndAudit", None)
    config["final_status"] = status
    if status == "saved":
        report.note(
            "NOT_AUDITED",
            place,
            "The scheme neither submits nor audits: documents stay saved (创建), by final_status.",
            "Take final_status out of the settings, and target-kingdee audits them.",
        )


# --- the notation of the guide pages


def _modes(target: Target, config: dict[str, Any], report: Report) -> None:
    if not target.write_mode:
        return
    node = target.node.value["writeMode"]
    if target.write_mode not in _WRITE_MODES:
        report.warning("UNSUPPORTED", node, f"writeMode {target.write_mode} is not done.", "Use upsert.")
        return
    config["on_existing"] = _WRITE_MODES[target.write_mode]
    report.note("WRITE_MODE", node, f"writeMode {target.write_mode} is on_existing: {config['on_existing']}.")
    if target.write_mode == "update_only":
        report.warning(
            "UNSUPPORTED",
            node,
            "A document that is not there yet is made all the same.",
            "Filter them out with where:.",
        )


def _idempotency(node: Node | None, config: dict[str, Any], report: Report) -> None:
    if node is None or not node.is_object:
        return
    if node.text("enabled").lower() == "false":
        report.warning(
            "UNSUPPORTED", node, "idempotency cannot be switched off: the ledger sends no document twice.",
            "A changed document is updated with on_existing: update.",
        )  # fmt: skip
        return
    strategy = node.text("strategy") or "skip"
    if strategy in _ON_EXISTING:
        config.setdefault("on_existing", _ON_EXISTING[strategy])
    report.note(
        "IDEMPOTENCY",
        node,
        f"idempotency is done by target-kingdee's ledger and the document's number; {strategy} is on_existing: "
        f"{config.get('on_existing', 'skip')}.",
        "Let number: of the mapping be made of keyField.",
    )


def _retries(node: Node | None, config: dict[str, Any], report: Report) -> None:
    if node is None or not node.is_object:
        return
    if node.text("maxRetries").isdecimal():
        config["max_retries"] = int(node.text("maxRetries"))
    if node.text("initialInterval").isdecimal():
        config["backoff_seconds"] = Decimal(node.text("initialInterval")) / _MILLISECONDS
    report.note(
        "RETRIES", node, "retryPolicy is max_retries and backoff_seconds; pauses grow by themselves, and only errors "
        "that pass are tried again.",
    )  # fmt: skip


def _errors(node: Node | None, config: dict[str, Any], report: Report) -> None:
    if node is None or not node.is_object:
        return
    if node.text("strategy") == "abort":
        config["dead_letter"] = "stop"
    for name in _RATES:
        rate = node.get(name)
        if rate is not None and isinstance(rate.value, (int, Decimal)):
            config["max_error_rate"] = rate.value if rate.value <= 1 else Decimal(rate.value) / 100
    if node.text("abortOnConsecutiveErrors").isdecimal():
        config["max_consecutive_errors"] = int(node.text("abortOnConsecutiveErrors"))
    report.note(
        "ERRORS", node, "Refused documents stay in the ledger as dead letters, and can be sent again from there."
    )
    for name in ("maxErrorCount", "abortOnErrorCount"):
        value = node.get(name)
        if value is not None:
            report.warning(
                "UNSUPPORTED", value, f"{name}: a run does not stop at a number of errors.", "Use max_error_rate."
            )
    rules = node.get("ignoreRules")
    if rules is not None and rules.value:
        report.warning(
            "UNSUPPORTED",
            rules,
            "ignoreRules: no error of Kingdee is ignored; the documents are dead letters.",
            "Discard those letters with target-kingdee's commands, or filter the records with where:.",
        )

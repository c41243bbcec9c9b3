"""金蝶云星空 Kingdee Galaxy: the services a delivery needs, in body encoding A (vendor contract 2.2, 8)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from target_kingdee.api.answers import Answer, Failure, Found, read_json, read_rows, read_verdict
from target_kingdee.api.transport import DYNAMIC_FORM

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from target_kingdee.api.answers import Id
    from target_kingdee.api.session import Session
    from target_kingdee.forms import FormKeys

STATUS_FIELD = "FDocumentStatus"
TRACES = (("FModifyDate", "FModifierId", "FCreatorId", "FApproveDate"), ("FModifyDate",), ())
"""What a look asks for to see whether a person changed the document; a form that lacks a field is asked for less."""
NO_SUCH_FIELD_CODE = 9
AUDIT_TAKES = timedelta(seconds=2)
_encode = msgspec.json.encode


class Galaxy:
    """One signed-in client of one Kingdee site. Not for several threads: the server serialises a session anyway."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._traces_missed: dict[str, int] = {}

    def save(self, form: str, models: Sequence[bytes | msgspec.Raw], options: Mapping[str, Any]) -> Answer | Failure:
        """BatchSave (contract 8.4). The models go out as the bytes they came in."""
        body = b"".join(
            (
                b'{"formid":',
                _encode(form),
                b',"data":',
                _encode(options)[:-1],
                b',"Model":[' if options else b'"Model":[',
                b",".join(models),
                b"]}}",
            )
        )
        return self._write("BatchSave", body)

    def operate(
        self, service: str, form: str, ids: Sequence[Id], options: Mapping[str, Any] | None = None
    ) -> Answer | Failure:
        """Submit, Audit, UnAudit, CancelAssign, Delete by internal ids (contract 8.7)."""
        data = {"Ids": ",".join(map(str, ids)), **(options or {})}
        return self._write(service, _encode({"formid": form, "data": data}))

    def allocate(self, form: str, ids: Sequence[Id], organisations: Sequence[Id]) -> Answer | Failure:
        """Allocate base data 分配 to organisations, by internal ids, and audit it there (contract 8.11)."""
        data = {
            "PkIds": ",".join(map(str, ids)),
            "TOrgIds": ",".join(map(str, organisations)),
            "IsAutoSubmitAndAudit": "true",
        }
        return self._write("Allocate", _encode({"formid": form, "data": data}))

    def look(self, keys: FormKeys, numbers: Sequence[str]) -> list[Found] | Answer | Failure:
        """Find documents by number (contract 8.1). Several rows with one number are possible, none is an empty list."""
        quoted = ",".join("'" + number.replace("'", "''") + "'" for number in numbers)
        filter_string, order = f"{keys.number} in ({quoted})", f"{keys.primary_key} ASC"
        while True:
            traces = TRACES[self._traces_missed.get(keys.form, 0)]
            fields = [keys.primary_key, keys.number, STATUS_FIELD, *traces]
            rows = self.rows(keys.form, fields, filter_string=filter_string, order=order)
            if isinstance(rows, list):
                return [self._found(row) for row in rows]
            if not traces or not isinstance(rows, Answer) or rows.msg_code != NO_SUCH_FIELD_CODE:
                return rows
            self._traces_missed[keys.form] = self._traces_missed.get(keys.form, 0) + 1

    def _found(self, row: list[Any]) -> Found:
        number, status, *traces = row[1:]
        modified_at = str(traces[0]).strip() or None if traces and traces[0] else None
        is_edited = False
        if modified_at and len(traces) == len(TRACES[0]):
            _, modifier, creator, approved_at = traces
            us = self._session.user_id or creator
            is_edited = bool(modifier and us) and str(modifier) != str(us) and not _is_same(modified_at, approved_at)
        return Found(row[0], str(number).strip(), str(status or "").strip(), modified_at, is_edited)

    def highest_id(self, keys: FormKeys) -> int | Answer | Failure | None:
        """Return the highest primary key that the user may see; None when the form has no numeric one or no rows."""
        rows = self.rows(keys.form, [keys.primary_key], order=f"{keys.primary_key} DESC", limit=1)
        if not isinstance(rows, list):
            return rows
        if not rows:
            return 0
        return rows[0][0] if isinstance(rows[0][0], int) else None

    def rows(
        self,
        form: str,
        fields: Sequence[str],
        *,
        filter_string: str = "",
        order: str = "",
        start: int = 0,
        limit: int = 2000,
    ) -> list[list[Any]] | Answer | Failure:
        """ExecuteBillQuery, one page (contract 8.1)."""
        data = {
            "FormId": form,
            "FieldKeys": ",".join(fields),
            "FilterString": filter_string,
            "OrderString": order,
            "TopRowCount": 0,
            "StartRow": start,
            "Limit": limit,
        }
        return self._session.call(f"{DYNAMIC_FORM}.ExecuteBillQuery", _encode({"data": data}), read_rows)

    def describe(self, form: str) -> dict[str, Any] | Answer | Failure:
        """QueryBusinessInfo (contract 8.15): the form's metadata, or Kingdee's refusal."""
        body = _encode({"data": {"FormId": form}})
        return self._session.call(f"{DYNAMIC_FORM}.QueryBusinessInfo", body, _read_metadata)

    def _write(self, service: str, body: bytes) -> Answer | Failure:
        return self._session.call(f"{DYNAMIC_FORM}.{service}", body, read_verdict)


def _is_same(modified_at: str, approved_at: Any) -> bool:
    """Whether it was the audit that changed FModifyDate, which some sites let every step do (contract 6.2)."""
    try:
        between = datetime.fromisoformat(modified_at[:19]) - datetime.fromisoformat(str(approved_at)[:19])
    except ValueError:
        return False
    return abs(between) <= AUDIT_TAKES


def _read_metadata(body: bytes) -> dict[str, Any] | Answer | Failure:
    value = read_json(body)
    if isinstance(value, Failure):
        return value
    result = value.get("Result") if isinstance(value, dict) else None
    metadata = result.get("NeedReturnData") if isinstance(result, dict) else None
    if isinstance(metadata, dict) and metadata:
        return metadata
    return read_verdict(body)

"""A Kingdee that accepts everything at once and keeps nothing: ``python -m benchmarks.null_kingdee``.

What is left of a target's time against it is the target's own. Answers have the shape of the vendor's. How many
documents and lines it has accepted is at ``/_sandbox/kingdee/SAL_OUTSTOCK``, where the sandbox tells it too.
"""

from __future__ import annotations

import itertools
from typing import Any

import msgspec

from benchmarks.loopback import serve

_SESSION = "null0000000000000000000001"
_ids = itertools.count(140001)
_entry_ids = itertools.count(2400001)


class _Document(msgspec.Struct):
    number: str = msgspec.field(name="FBillNo", default="")
    lines: list[msgspec.Raw] = msgspec.field(name="FEntity", default_factory=list)


class _Save(msgspec.Struct):
    documents: list[_Document] = msgspec.field(name="Model", default_factory=list)
    echoed: list[str] = msgspec.field(name="NeedReturnFields", default_factory=list)


class _Call(msgspec.Struct):
    data: msgspec.Raw = msgspec.Raw()
    parameters: msgspec.Raw = msgspec.Raw()


_call = msgspec.json.Decoder(_Call)
_save = msgspec.json.Decoder(_Save)
_encode = msgspec.json.Encoder().encode
_accepted = {"documents": 0, "lines": 0}


def _arguments(body: bytes) -> bytes:
    """Return the call's ``data``, whether it came as an object, as text, or last in ``parameters``."""
    call = _call.decode(body)
    data = bytes(call.data)
    if not data:
        parameters: Any = msgspec.json.decode(call.parameters)
        if isinstance(parameters, str):
            parameters = msgspec.json.decode(parameters)
        return str(parameters[-1]).encode()
    return msgspec.json.decode(data, type=str).encode() if data.startswith(b'"') else data


def _saved(request: _Save) -> dict[str, Any]:
    _accepted["documents"] += len(request.documents)
    _accepted["lines"] += sum(len(document.lines) for document in request.documents)
    status: dict[str, Any] = {
        "IsSuccess": True,
        "Errors": [],
        "SuccessEntitys": [
            {"Id": next(_ids), "Number": document.number, "DIndex": index}
            for index, document in enumerate(request.documents)
        ],
        "SuccessMessages": [],
        "MsgCode": 0,
    }
    returned: list[dict[str, Any]] = [{} for _ in request.documents]
    if any(field.startswith("FEntity") for field in request.echoed):
        returned = [{"FEntity": [{"FEntryID": next(_entry_ids)} for _ in d.lines]} for d in request.documents]
    return {"Result": {"ResponseStatus": status, "NeedReturnData": returned}}


def answer(path: str, body: bytes) -> bytes:
    """Answer one call of the Galaxy WebAPI."""
    if path.startswith("/_sandbox/"):
        return _encode(_accepted)
    service = path.rsplit("/", 1)[-1].lower()
    if ".authservice." in service:
        context = {"SessionId": _SESSION, "UserId": 100001, "UserName": "演示用户"}
        return _encode({"LoginResultType": 1, "Message": None, "KDSVCSessionId": _SESSION, "Context": context})
    if ".executebillquery." in service or ".billquery." in service:
        return b"[]"
    if ".querybusinessinfo." in service:
        form = msgspec.json.decode(_arguments(body)).get("FormId", "")
        information = {"Id": form, "Name": form, "Entrys": []}
        return _encode({"Result": {"ResponseStatus": {"IsSuccess": True}, "NeedReturnData": information}})
    return _encode(_saved(_save.decode(_arguments(body))))


if __name__ == "__main__":
    serve(answer)

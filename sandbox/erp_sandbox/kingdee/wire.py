"""Request bodies of the Galaxy WebAPI: the four encodings and their arguments (vendor contract 2.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from erp_sandbox.kingdee.documents import DECODE
from erp_sandbox.kingdee.envelope import BAD_PARAMETER, Refused, ServerException

if TYPE_CHECKING:
    from collections.abc import Sequence

ARRAY_TEXT = "Additional text found in JSON string after finishing deserializing object."
NOT_JSON_TEXT = "Unexpected character encountered while parsing value."
FORM_TYPE = "application/x-www-form-urlencoded"
JSON_ARGUMENTS = frozenset({"data", "queryinfo"})


def read_arguments(body: bytes, content_type: str, names: Sequence[str]) -> dict[str, Any]:
    """Return a call's arguments by lower-case name.

    Encodings: A and B (a JSON object, ``data`` an object or a text of JSON), C (a form), D (``parameters`` by position,
    itself an array or a text of one).

    Args:
        body: the raw body.
        content_type: the request's header.
        names: the service's arguments in the order of encoding D, lower case.

    Raises:
        ServerException: HTTP 500 for a bare array or what is no JSON.
        Refused: MsgCode 8, ``data`` is a text but no JSON object.
    """
    if FORM_TYPE in content_type.lower():
        given: dict[str, Any] = {key.lower(): value for key, value in parse_qsl(_text(body), keep_blank_values=True)}
    else:
        given = _read_json(body)
    if "parameters" in given:
        given |= _by_position(given.pop("parameters"), names)
    for name in JSON_ARGUMENTS & given.keys():
        given[name] = _read_object(given[name], name)
    return given


def _read_json(body: bytes) -> dict[str, Any]:
    if not body.strip():
        return {}
    try:
        decoded = DECODE(body)
    except (ValueError, RecursionError):
        raise ServerException(NOT_JSON_TEXT) from None
    if isinstance(decoded, list):
        raise ServerException(ARRAY_TEXT)
    if not isinstance(decoded, dict):
        raise ServerException(NOT_JSON_TEXT)
    return {key.lower(): value for key, value in decoded.items()}


def _by_position(parameters: Any, names: Sequence[str]) -> dict[str, Any]:
    if isinstance(parameters, str):
        try:
            parameters = DECODE(parameters)
        except (ValueError, RecursionError):
            raise ServerException(NOT_JSON_TEXT) from None
    if not isinstance(parameters, list):
        raise ServerException(NOT_JSON_TEXT)
    return dict(zip(names, parameters, strict=False))


def _read_object(value: Any, name: str) -> dict[str, Any]:
    if isinstance(value, str):
        try:
            value = DECODE(value) if value.strip() else {}
        except (ValueError, RecursionError):
            raise Refused(BAD_PARAMETER, f"参数 {name} 不是有效的JSON") from None
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Refused(BAD_PARAMETER, f"参数 {name} 应为JSON对象")
    return value


def _text(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError:
        raise ServerException(NOT_JSON_TEXT) from None

"""What value parsers make of an entry's value (contract 8)."""

from __future__ import annotations

import json

from transforms.tests.qeasy.oracle.diagnostics import SchemeError
from transforms.tests.qeasy.oracle.values import is_empty, text


def parsed(value, parser, field):
    """Run an entry's parser, or a chain of them from left to right."""
    for each in chain_of(parser):
        value = PARSERS[each["name"]](value, each | {"field": field})
    return value


def chain_of(parser):
    """Return a chain as a list of parsers with one name each; `{}` is no parser."""
    if isinstance(parser, list):
        return [each for member in parser for each in chain_of(member)]
    if not parser:
        return []
    names = str(parser.get("name", "")).split(",")
    for name in names:
        if name not in PARSERS:
            raise SchemeError("UNKNOWN_PARSER", name)
    return [parser | {"name": name} for name in names]


def _object(value, parser):
    if is_empty(value):
        return None
    if isinstance(value, list):
        return [_object(item, parser) for item in value]
    return value if isinstance(value, dict) else {parser["params"]: value}


def _two_stage_object(value, parser):
    return None if is_empty(value) else {parser["params1"]: {parser["params2"]: value}}


def _text_to_list(value, parser):
    if isinstance(value, list):
        return value
    return text(value).split(parser["params"]) if text(value).strip() else []


def _list_to_text(value, parser):
    if value is None:
        return None
    items = value if isinstance(value, list) else [value]
    return parser["params"].join(text(item) for item in items)


def _pairs(value, _):
    if is_empty(value):
        return None
    members = value if isinstance(value, dict) else json.loads(text(value).replace("\r", "").replace("\n", ""))
    return [{"Key": int(key) if key.isdigit() else key, "Value": item} for key, item in members.items()]


def _unique(value, _):
    if not isinstance(value, list):
        return value
    return [item for position, item in enumerate(value) if item not in value[:position]]


def _key_and_value(value, parser):
    return None if is_empty(value) else [{"keyName": parser["params"], "keyValue": value}]


def _form_field(value, parser):
    if is_empty(value):
        return value
    return {"fieldName": parser["field"], "fieldValue": value} | {
        key: parser[key] for key in ("view", "edit", "fieldId") if key in parser
    }


PARSERS = {
    "ConvertObjectParser": _object,
    "ConvertTwoStageObjectParser": _two_stage_object,
    "StringToArray": _text_to_list,
    "ArrayToString": _list_to_text,
    "ConvertJson": _pairs,
    "ArrayUnique": _unique,
    "K3WiseHeiHuCustomParser": _key_and_value,
    "workflowRequestTableFields": _form_field,
}

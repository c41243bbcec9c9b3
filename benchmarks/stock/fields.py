"""The stock tap's schema: tap-wangdiantong's fields of sales stock-outs, as the vendor sends them."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

import singer_sdk.typing as th

AS_NUMBERS = {"type": ["string", "number", "null"]}
"""How the flagship dialect sends a value: some as text, some as numbers."""


def _of_type(kind: Any, properties: dict[str, Any]) -> list[th.Property[Any]]:
    return [th.Property(name, kind) for name in properties if name != "details_list"]


def _schema(kind: Any) -> dict[str, Any]:
    path = files("tap_wangdiantong") / "schemas" / "sales_stockouts.json"
    head = json.loads(path.read_text(encoding="utf-8"))["properties"]
    lines = th.ObjectType(*_of_type(kind, head["details_list"]["items"]["properties"]))
    return th.PropertiesList(*_of_type(kind, head), th.Property("details_list", th.ArrayType(lines))).to_dict()


ENTERPRISE = _schema(th.StringType)
FLAGSHIP = _schema(th.CustomType(AS_NUMBERS))

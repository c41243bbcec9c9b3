"""The stock tap's schema: tap-wangdiantong's fields of sales stock-outs, all as the text that the vendor sends."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

import singer_sdk.typing as th


def _text(properties: dict[str, Any]) -> list[th.Property[Any]]:
    return [th.Property(name, th.StringType) for name in properties if name != "details_list"]


def _schema() -> dict[str, Any]:
    path = files("tap_wangdiantong") / "schemas" / "sales_stockouts.json"
    head = json.loads(path.read_text(encoding="utf-8"))["properties"]
    lines = head["details_list"]["items"]["properties"]
    return th.PropertiesList(
        *_text(head), th.Property("details_list", th.ArrayType(th.ObjectType(*_text(lines))))
    ).to_dict()


SALES_STOCKOUTS = _schema()

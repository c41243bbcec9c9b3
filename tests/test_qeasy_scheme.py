"""The shipped Qeasy scheme as a mapping of the project: `meltano run tap-wangdiantong qeasy-scheme target-kingdee`."""

from __future__ import annotations

import csv
import json
from decimal import Decimal

from demo.__main__ import verdict
from demo.stage import documents

RUN = ("meltano", "run", "tap-wangdiantong", "qeasy-scheme", "target-kingdee")
SCHEME = "transforms/schemes/wangdiantong_sales_stockouts.json"


def deliver(flow):
    """Run the flow; returns what Kingdee holds then, by number, and what the source held."""
    with flow.served() as (url, env):
        done = flow.run(*RUN, **env)
        assert done.returncode == 0, done.stdout + done.stderr
        result = verdict(flow.stage, url, env)
        assert result.is_exact, result.problems
        held = {one["FBillNo"]: one for one in documents(url, "kingdee/SAL_OUTSTOCK")}
        return held, list(documents(url, "wangdiantong/sales_stockouts"))


def test_a_scheme_delivers_what_the_source_holds(flow):
    held, source = deliver(flow)

    assert any("FEntity_Link" in line for document in held.values() for line in document["FEntity"])
    shipped = [one for one in source if one["order_no"] in held]
    assert len(shipped) == len(held)
    assert {one["order_no"]: facts(one, flow.stage) for one in shipped} == {
        number: facts_of_kingdee(document) for number, document in held.items()
    }


def facts(stockout, stage):
    """Return what a stock-out of the source and its document have in common."""
    return (
        stockout["consign_time"][:10],
        code(stage, "sale_org", stockout["fenxiao_nick"]),
        code(stage, "customer", stockout["nick_name"]),
        stockout["logistics_no"],
        stockout["src_trade_no"],
        [
            (
                line["goods_no"],
                Decimal(line["goods_count"]),
                Decimal(line["sell_price"]),
                code(stage, "warehouse", stockout["warehouse_no"]),
                Decimal(line["sell_price"]) <= 0,
            )
            for line in stockout["details"]
        ],
    )


def facts_of_kingdee(document):
    """Return the same of a document."""
    return (
        document["FDate"][:10],
        document["FSaleOrgId"]["FNumber"],
        document["FCustomerID"]["FNumber"],
        document["FCarriageNO"],
        document["F_USQR_TEXT"],
        [
            (
                line["FMaterialID"]["FNumber"],
                Decimal(str(line["FRealQty"])),
                Decimal(str(line["FTaxPrice"])),
                line["FStockID"]["FNumber"],
                line["FIsFree"],
            )
            for line in document["FEntity"]
        ],
    )


def code(stage, table, key):
    """Return what a code table says; the scheme's own map of organisations is held against it too."""
    with (stage.project / "transforms" / "codes" / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return dict(list(csv.reader(file))[1:])[key]


def test_what_the_scheme_says_of_tap_and_target_is_what_the_project_does(flow):
    told = flow.run("mapper-kd", "import-qeasy", SCHEME, "--json")

    settings = json.loads(told.stdout)["settings"]
    assert told.returncode == 0, told.stderr
    assert settings == {
        "extractors": [
            {
                "name": "tap-wangdiantong",
                "config": {"dialect": "openapi", "page_size": 100},
                "select": ["sales_stockouts.*"],
            }
        ],
        "loaders": [
            {
                "name": "target-kingdee",
                "config": {"batch_size": 20, "IsAutoSubmitAndAudit": True, "final_status": "audited"},
            }
        ],
    }

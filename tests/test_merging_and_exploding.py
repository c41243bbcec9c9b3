"""One document of many records, and many of one, through `meltano run`: killed, run again, and read once more."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal

import pytest
import requests

from demo.stage import documents, summary
from tests.test_main_job import kill_when

RUN = ("meltano", "run", "tap-wangdiantong", "mapper-kd", "target-kingdee")
REREAD = ("meltano", "run", "--full-refresh", *RUN[2:])
CUSTOMER = "KH00900"  # 零售客户
SHIPPED = {95, 105, 110, 113}
LONGEST = 4

HEAD = f"""
  FBillTypeID.FNumber: XSCKD01_SYS
  FStockOrgId.FNumber: "100"
  FCustomerID.FNumber: {CUSTOMER}
  SubHeadEntity.FSettleCurrID.FNumber: PRE001
  SubHeadEntity.FIsIncludedTax: true
"""
LINES = """
lines:
  FEntity:
    each: =%s
    required: true
    fields:
      FMaterialID.FNumber: =line.goods_no
      FRealQty: =line.goods_count
      FTaxPrice: =line.sell_price
      FEntryTaxRate: 13
      FStockID.FNumber: =code("warehouse", here.warehouse_no)
      FStockStatusID.FNumber: KCZT01_SYS
"""
MERGING = f"""
stream: sales_stockouts
form: SAL_OUTSTOCK
number: FBillNo
merge:
  where: =status in ("95", "105", "110", "113")
  by: {{shop_no: =shop_no, day: =date(consign_time)}}
  values: {{distributor: =first(fenxiao_nick), warehouse_no: =first(warehouse_no), orders: =count()}}
  lines:
    items:
      each: =details_list
      by: {{goods_no: =line.goods_no, sell_price: =line.sell_price}}
      values: {{goods_count: =sum(line.goods_count)}}
head:{HEAD}
  FBillNo: =f"{{shop_no}}-{{day}}"
  FDate: =day
  FSaleOrgId.FNumber: =code("sale_org", distributor)
  FNote: =f"{{orders}} 单"
{LINES % "items"}"""
EXPLODING = f"""
stream: sales_stockouts
form: SAL_OUTSTOCK
number: FBillNo
where: =status in ("95", "105", "110", "113")
documents:
  each: =chunks(details_list, {LONGEST})
head:{HEAD}
  FBillNo: =f"{{order_no}}-{{line.part}}"
  FDate: =date(consign_time)
  FSaleOrgId.FNumber: =code("sale_org", fenxiao_nick)
{LINES % "line.rows"}"""


def merged(source):
    """Return what Kingdee has to hold: by number the note, and the quantity for each material and price."""
    counted, lines = defaultdict(int), defaultdict(lambda: defaultdict(Decimal))
    for one in source:
        number = f"{one['shop_no']}-{one['consign_time'][:10]}"
        counted[number] += 1
        for line in one["details"]:
            lines[number][line["goods_no"], Decimal(line["sell_price"])] += Decimal(line["goods_count"])
    return {
        number: (f"{count} 单", sorted((*key, qty) for key, qty in lines[number].items()))
        for number, count in counted.items()
    }


def exploded(source):
    """Return the same for documents of four lines at most."""
    made = {}
    for one in source:
        rows = [
            (line["goods_no"], Decimal(line["sell_price"]), Decimal(line["goods_count"])) for line in one["details"]
        ]
        for part, start in enumerate(range(0, len(rows), LONGEST), start=1):
            made[f"{one['order_no']}-{part}"] = (None, sorted(rows[start : start + LONGEST]))
    return made


def held_by(url):
    """Return what Kingdee holds, likewise; each document once, and audited."""
    held = {}
    for one in documents(url, "kingdee/SAL_OUTSTOCK"):
        assert one["FDocumentStatus"] == "C"
        assert one["FBillNo"] not in held
        rows = [
            (line["FMaterialID"]["FNumber"], *(Decimal(str(line[name])) for name in ("FTaxPrice", "FRealQty")))
            for line in one["FEntity"]
        ]
        held[one["FBillNo"]] = (one.get("FNote"), sorted(rows))
    return held


@pytest.mark.parametrize(("mapping", "expected"), [(MERGING, merged), (EXPLODING, exploded)], ids=["merge", "explode"])
def test_a_killed_run_is_finished_by_the_next_and_rereading_delivers_nothing_new(flow, mapping, expected):
    main = flow.stage.project / "transforms/mappings/wangdiantong/sales_stockouts.yml"
    main.write_text(mapping, encoding="utf-8")
    flow.stage.seed(flow.days, date.fromisoformat("2026-03-31"))
    with flow.stage.sandbox() as url:
        requests.post(f"{url}/_sandbox/limits", json={"limits": "off"}, timeout=30).raise_for_status()
        env = flow.stage.environment(url) | {
            "TARGET_KINGDEE_BATCH_SIZE": "5",
            "TARGET_KINGDEE_CONCURRENCY": "1",
            "TAP_WANGDIANTONG_CALLS_PER_MINUTE": "0",  # three runs make more calls than one may in a minute
            "TARGET_KINGDEE_CALLS_PER_MINUTE": "0",
        }
        wanted = expected(one for one in documents(url, "wangdiantong/sales_stockouts") if one["status"] in SHIPPED)

        running = flow.start(*RUN, **env)
        kill_when(running, "target-kingdee", lambda: summary(url, "kingdee/SAL_OUTSTOCK")["documents"] > 0)
        assert running.wait(timeout=120) != 0
        assert 0 < summary(url, "kingdee/SAL_OUTSTOCK")["documents"] < len(wanted)

        finished = flow.run(*RUN, **env)
        assert finished.returncode == 0, finished.stdout + finished.stderr
        assert held_by(url) == wanted
        before = list(documents(url, "kingdee/SAL_OUTSTOCK"))

        again = flow.run(*REREAD, **env)
        assert again.returncode == 0, again.stdout + again.stderr
        assert f'"unchanged":{len(wanted)}' in again.stdout + again.stderr
        assert list(documents(url, "kingdee/SAL_OUTSTOCK")) == before

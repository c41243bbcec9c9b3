"""One document of many records, and many of one, through the pipe: killed, run again, and read once more."""

from __future__ import annotations

import json
import subprocess
import time
from collections import defaultdict
from decimal import Decimal

import pytest

from demo.stage import BIN, documents, summary

MAPPING_FILE = "transforms/mappings/wangdiantong/sales_stockouts.yml"
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


class Pipe:
    """`tap-wangdiantong | mapper-kd | target-kingdee`."""

    def __init__(self, flow, settings):
        self.flow = flow
        self.settings = settings
        home = flow.stage.home
        self.catalog, self.mapper, self.state, self.said = (
            home / name for name in ("c.json", "m.json", "s.json", "log")
        )
        discovered = json.loads(flow.run("tap-wangdiantong", "--config", "ENV", "--discover", **settings).stdout)
        streams = [stream for stream in discovered["streams"] if stream["tap_stream_id"] == "sales_stockouts"]
        self.catalog.write_text(json.dumps({"streams": streams}))
        self.mapper.write_text(json.dumps({"mapping": MAPPING_FILE, "codes": ["transforms/codes"]}))

    def start(self, *options):
        """Start the processes; the target is the last."""
        commands = [
            ["tap-wangdiantong", "--config", "ENV", "--catalog", str(self.catalog), *options],
            ["mapper-kd", "--config", str(self.mapper)],
            ["target-kingdee", "--config", "ENV"],
        ]
        started = []
        with self.said.open("w") as said, self.state.with_suffix(".out").open("w") as states:
            for name, *arguments in commands:
                reads = started[-1].stdout if started else subprocess.DEVNULL
                writes = states if name == "target-kingdee" else subprocess.PIPE
                started.append(
                    subprocess.Popen(
                        [BIN / name, *arguments], cwd=self.flow.stage.project,
                        env=self.flow.environment(self.settings), stdin=reads, stdout=writes, stderr=said,
                    )
                )  # fmt: skip
                if started[:-1]:
                    reads.close()
        return started

    def run(self, *options):
        """Run them to their end; returns what they said."""
        codes = [process.wait(timeout=120) for process in self.start(*options)]
        assert codes == [0, 0, 0], self.said.read_text()
        return self.said.read_text()

    def go_on(self):
        """Run them from where the last run was."""
        states = self.state.with_suffix(".out").read_text().splitlines()
        self.state.write_text(states[-1] if states else "{}")
        return self.run("--state", str(self.state))


@pytest.mark.parametrize(("mapping", "expected"), [(MERGING, merged), (EXPLODING, exploded)], ids=["merge", "explode"])
def test_a_killed_run_is_finished_by_the_next_and_rereading_delivers_nothing_new(flow, mapping, expected):
    (flow.stage.project / MAPPING_FILE).write_text(mapping, encoding="utf-8")
    with flow.served() as (url, env):
        pipe = Pipe(flow, {**env, "TARGET_KINGDEE_BATCH_SIZE": "5", "TARGET_KINGDEE_CONCURRENCY": "1"})
        wanted = expected(one for one in documents(url, "wangdiantong/sales_stockouts") if one["status"] in SHIPPED)

        *others, target = pipe.start()
        while summary(url, "kingdee/SAL_OUTSTOCK")["documents"] == 0 and target.poll() is None:
            time.sleep(0.01)
        target.kill()
        for process in (*others, target):
            process.wait(timeout=60)
        assert 0 < summary(url, "kingdee/SAL_OUTSTOCK")["documents"] < len(wanted)

        pipe.go_on()
        assert held_by(url) == wanted
        before = list(documents(url, "kingdee/SAL_OUTSTOCK"))

        assert f'"unchanged":{len(wanted)}' in pipe.run()
        assert list(documents(url, "kingdee/SAL_OUTSTOCK")) == before

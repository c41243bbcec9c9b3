"""Public clients that others wrote, unchanged: PyPI `wangdiantong-py` (企业版) and `wdtqm` (旗舰奇门)."""

import json
import time
from datetime import datetime, timedelta

import pytest
from wangdiantong.client import OpenApiClient
from wdtqm import WdtQimenSDK

SINCE, UNTIL = datetime.fromisoformat("2026-03-20"), datetime.fromisoformat("2026-04-05")
WINDOW = {"start_time": f"{SINCE}", "end_time": f"{UNTIL}"}
PAGE = 40


@pytest.fixture
def enterprise(erp_sandbox):
    given = erp_sandbox.credentials["wangdiantong"]["openapi"]
    client = OpenApiClient(given["sid"], given["appkey"], given["appsecret"])
    client.API_BASE_URL = erp_sandbox.url
    return client


@pytest.fixture
def shanghai(monkeypatch):
    """The second client signs the local time, and so has to run where the vendor is."""
    monkeypatch.setenv("TZ", "Asia/Shanghai")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("shanghai")
@pytest.mark.parametrize(
    ("method", "status", "stream", "number"),
    [
        ("wdt.wms.stockin.refund.querywithdetail", "10,20,30,80", "refund_stockins", "order_no"),
        ("wdt.wms.stocktransfer.manage.querywithdetail", "10,20,30,40,50,80,90", "transfers", "transfer_no"),
    ],
)
def test_wdtqm_reads_everything(method, status, stream, number, erp_sandbox):
    given = erp_sandbox.credentials["wangdiantong"]["qimen_flagship"]
    names = ("app_key", "app_secret", "target_app_key", "appkey", "appsecret", "sid", "base_url")
    client = WdtQimenSDK(*(given[name] for name in names))
    found = []
    for page in range(1, 10):
        business = {
            "params": json.dumps({**WINDOW, "status": status}),
            "pager": json.dumps({"page_size": PAGE, "page_no": page}),
        }
        data = client.call_api(method, business)["response"]["data"]
        found += data["order"]
        if len(found) >= data["total_count"]:
            break

    assert sorted(row[number] for row in found) == sorted(
        row["number"] for row in erp_sandbox.show("wangdiantong", stream)
    )


def test_wangdiantong_py_reads_suites_goods_and_an_hours_trades_and_stock(enterprise, erp_sandbox):
    start = datetime.fromisoformat("2026-03-30 17:00:00")
    end = start + timedelta(minutes=59, seconds=59)

    def everything(call, *arguments):
        rows = []
        for page in range(500):
            answer = call(*arguments, page_no=page, page_size=PAGE)
            found = next((value for value in answer.values() if isinstance(value, list)), [])
            rows += found
            if len(found) < PAGE:
                return rows
        raise AssertionError("the list does not end")

    def held(stream, number="number", **values):
        rows = erp_sandbox.show("wangdiantong", stream)
        return sorted(str(row[number]) for row in rows if all(row[name] == value for name, value in values.items()))

    def modified(stream, number):
        rows = erp_sandbox.show("wangdiantong", stream)
        return sorted(str(row[number]) for row in rows if f"{start}" <= row["modified"] <= f"{end}")

    suites = everything(enterprise.goods.suites_query, SINCE, UNTIL, None)
    trades = everything(enterprise.orders.trade_query, start, end)
    stock = everything(enterprise.stocks.query, start, end)
    assert sorted(row["suite_no"] for row in suites) == held("suites", deleted=0)
    assert sorted(row["trade_no"] for row in trades) == modified("trades", "number")
    assert sorted(row["rec_id"] for row in stock) == modified("stock", "id")

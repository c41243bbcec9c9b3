"""Calls a minute and calls at once, as the vendors count them."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from erp_sandbox.limits import Limits

OFTEN = "超过每分钟最大调用频率限制"
AT_ONCE = "超过每分钟最大并发次数限制"


@pytest.fixture
def real_limits(erp_sandbox):
    erp_sandbox.post("limits", {"limits": "real"})
    yield
    erp_sandbox.post("limits", {"limits": "off"})


@pytest.mark.usefixtures("real_limits")
def test_the_61st_call_of_a_minute_is_refused_and_other_accounts_are_not(wdt, erp_sandbox):
    codes = [wdt.enterprise("shop", page_size=1)["code"] for _ in range(61)]

    assert codes == [0] * 60 + [1020]
    assert OFTEN in wdt.enterprise("shop")["message"]
    assert wdt.flagship("setting.Shop.queryShop")["status"] == 0
    assert erp_sandbox.get("limits")["limits"] == "real"
    assert erp_sandbox.get("calls")["wangdiantong"]["shop"]["throttled"] >= 2


@pytest.mark.usefixtures("real_limits")
def test_the_limit_is_a_switch_and_a_refused_signature_costs_nothing(wdt, switch):
    switch(per_minute=2, comma="half")
    wdt.flagship.overrides = {"sign": "0" * 32}
    assert [wdt.flagship("setting.Shop.queryShop")["status"] for _ in range(5)] == [1] * 5
    wdt.flagship.overrides = {}

    answers = [wdt.flagship("setting.Shop.queryShop") for _ in range(3)]

    assert [answer["status"] for answer in answers] == [0, 0, 100]
    assert answers[-1]["message"] == OFTEN + ",请稍后重试"


@pytest.mark.usefixtures("real_limits")
def test_too_many_calls_at_once_are_refused(wdt, switch):
    switch(concurrency=2, latency_ms=300)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: wdt.enterprise("shop"), range(4)))

    assert sorted(answer["code"] for answer in answers) == [0, 0, 1020, 1020]
    assert sum(AT_ONCE in answer["message"] for answer in answers) == 2


def test_with_limits_off_nothing_is_refused(wdt, switch):
    switch(per_minute=1, concurrency=1)

    assert [wdt.enterprise("shop", page_size=1)["code"] for _ in range(3)] == [0, 0, 0]


def test_a_taken_call_counts_for_60_seconds_and_a_refused_one_does_not_count():
    clock = [0.0]
    limits = Limits(clock=lambda: clock[0])

    assert [limits.take("a", 2) for _ in range(4)] == [True, True, False, False]
    assert limits.take("b", 2)
    clock[0] = 59.9
    assert not limits.take("a", 2)
    clock[0] = 60.0
    assert [limits.take("a", 2) for _ in range(3)] == [True, True, False]

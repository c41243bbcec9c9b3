"""The retailer's year as the documents of an ERP."""

import csv
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal

import pytest
from erp_sandbox.clock import CST
from erp_sandbox.errors import SandboxError
from erp_sandbox.retail import codes, dataset
from erp_sandbox.retail.world import SHIPPED_STATES, World
from erp_sandbox.wangdiantong.tables import line_total, unit_price

UNTIL = date(2026, 3, 31)


@pytest.fixture(scope="module")
def week():
    return list(World(days=7, until=UNTIL).baskets())


def test_the_year_is_whole_in_time_order_and_every_basket_stands_together():
    documents = lines = 0
    seen = set()
    last = datetime.min.replace(tzinfo=CST)
    rec_id = 9_000_000
    for basket in World(days=365, until=UNTIL).baskets():
        documents += 1
        lines += len(basket.lines)
        assert basket.stockout_id == 800_000 + documents
        assert basket.basket_id not in seen
        seen.add(basket.basket_id)
        assert basket.consigned_at >= last
        last = basket.consigned_at
        assert basket.lines[0].rec_id == rec_id + 1
        rec_id = basket.lines[-1].rec_id
    assert (documents, lines) == (155_848, 1_469_307)
    assert last.date() == UNTIL


def test_a_document_is_the_same_however_many_days_are_seeded(week):
    assert list(World(days=2, until=UNTIL).baskets()) == [
        basket for basket in week if basket.consigned_at.date() >= date(2026, 3, 30)
    ]


def test_the_days_end_with_until_and_the_time_of_day_stays(week):
    days = {basket.consigned_at.date() for basket in week}
    earlier = list(World(days=7, until=date(2025, 12, 31)).baskets())

    assert (min(days), max(days), len(days)) == (date(2026, 3, 25), UNTIL, 7)
    assert [b.consigned_at.timetz() for b in earlier] == [b.consigned_at.timetz() for b in week]
    assert [b.stockout_id for b in earlier] == [b.stockout_id for b in week]


def test_most_documents_are_shipped_and_each_status_occurs(week):
    shares = {status: sum(b.status == status for b in week) / len(week) for status in (5, 55, 95, 105, 110, 113)}

    assert sum(shares.values()) == pytest.approx(1)
    assert all(share > 0 for share in shares.values())
    assert shares[110] == pytest.approx(0.75, abs=0.02)


def test_wholesale_is_shipped_and_rare(week):
    wholesale = [basket for basket in week if basket.wholesale]

    assert 0 < len(wholesale) < len(week) / 10
    assert all(b.status in SHIPPED_STATES and b.household_id % 33 == 0 for b in wholesale)


def test_prices_are_rounded_half_up_to_four_decimals(week):
    for basket in week:
        for line in basket.lines:
            amount = Decimal(line.amount) / 100
            price = (amount / line.quantity if line.quantity else amount).quantize(Decimal("0.0001"), ROUND_HALF_UP)
            assert Decimal(unit_price(line.amount, line.quantity)) / 10_000 == price
            total = (price * line.quantity).quantize(Decimal("0.01"), ROUND_HALF_UP)
            assert Decimal(line_total(int(price * 10_000), line.quantity)) / 100 == total


def test_a_week_has_a_handful_of_real_life_gaps(week):
    unknown_customers = sum(basket.household_id % 400 == 7 for basket in week)
    forbidden = sum(any(line.product_id % 2500 == 3 for line in basket.lines) for basket in week)

    assert 0 < unknown_customers + forbidden < len(week) * 0.02
    assert min(unknown_customers, forbidden) > 0


def test_every_product_sold_is_described_in_chinese_and_english():
    world = World(days=2, until=UNTIL)
    sold = {line.product_id for basket in world.baskets() for line in basket.lines}

    products = list(world.products())

    assert {product.product_id for product in products} == sold
    assert len(products) == len(sold)
    assert all(product.department and product.name.startswith(product.department) for product in products)
    assert not any("None" in product.name for product in products)


def test_customers_are_all_there_whoever_bought_this_week():
    world = World(days=1, until=UNTIL)

    assert len(list(world.households())) == 2469
    assert list(world.stores()) == sorted({basket.store_id for basket in world.baskets()})


@pytest.mark.parametrize("days", [0, -1, 366])
def test_days_out_of_range_are_refused(days):
    with pytest.raises(SandboxError, match="between 1 and 365"):
        World(days=days, until=UNTIL)


def test_code_tables_are_what_a_seller_keeps(tmp_path):
    paths = list(codes.write(tmp_path / "made" / "here"))

    tables = {path.stem: list(csv.DictReader(path.read_text("utf-8").splitlines())) for path in paths}
    assert list(tables) == ["sale_org", "warehouse", "customer"]
    assert tables["sale_org"] == [
        {"fenxiao_nick": "华东直营", "sale_org": "101"},
        {"fenxiao_nick": "华南经销", "sale_org": "102"},
        {"fenxiao_nick": "华北经销", "sale_org": "103"},
        {"fenxiao_nick": "西部联营", "sale_org": "104"},
    ]
    assert tables["warehouse"][0] == {"warehouse_no": "WH01", "stock": "CK01"}
    assert {"nick_name": "会员0001", "customer": "KH00001"} in tables["customer"]
    missing = {h for h in dataset.households() if h % 400 == 7}
    assert missing
    assert len(tables["customer"]) == 2469 - len(missing)
    assert not {f"会员{h:04d}" for h in missing} & {row["nick_name"] for row in tables["customer"]}

"""The retailer's year as the documents of an ERP."""

import csv
import sqlite3
from collections import Counter
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal

import msgspec
import pytest
from erp_sandbox.clock import CST
from erp_sandbox.errors import SandboxError
from erp_sandbox.retail import codes, dataset, facts, tables, telling
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
    assert list(tables) == [
        "sale_org", "warehouse", "customer", "shop_org", "jushuitan_warehouse", "jikeyun_warehouse",
    ]  # fmt: skip
    assert tables["sale_org"] == [
        {"fenxiao_nick": "华东直营", "sale_org": "101"},
        {"fenxiao_nick": "华南经销", "sale_org": "102"},
        {"fenxiao_nick": "华北经销", "sale_org": "103"},
        {"fenxiao_nick": "西部联营", "sale_org": "104"},
    ]
    assert tables["warehouse"][0] == {"warehouse_no": "WH01", "stock": "CK01"}
    assert {"nick_name": "会员0001", "customer": "KH00001"} in tables["customer"]
    assert {"shop_no": "S0330", "sale_org": "103"} in tables["shop_org"]
    assert {row["sale_org"] for row in tables["shop_org"]} == {row["sale_org"] for row in tables["sale_org"]}
    assert tables["jushuitan_warehouse"][0] == {"wms_co_id": "90001", "stock": "CK01"}
    assert tables["jikeyun_warehouse"][4] == {"warehouse_code": "JK05", "stock": "CK05", "stock_org": "100"}
    missing = {h for h in dataset.households() if h % 400 == 7}
    assert missing
    assert len(tables["customer"]) == 2469 - len(missing)
    assert not {f"会员{h:04d}" for h in missing} & {row["nick_name"] for row in tables["customer"]}


# The facts that all vendors tell.


def told(days):
    db = sqlite3.connect(":memory:")
    tables.create_tables(db)
    telling.seed(db, World(days=days, until=UNTIL))
    db.commit()
    return db


@pytest.fixture(scope="module")
def seeded():
    return told(3)


@pytest.fixture(scope="module")
def one_day():
    return told(1)


@pytest.fixture
def db(seeded):
    """The three days; what a test changes is taken back."""
    yield seeded
    seeded.rollback()


def without_version(found):
    return [msgspec.structs.replace(fact, version=0) for fact in found]


@pytest.mark.parametrize("kind", facts.KINDS)
def test_a_fact_is_the_same_however_many_days_are_seeded(db, one_day, kind):
    ids = [fact.id for fact in facts.each(one_day, kind)]

    assert ids
    assert without_version(facts.find(one_day, kind)) == without_version(facts.find(db, kind, ids=ids))
    assert facts.count(db, kind) > len(ids)


def test_what_is_in_stock_is_what_came_less_what_left_of_what_there_was(db):
    came, left, locked = Counter(), Counter(), Counter()
    ways = {
        "sale": (left, {"shipped", "finished", "partly_paid", "shipped_abnormal"}),
        "return": (came, {"received", "finished"}),
        "purchase_in": (came, {"finished"}),
        "purchase_return": (left, {"finished"}),
        "transfer": (left, {"shipped", "finished"}),
        "other_in": (came, {"finished"}),
        "other_out": (left, {"finished"}),
        "count": (came, {"finished"}),
    }
    moved = set()
    for kind, (way, statuses) in ways.items():
        for fact in facts.each(db, kind):
            for item in fact.items:
                if fact.status in statuses:
                    place = (item.product_id, fact.warehouse)
                    moved.add(place)
                    (way if item.quantity >= 0 else left)[place] += abs(item.quantity)
                if kind == "transfer" and fact.status == "finished":
                    moved.add((item.product_id, fact.to_warehouse))
                    came[item.product_id, fact.to_warehouse] += item.quantity
                if kind == "sale" and fact.status == "audited":
                    moved.add((item.product_id, fact.warehouse))
                    locked[item.product_id, fact.warehouse] += item.quantity

    held = {(row.product_id, row.warehouse): row for row in facts.stock(db)}

    assert set(held) == moved
    assert all(row.locked == locked[place] for place, row in held.items())
    for place, row in held.items():
        opening = left[place] + row.product_id % 97 + 20  # never less than what was to leave
        assert row.quantity == opening + came[place] - left[place]
    assert min(map(len, (came, left, locked))) > 0


def test_documents_point_at_those_they_come_from(db):
    sales = {sale.id: sale for sale in facts.each(db, "sale")}
    purchases = {purchase.id: purchase for purchase in facts.each(db, "purchase")}

    for back in facts.each(db, "return"):
        sale = sales[back.reference]
        sold = {item.line_id: item for item in sale.items}
        assert (back.store, back.household, back.basket) == (sale.store, sale.household, sale.basket)
        assert back.happened > sale.happened
        assert all(0 <= item.quantity <= sold[item.line_id].quantity for item in back.items)
        assert all(item.amount <= sold[item.line_id].amount for item in back.items)
    for kind in ("purchase_in", "purchase_return"):
        for fact in facts.each(db, kind):
            assert {item.product_id for item in fact.items} <= {
                item.product_id for item in purchases[fact.reference].items
            }
            assert fact.supplier == purchases[fact.reference].supplier


@pytest.mark.parametrize("by", ["modified", "created", "happened", "version"])
def test_facts_are_found_in_order_page_by_page_and_between_two_bounds_that_are_included(db, by):
    whole = facts.find(db, "transfer", by=by)
    order = [(getattr(fact, by), fact.id) for fact in whole]
    start, end = order[len(order) // 4][0], order[len(order) // 2][0]

    assert order == sorted(order)
    assert [f for at in range(0, len(whole), 7) for f in facts.find(db, "transfer", by=by, limit=7, offset=at)] == whole
    assert facts.find(db, "transfer", by=by, descending=True) == whole[::-1]
    between = [fact for fact in whole if start <= getattr(fact, by) <= end]
    assert facts.find(db, "transfer", by=by, start=start, end=end) == between
    assert facts.count(db, "transfer", by=by, start=start, end=end) == len(between) > 1


def test_facts_are_narrowed_and_added_up(db):
    finished = facts.find(db, "sale", statuses=["finished"], warehouses=[2])

    assert {(fact.status, fact.warehouse) for fact in finished} == {("finished", 2)}
    assert facts.find(db, "sale", statuses=[]) == []
    summary = facts.summary(db, "sale", warehouses=[2])
    assert summary["by_status"]["finished"] == {
        "documents": len(finished),
        "lines": sum(len(fact.items) for fact in finished),
        "quantity": str(sum(item.quantity for fact in finished for item in fact.items)),
        "amount": str(Decimal(sum(item.amount for fact in finished for item in fact.items)) / 100),
    }
    assert summary["documents"] == facts.count(db, "sale", warehouses=[2])
    with pytest.raises(ValueError, match="no such kind"):
        facts.find(db, "sale; DROP TABLE retail_facts")


def test_a_fact_that_is_touched_comes_last_by_time_and_by_version_and_alone(db):
    before = facts.find(db, "count")
    version, other = facts.last_version(db), facts.find(db, "other_in")
    now = before[-1].modified + 5

    touched = facts.touch(db, "count", before[0].id, now=now, remark="改")

    assert touched == msgspec.structs.replace(before[0], modified=now, version=version + 1, remark="改")
    assert facts.find(db, "count", by="version", start=version + 1) == [touched]
    assert facts.find(db, "count", start=now) == [touched]
    assert facts.find(db, "count") == [*before[1:], touched]
    assert facts.find(db, "other_in") == other
    assert facts.touch(db, "count", before[0].id, now=now, status="cancelled").version == version + 2
    with pytest.raises(SandboxError, match="no count 1"):
        facts.touch(db, "count", 1, now=now)

import pytest
from tap_ledger.tap import TapLedger
from target_kingdee.case import Fate
from target_kingdee.ledger_schema import dead_letters, deliveries
from target_kingdee.settings import DEFAULT_LEDGER

RETURNED = '{"FBillNo":"CK7","FEntity":[{"FEntryID":501,"FRealQty":2.00},{"FEntryID":502}]}'


def test_a_delivery_carries_its_source_and_what_kingdee_made_of_it(ledger, read):
    ledger.deliver("CK7", returned=RETURNED, at="2026-03-01T10:00:00+08:00")

    (record,) = read().records["deliveries"]

    assert record["account"] == ledger.account
    assert (record["form"], record["number"], record["status"]) == ("SAL_OUTSTOCK", "CK7", "delivered")
    assert (record["source_stream"], record["source_key"]) == ("sales_stockouts", '{"stockout_id":7}')
    assert (record["kingdee_id"], record["document_status"]) == ("140007", "C")
    assert record["entry_ids"] == [501, 502]
    assert record["returned"]["FEntity"][1] == {"FEntryID": 502}
    assert record["content_hash"] == record["delivered_hash"]
    assert len(bytes.fromhex(record["content_hash"])) == 16
    assert record["attempts"] == 1
    assert record["updated_at"] == "2026-03-01T10:00:00+08:00"
    assert record["delivered_at"].endswith("+08:00")


def test_a_dead_letter_carries_its_record_to_the_last_digit(ledger, read):
    ledger.bury(8, at="2026-03-01T10:00:00+08:00")

    output = read()

    (record,) = output.records["dead_letters"]
    assert (record["reason"], record["field"]) == ("code_missing", "FCustomerID.FNumber")
    assert "会员0008" in record["message"]
    assert record["fix"].startswith("add it to")
    assert record["record"]["remark"] == "请放门口"
    assert any(b'"receivable":12345678901234567.8900' in line for line in output.lines)
    assert (record["number"], record["model"], record["closed_at"]) == (None, None, None)
    assert (record["first_at"], record["last_at"]) == ("2026-03-01T10:00:00+08:00", "2026-03-01T10:00:00+08:00")


def test_a_refused_document_is_in_both_streams(ledger, read):
    ledger.deliver("CK7", fate=Fate.DEAD)

    output = read()

    assert [row["status"] for row in output.records["deliveries"]] == ["dead"]
    assert [(row["number"], row["reason"]) for row in output.records["dead_letters"]] == [("CK7", "rejected")]
    assert output.records["dead_letters"][0]["model"] == {"stockout_id": 7}


def test_a_letter_that_failed_again_counts_its_attempts_and_stays_one_row(ledger, read):
    ledger.bury(8, at="2026-03-01T10:00:00+08:00")
    ledger.bury(8, reason="value_missing", at="2026-03-02T10:00:00+08:00")

    (record,) = read().records["dead_letters"]

    assert (record["attempts"], record["reason"]) == (2, "value_missing")
    assert (record["first_at"], record["last_at"]) == ("2026-03-01T10:00:00+08:00", "2026-03-02T10:00:00+08:00")


@pytest.mark.parametrize(
    ("kept", "told"),
    [("null", None), ("[1]", {"unreadable": [1]}), ("not json", {"unreadable": "not json"})],
)
def test_a_source_record_that_is_no_object_does_not_hold_up_the_others(ledger, read, kept, told):
    ledger.bury(8, 9)
    ledger.change(dead_letters, dead_letters.c.source_key == '{"stockout_id":8}', record=kept)

    first, second = read().records["dead_letters"]

    assert first["record"] == told
    assert second["record"]["stockout_id"] == 9


def test_rows_come_in_the_order_of_their_keys(ledger, read):
    ledger.deliver("CK20", "CK3", "CK100", form="SAL_OUTSTOCK")
    ledger.deliver("CK2", "CK1", form="SAL_RETURNSTOCK")

    rows = read().records["deliveries"]

    keys = [(row["account"], row["form"], row["number"]) for row in rows]
    assert keys == sorted(keys)
    assert len(keys) == 5


def test_every_row_comes_once_when_there_are_many_pages(ledger, read):
    ledger.deliver(*(f"CK{number}" for number in range(1300)))
    ledger.bury(*range(1300))

    output = read()

    assert len(output.numbers()) == len(set(output.numbers())) == 1300
    assert len(output.keys()) == len(set(output.keys())) == 1300


def test_a_ledger_of_several_accounts_keeps_them_apart(ledger, read):
    ledger.deliver("CK7")
    ledger.account = "other@kingdee.example.com"
    ledger.deliver("CK7")

    assert {(row["account"], row["number"]) for row in read().records["deliveries"]} == {
        ("5f0a7c@kingdee.example.com", "CK7"),
        ("other@kingdee.example.com", "CK7"),
    }


def test_deselected_properties_stay_in_the_ledger(ledger, read):
    ledger.bury(8)
    catalog = TapLedger(config=ledger.settings).catalog_dict
    for stream in catalog["streams"]:
        for entry in stream["metadata"]:
            if entry["breadcrumb"] in (["properties", "record"], ["properties", "updated_at"]):
                entry["metadata"]["selected"] = False

    output = read(catalog=catalog)

    assert "record" not in output.records["dead_letters"][0]
    assert output.records["dead_letters"][0]["reason"] == "code_missing"
    assert output.bookmark("dead_letters")


@pytest.mark.parametrize("table", [deliveries, dead_letters], ids=lambda table: table.name)
def test_the_schema_offers_what_the_ledger_has(table, ledger):
    offered = set(TapLedger(config=ledger.settings).streams[table.name].schema["properties"])
    made_here = {"account", "form", "entry_ids", "updated_at"}

    assert offered - made_here <= set(table.columns.keys())
    assert set(table.columns.keys()) - offered == {"book_id"} | ({"floor_id"} if table is deliveries else set())


def test_the_ledger_is_looked_for_where_target_kingdee_keeps_it():
    assert TapLedger(config={}).config["ledger_path"] == DEFAULT_LEDGER


def test_every_property_says_its_chinese_term():
    for stream in TapLedger(config={}).streams.values():
        for name, declared in stream.schema["properties"].items():
            term = declared["description"].split()[0]
            assert not term.isascii(), f"{stream.name}.{name}"

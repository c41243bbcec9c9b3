"""Merging: many records become one document, in one run and over many."""

from __future__ import annotations

import json
import subprocess
import sys
from decimal import Decimal

import pytest
from erp_sdk.command import SetupError

ORDERS = """
stream: orders
form: SAL_OUTSTOCK
number: FBillNo
merge:
  where: =status != 5
  let: {place: =receiver.city}
  by: {shop: =shop, day: =date(time)}
  values:
    orders: =count()
    paid: =sum(paid)
    first_no: =first(number)
    last_no: =last(number)
    notes: =join(remark, "; ")
    buyers: =distinct(buyer)
    mean: =average(paid)
    lowest: =min(paid)
    highest: =max(paid)
    remarks: =count(remark)
    places: =join(place)
    cheap: =min(lines.price)
  lines:
    items:
      each: =lines
      where: =line.count > 0
      by: {sku: =line.sku}
      values: {qty: =sum(line.count), amount: =sum(line.count * line.price)}
    payments:
      values: {order: =number, paid: =paid}
head:
  FBillNo: =concat(shop, "-", day)
  FDate: =day
  FCount: =orders
  FAmount: =paid
  FFirst: =first_no
  FLast: =last_no
  FNote: =notes
  FBuyers: =buyers
  FMean: =mean
  FLowest: =lowest
  FHighest: =highest
  FRemarks: =remarks
  FPlaces: =places
  FCheap: =cheap
lines:
  FEntity:
    each: =items
    fields:
      FMaterialID.FNumber: =line.sku
      FQty: =line.qty
      FAmount: =line.amount
  FPayEntity:
    each: =payments
    fields:
      FOrder: =line.order
      FPaid: =line.paid
"""

PLAIN = """
stream: orders
form: SAL_OUTSTOCK
number: FBillNo
merge:
  by: {shop: =shop}
  values: {orders: =count(), paid: =sum(paid)}
  lines:
    items: {each: =lines, values: {sku: =line.sku, qty: =line.count}}
{more}
head:
  FBillNo: =shop
  FCount: =orders
  FAmount: =paid
lines:
  FEntity:
    each: =items
    fields: {FMaterialID.FNumber: =line.sku, FQty: =line.qty}
"""


def order(number, **values):
    return {
        "id": number,
        "number": f"N{number}",
        "shop": "S1",
        "time": "2026-01-05T09:00:00+08:00",
        "status": 1,
        "paid": Decimal("1.10"),
        "lines": [{"sku": "A", "count": 1, "price": Decimal("0.55")}],
    } | values


def state(value):
    return {"type": "STATE", "value": {"at": value}}


BY_BUYER = """
stream: orders
form: SAL_OUTSTOCK
number: FBillNo
merge:
  by: {shop: =shop}
  lines:
    rows: {values: {buyer: =buyer, paid: =paid}}
documents: {each: '=group(rows, "buyer")'}
head:
  FBillNo: =line.buyer
  FAmount: =sum(line.rows.paid)
"""


def plain(more=""):
    return PLAIN.replace("{more}", more)


@pytest.fixture
def run(project):
    """Send orders, states and whole messages through the mapper; return its records and states."""

    def send(*orders, **settings):
        messages = [one if "type" in one else project.record(**one) for one in orders]
        output = project.run(project.schema(), *messages, **settings)
        return [one for one in output if one["type"] != "SCHEMA"]

    return send


def numbers(messages):
    return [one["record"]["FBillNo"] for one in messages if one.get("stream") == "SAL_OUTSTOCK"]


def letters(messages):
    return [one["record"] for one in messages if one.get("stream") == "dead_letters"]


def members(message):
    return [one["id"] for one in message["source"]["members"]]


def test_records_of_a_group_become_one_document_with_all_aggregates(project, run):
    project.mapping(ORDERS)
    line = {"sku": "B", "count": 2, "price": 3}

    first, second = run(
        order(1, remark="soon", buyer="x", receiver={"city": "沪"}),
        order(2, shop="S2"),
        order(3, status=5),
        order(4, paid=Decimal("0.2"), buyer="y", remark="", lines=[line, {"sku": "A", "count": 3, "price": 1}]),
        order(5, paid=None, buyer="x", remark="late", lines=[{"sku": "C", "count": 0, "price": 9}]),
    )

    assert first["record"] == {
        "FBillNo": "S1-2026-01-05",
        "FDate": "2026-01-05",
        "FCount": 3,
        "FAmount": Decimal("1.30"),
        "FFirst": "N1",
        "FLast": "N5",
        "FNote": "soon; late",
        "FBuyers": ["x", "y"],
        "FMean": Decimal("0.65"),
        "FLowest": Decimal("0.2"),
        "FHighest": Decimal("1.10"),
        "FRemarks": 2,
        "FPlaces": "沪",
        "FCheap": Decimal("0.55"),
        "FEntity": [
            {"FMaterialID": {"FNumber": "A"}, "FQty": 4, "FAmount": Decimal("3.55")},
            {"FMaterialID": {"FNumber": "B"}, "FQty": 2, "FAmount": 6},
        ],
        "FPayEntity": [
            {"FOrder": "N1", "FPaid": Decimal("1.10")},
            {"FOrder": "N4", "FPaid": Decimal("0.2")},
            {"FOrder": "N5"},
        ],
    }
    assert second["record"]["FBillNo"] == "S2-2026-01-05"
    assert first["source"]["key"] == {"day": "2026-01-05", "shop": "S1", "part": 1}
    assert first["source"]["record"]["id"] == 1
    assert members(first) == [1, 4, 5]
    assert members(second) == [2]


BY_SKU = """
stream: orders
form: SAL_OUTSTOCK
number: FBillNo
merge:
  where: =status == 1
  each: =lines
  by: {sku: =line.sku}
  values: {orders: "=list(number)", note: =from_first(buyer), last_note: =from_last(buyer)}
  lines:
    items: {values: {qty: =line.count, shop: =shop}}
head:
  FBillNo: =sku
  FOrders: =join(orders, "+")
  FNote: =note
  FLast: =last_note
lines:
  FEntity:
    each: =items
    fields: {FQty: =line.qty, FShop: =line.shop}
"""


def test_rows_of_one_record_may_go_to_several_documents(project, run):
    project.map(BY_SKU)
    lines = [{"sku": "A", "count": 1}, {"sku": "B", "count": 2}, {"sku": "A", "count": 3}]

    sent = run(order(1, lines=lines), order(2, lines=[{"sku": "B", "count": 4}], buyer="x"))

    assert [one["record"] for one in sent] == [
        {"FBillNo": "A", "FOrders": "N1+N1", "FEntity": [{"FQty": 1, "FShop": "S1"}, {"FQty": 3, "FShop": "S1"}]},
        {
            "FBillNo": "B",
            "FOrders": "N1+N2",
            "FLast": "x",
            "FEntity": [{"FQty": 2, "FShop": "S1"}, {"FQty": 4, "FShop": "S1"}],
        },
    ]
    assert [members(one) for one in sent] == [[1], [1, 2]]


def test_a_record_that_comes_again_with_fewer_rows_has_fewer_rows(project, run):
    project.map(BY_SKU)
    rows = [{"sku": "A", "count": number} for number in range(1, 1200)]

    within = run(order(1, lines=rows), order(2, lines=[{"sku": "B", "count": 1}]), order(1, lines=rows[:1]))
    assert [len(one["record"]["FEntity"]) for one in within] == [1, 1]

    later = run(order(3, lines=[{"sku": "C", "count": 1}, {"sku": "C", "count": 2}]))
    assert [len(one["record"]["FEntity"]) for one in later] == [2]

    letter, document = run(order(3, lines=[{"sku": "C", "count": 7}]))
    assert (letter["record"]["reason"], letter["record"]["key"]) == ("merged_elsewhere", '{"id":3,"row":2}')
    assert [one["FQty"] for one in document["record"]["FEntity"]] == [7, 2]
    assert members(document) == [3]


def test_state_waits_for_the_documents_and_other_mappings_do_not(project, run):
    project.mapping(plain(), "merged")
    project.mapping(project.flow(), "single")

    messages = run(order(1), state(1), order(2), state(2))

    assert [one.get("value", {}).get("at") or one["record"]["FBillNo"] for one in messages] == ["N1", "N2", "S1", 2]


def test_without_a_merging_stream_state_keeps_its_place(project):
    project.mapping(plain())

    assert project.run(state(1)) == [state(1)]


def test_a_late_record_makes_a_supplement_with_a_number_of_its_own(project, run):
    project.mapping(plain())

    assert numbers(run(order(1), order(2))) == ["S1"]
    (late,) = run(order(3))
    (later,) = run(order(4), order(5))

    assert (late["record"]["FBillNo"], later["record"]["FBillNo"]) == ("S1-2", "S1-3")
    assert (late["record"]["FCount"], later["record"]["FCount"]) == (1, 2)
    assert late["source"]["key"] == {"shop": "S1", "part": 2}


def test_the_suffix_of_a_supplement_can_be_chosen(project, run):
    project.mapping(plain('  number_suffix: =concat("补", part - 1)'))

    assert numbers(run(order(1)) + run(order(2))) == ["S1", "S1补1"]


def test_a_record_read_again_gives_the_same_document_or_changes_its_own(project, run):
    project.mapping(plain())
    first = run(order(1), order(2))

    assert run(order(2)) == first
    (changed,) = run(order(2, paid=5))
    assert changed["record"]["FAmount"] == Decimal("6.10")
    assert members(changed) == [1, 2]


def test_a_record_that_comes_twice_in_a_run_counts_once_with_its_last_content(project, run):
    project.mapping(plain())

    (document,) = run(order(1, paid=1), order(2, paid=1), order(1, paid=7))

    assert (document["record"]["FCount"], document["record"]["FAmount"]) == (2, 8)
    assert members(document) == [1, 2]


def test_a_record_that_leaves_before_its_document_is_made_is_in_none(project, run):
    project.mapping(ORDERS)

    documents = run(order(1), order(2), order(1, status=5))
    moved = run(order(6, shop="S6"), order(7, shop="S6"), order(6, shop="S7"))

    assert [members(one) for one in documents] == [[2]]
    assert {one["record"]["FBillNo"][:2]: members(one) for one in moved} == {"S6": [7], "S7": [6]}


def test_a_document_that_cannot_be_made_again_keeps_the_number_it_went_out_with(project, run, book):
    project.mapping(plain().replace("FAmount: =paid", "FAmount: =1 / (paid - 5)"))
    run(order(1), merge_book=book)

    (failed,) = letters(run(order(1, paid=5), merge_book=book))
    (moved,) = letters(run(order(1, shop="S2"), merge_book=book))

    assert failed["reason"] == "expression_failed"
    assert moved["message"].startswith("the record is part of S1, as it was then;")


def test_documents_that_would_not_be_made_again_are_not_left_behind_in_silence(project, run, book):
    project.mapping(BY_BUYER)
    run(order(1, buyer="W1"), order(2, buyer="W2"), merge_book=book)

    (letter,) = letters(run(order(2, buyer="W1"), merge_book=book))
    replayed = run(project.record(**order(2, buyer="W1")) | {"replay": True}, merge_book=book)

    assert letter["reason"] == "merged_elsewhere"
    assert letter["message"].startswith("W2 went out before, and the records make other documents now;")
    assert [one["record"]["FBillNo"] for one in replayed] == ["W1"]


@pytest.mark.parametrize("change", [{"shop": "S2"}, {"status": 5}])
def test_a_record_whose_document_is_out_stays_there_and_is_a_dead_letter(project, run, change):
    project.mapping(ORDERS)
    run(order(1), order(2))

    (letter,) = letters(run(order(1, **change)))
    (document,) = run(order(2))

    assert letter["reason"] == "merged_elsewhere"
    assert "S1-2026-01-05" in letter["message"]
    assert letter["key"] == '{"id":1}'
    assert document["record"]["FCount"] == 2
    assert members(document) == [2], "or the target would close the letter"
    (back,) = run(order(1))
    assert members(back) == [1, 2]


def test_a_record_that_cannot_be_gathered_is_its_own_dead_letter(project, run):
    project.mapping(ORDERS)

    messages = run(order(1, lines=[{"sku": "A"}]), order(2))

    assert [(one["key"], one["reason"]) for one in letters(messages)] == [('{"id":1}', "expression_failed")]
    assert [members(one) for one in messages if one["stream"] == "SAL_OUTSTOCK"] == [[2]]


def test_a_group_that_cannot_be_built_is_one_dead_letter_with_the_first_record(project, run):
    project.mapping(plain().replace("=shop\n  FCount", '=code("shops", shop)\n  FCount'))
    project.table("shops", "shop,number", "S1,101")

    messages = run(order(1), order(2, shop="S2"), order(3, shop="S2"))

    (letter,) = letters(messages)
    assert (letter["key"], letter["reason"], letter["record"]["id"]) == ('{"part":1,"shop":"S2"}', "code_missing", 2)
    assert letter["field"] == "FBillNo"
    assert numbers(messages) == ["101"]


def test_a_replay_of_a_member_makes_the_whole_document_again(project, run):
    project.mapping(plain())
    run(order(1), order(2), order(3, shop="S2"))

    (again,) = run(project.record(**order(2)) | {"replay": True})

    assert again["replay"] is True
    assert members(again) == [1, 2]


def test_a_document_has_at_most_so_many_lines_and_no_record_is_cut(project, run):
    project.mapping(plain("  max_lines: 3"))
    line = {"sku": "A", "count": 1}

    documents = run(*(order(n, lines=[line] * size) for n, size in enumerate([2, 1, 1, 5, 1], 1)))

    assert [(one["record"]["FBillNo"], members(one)) for one in documents] == [
        ("S1", [1, 2]), ("S1-2", [3]), ("S1-3", [4]), ("S1-4", [5]),
    ]  # fmt: skip
    assert [one["source"]["record"]["id"] for one in documents] == [1, 3, 4, 5]


def test_lines_that_are_folded_are_counted_once(project, run):
    project.mapping(ORDERS.replace("merge:", "merge:\n  max_lines: 2"))

    documents = run(
        *(
            order(n, lines=[{"sku": sku, "count": 1, "price": 1} for sku in skus])
            for n, skus in enumerate(["AB", "BA", "C", "CD"], 1)
        )
    )

    assert [members(one) for one in documents] == [[1, 2], [3, 4]]


def test_groups_that_differ_only_in_the_spelling_of_a_number_are_one(project, run):
    project.mapping(plain().replace("shop: =shop", "shop: =paid").replace("FBillNo: =shop", "FBillNo: =text(shop)"))

    assert numbers(run(order(1, paid=Decimal("1.50")), order(2, paid=Decimal("1.5")))) == ["1.5"]


def test_a_changed_section_does_not_mix_with_what_was_gathered_before(project, run):
    project.mapping(plain())
    run(order(1), order(2))
    project.mapping(plain().replace("=sum(paid)", "=sum(paid * 2)"))

    (letter,) = letters(run(order(2)))
    (healed,) = run(order(1), order(2))

    assert letter["reason"] == "merge_changed"
    assert healed["record"]["FAmount"] == Decimal("4.40")


def test_the_kinds_of_the_merged_record_are_known(project):
    project.mapping(ORDERS)

    schema = project.run(project.schema())[1]["schema"]["properties"]

    assert schema["FCount"] == {"type": ["integer", "null"]}
    assert schema["FAmount"] == schema["FMean"] == schema["FLowest"] == {"type": ["number", "null"]}
    assert schema["FBuyers"] == {"type": ["array", "null"], "items": {"type": ["string", "null"]}}
    assert schema["FEntity"]["items"]["properties"]["FQty"] == {"type": ["number", "null"]}


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ("  values: {paid: =sum(paid)}", "has no by:"),
        ("  by: {shop: =shop}\n  values: {paid: =paid}", "is no aggregate of the records"),
        ("  by: {shop: =shop}\n  values: {paid: =sum(payed)}", "did you mean paid?"),
        ("  by: {shop: =shop}\n  values: {shop: =count()}", "has shop twice"),
        ("  by: {shop: =tags}", "is a list; by: needs single values"),
        ("  by: {shop: =shop}\n  max_lines: 5", "counts lines, and there is no lines: here"),
        ("  by: {part: =shop}", "is no name here"),
        ("  by: {shop: =shop}\n  values: {b: '=join(shop, remark)'}", "other than a text in quotes"),
        ("  by: {shop: =shop}\n  lines: {items: {each: =lines}}", "has neither by: nor values:"),
        ("  by: {shop: =shop}\n  group: =shop", "is no key of the mapping language here"),
    ],
)
def test_what_is_wrong_with_the_section_is_said_before_any_record(project, section, said):
    project.mapping(f"stream: orders\nform: F\nnumber: FBillNo\nmerge:\n{section}\nhead:\n  FBillNo: =shop\n")

    with pytest.raises(SetupError, match=r".") as error:
        project.run(project.schema())

    assert said in str(error.value)


def test_outside_of_the_section_only_the_merged_record_is_known(project):
    project.mapping(plain().replace("FCount: =orders", "FCount: =order\n  FOther: =number"))

    with pytest.raises(SetupError, match="there is no field order in the merged record; did you mean orders"):
        project.run(project.schema())


def test_a_date_of_the_merged_record_is_a_date_in_the_schema(project):
    project.mapping(ORDERS)

    schema = project.run(project.schema())[-1]["schema"]["properties"]

    assert schema["FDate"] == {"type": ["string", "null"], "format": "date"}


def test_a_stream_without_a_key_cannot_be_merged(project):
    project.mapping(plain())

    with pytest.raises(SetupError, match="has no key_properties"):
        project.run(project.schema(key=()))


def test_the_records_of_a_merged_document_can_be_asked_for(project, run):
    project.mapping(ORDERS, "shop/orders")
    run(order(1), order(2), order(3, shop="S2"))
    run(order(2, shop="S2"))

    listed = project.ask("merged", "--list")
    shown = project.ask("merged", "S1-2026-01-05")
    unknown = project.ask("merged", "S9")

    assert [line.split("  ")[:4] for line in listed.stdout.splitlines()] == [
        ["S1-2026-01-05", "SAL_OUTSTOCK", "2 records", "shop/orders"],
        ["S2-2026-01-05", "SAL_OUTSTOCK", "1 record", "shop/orders"],
    ]
    assert shown.stdout.splitlines() == ['{"id":1}', '{"id":2}  (belongs elsewhere by now)']
    assert (unknown.returncode, unknown.stderr.strip()[-45:]) == (2, "has no document S9; --list shows what it has.")


def test_asking_for_merged_documents_makes_no_book(project):
    answer = project.ask("merged", "--list")

    assert answer.returncode == 2
    assert "there is no merge book" in answer.stderr
    assert not (project.folder / "merge-book.sqlite").exists()


@pytest.fixture
def book(database):
    """The URL of a merge book in either database."""
    return database.url


def test_a_book_in_either_database_does_the_same(project, run, book):
    project.mapping(plain("  max_lines: 2"))
    orders = [order(n, shop=f"S{n % 300}") for n in range(2500)]

    first = run(*orders, merge_book=book)
    again = run(*orders[5:700], merge_book=book)
    (late,) = run(order(5000, shop="S7"), merge_book=book)
    (moved,) = letters(run(order(7, shop="S8"), merge_book=book))
    (replayed,) = run(project.record(**order(8, shop="S8")) | {"replay": True}, merge_book=book)

    kept = {one["record"]["FBillNo"]: one for one in first}
    assert sum(one["record"]["FCount"] for one in first) == 2500
    assert [one["record"]["FBillNo"] for one in first][:6] == ["S0", "S0-2", "S0-3", "S0-4", "S0-5", "S1"]
    assert all(kept[one["record"]["FBillNo"]] == one for one in again)
    assert late["record"]["FBillNo"] == "S7-6"
    assert (moved["reason"], moved["key"]) == ("merged_elsewhere", '{"id":7}')
    assert (replayed["replay"], members(replayed)) == (True, [8, 308])


def test_one_run_at_a_time_writes_a_mapping(project, book):
    project.mapping(plain())
    project.write("config.json", json.dumps({"flows": "mappings", "codes": "codes", "merge_book": book}))
    command = [*project.program, "--config", "config.json"]
    with subprocess.Popen(command, cwd=project.folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        holder.stdin.write(project.wire([project.schema()]))
        holder.stdin.flush()
        assert b"dead_letters" in holder.stdout.readline()  # its stream is open
        second = project.command("--config", "config.json", messages=[project.schema(), project.record(**order(1))])
        holder.kill()
        holder.communicate()

    third = project.command("--config", "config.json", messages=[project.schema(), project.record(**order(1))])

    assert (second.returncode, b"another run merges with the mapping orders" in second.stderr) == (1, True)
    assert third.returncode == 0, third.stderr


@pytest.mark.parametrize("shops", [20_000, 1])
def test_memory_does_not_grow_with_groups_or_with_a_group(project, shops):
    project.mapping(
        plain().replace(
            "items: {each: =lines, values: {sku: =line.sku, qty: =line.count}}",
            "items: {each: =lines, by: {sku: =line.sku}, values: {qty: =sum(line.count)}}",
        )
    )
    script = (
        "import re, sys\n"
        "from mapper_kd.mapper import MapperKd\n"
        "MapperKd(config={'flows': 'mappings'}).listen(sys.stdin.buffer)\n"
        "print(re.search(r'VmHWM:\\s+(\\d+)', open('/proc/self/status').read())[1], file=sys.stderr)"
    )

    def peak(count):
        records = [project.record(**order(n, shop=f"S{n % shops}", remark="x" * 2500)) for n in range(count)]
        done = subprocess.run(
            [sys.executable, "-c", script], input=project.wire([project.schema(), *records]), cwd=project.folder,
            capture_output=True, check=True,
        )  # fmt: skip
        return int(done.stderr.split()[-1])

    few, many = peak(2_000), peak(8_000)

    assert many - few < 8_000, "kibibytes; 6,000 records are 16 MB on the wire"

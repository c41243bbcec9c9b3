"""The organisations of a document, by one table of shops, warehouses and distributors."""

from __future__ import annotations

import pytest
from erp_sdk.command import SetupError

TABLE = (
    "kind,code,sale_org,stock_org,owner,keeper,settle_org",
    "shop,S1,101,,,,101",
    "shop,S2,102,,,,",
    "warehouse,WH1,,100,100,100,",
    "warehouse,WH2,,200,200,,",
    "warehouse,WH3,101,100,,,",
    "distributor,华东直营,101,,,,",
)
HEAD = """
organisations:
  table: organisations.csv
  shop: =shop
  warehouse: =warehouse
  distributor: =buyer
"""
FIELDS = """
  FSaleOrgId.FNumber: =organisations.sale_org
  FStockOrgId.FNumber: =organisations.stock_org
  FOwnerIdHead.FNumber: =organisations.owner
  FKeeper: =organisations.keeper
  FSettle: {value: =organisations.settle_org, default: none}
"""


@pytest.fixture(autouse=True)
def table(project):
    return project.table("organisations", *TABLE)


def test_each_row_says_of_some_organisations_and_together_they_are_the_documents(project):
    (model,) = project.map(project.flow(FIELDS, HEAD), {"shop": "S1", "warehouse": "WH1", "buyer": "华东直营"})

    assert model == {
        "FBillNo": "N1",
        "FSaleOrgId": {"FNumber": "101"},
        "FStockOrgId": {"FNumber": "100"},
        "FOwnerIdHead": {"FNumber": "100"},
        "FKeeper": "100",
        "FSettle": "101",
    }


def test_an_empty_code_and_an_empty_cell_say_nothing(project):
    models = project.map(project.flow(FIELDS, HEAD), {"shop": "S2", "buyer": ""}, {})

    assert models == [
        {"FBillNo": "N1", "FSaleOrgId": {"FNumber": "102"}, "FSettle": "none"},
        {"FBillNo": "N1", "FSettle": "none"},
    ]


def test_rows_that_contradict_each_other_are_a_dead_letter_that_names_both(project):
    content = project.flow("  FAny: =remark", HEAD)

    (letter,) = project.map(content, {"shop": "S2", "warehouse": "WH3", "remark": "x"})

    assert (letter["reason"], letter["field"]) == ("organisations_contradict", None)
    assert letter["message"] == (
        "the organisations of the document contradict each other in sale_org: shop S2 says 102, warehouse WH3 says 101 "
        "(table organisations (codes/organisations.csv))."
    )
    assert letter["fix"] == (
        "correct sale_org of one of the two rows in codes/organisations.csv, or the document in the source."
    )


def test_a_row_that_is_not_there_is_a_miss_of_the_fields_that_ask(project):
    body = """
  FA: {value: =organisations.sale_org, default: none}
  FB: {value: =organisations.owner, on_miss: null}
"""
    models = project.map(project.flow(body, HEAD), {"shop": "S9"})
    (letter,) = project.map(project.flow("  FA: =organisations.owner", HEAD), {"shop": "S9"})

    assert models == [{"FBillNo": "N1", "FA": "none"}]
    assert letter["reason"] == "code_missing"
    assert letter["message"] == 'FA: table organisations (codes/organisations.csv) has no row for "shop", "S9".'


LINES = """
  FSaleOrgId.FNumber: =organisations.sale_org
lines:
  FEntity:
    each: =record.lines
    where: =line.count
    organisations: {table: organisations.csv, warehouse: =line.sku}
    fields:
      FOwnerID.FNumber: =organisations.owner
      FSale: =organisations.sale_org
"""


def skus(*names, count=1):
    return [{"sku": name, "count": count} for name in names]


def test_a_list_says_more_of_each_line_together_with_the_head(project):
    lines = [*skus("WH1", "WH1"), *skus("WH2", count=0), *skus(None)]

    (model,) = project.map(
        project.flow(LINES.replace("line.count", "line.count > 0"), HEAD), {"shop": "S1", "lines": lines}
    )

    assert model["FEntity"] == [
        {"FOwnerID": {"FNumber": "100"}, "FSale": "101"},
        {"FOwnerID": {"FNumber": "100"}, "FSale": "101"},
        {"FSale": "101"},
    ]


@pytest.mark.parametrize(
    ("record", "named"),
    [
        ({"shop": "S1", "lines": skus("WH1", "WH2")}, "in stock_org: warehouse WH1 says 100, warehouse WH2 says 200"),
        ({"shop": "S2", "lines": skus("WH3")}, "in sale_org: shop S2 says 102, warehouse WH3 says 101"),
        ({"warehouse": "WH2", "lines": skus("WH1")}, "in stock_org: warehouse WH2 says 200, warehouse WH1 says 100"),
    ],
)
def test_lines_contradict_the_head_and_each_other(project, record, named):
    (letter,) = project.map(project.flow(LINES.replace("line.count", "line.count > 0"), HEAD), record)

    assert letter["reason"] == "organisations_contradict"
    assert named in letter["message"]


def test_the_lists_alone_may_say_it(project):
    body = LINES.replace("line.count", "line.count > 0").replace("  FSaleOrgId.FNumber: =organisations.sale_org\n", "")

    models = project.map(project.flow(body), {"lines": skus("WH1", "WH2")}, {"lines": skus("WH2")})

    assert [one.get("reason", one.get("FEntity")) for one in models] == [
        "organisations_contradict",
        [{"FOwnerID": {"FNumber": "200"}}],
    ]


def test_a_list_of_one_line_sees_its_own(project):
    body = """
lines:
  FOne:
    organisations: {table: organisations.csv, warehouse: =warehouse}
    fields: {FOwner: =organisations.owner}
    lines:
      FTwo:
        each: =record.lines
        fields: {FOwner: =organisations.owner, FSku: =line.sku}
"""
    (model,) = project.map(project.flow(body), {"warehouse": "WH2", "lines": skus("A")})

    assert model["FOne"] == [{"FOwner": "200", "FTwo": [{"FOwner": "200", "FSku": "A"}]}]


def test_documents_of_one_record_do_not_contradict_each_other(project):
    head = """
documents: {each: =record.lines}
organisations: {table: organisations.csv, warehouse: =line.sku}
"""
    content = f"""
stream: orders
form: SAL_OUTSTOCK
number: FBillNo
{head}
head:
  FBillNo: =concat(number, line.sku)
  FOwner: =organisations.owner
"""
    models = project.map(content, {"lines": skus("WH1", "WH2")})

    assert [one["FOwner"] for one in models] == ["100", "200"]


def test_base_data_sees_the_heads_organisations(project):
    body = FIELDS + "base_data: {BD_Customer: {FNumber: =buyer, FUseOrgId.FNumber: =organisations.sale_org}}"
    project.mapping(project.flow(body, HEAD.replace("distributor: =buyer", "distributor: =remark")))

    messages = project.run(project.schema(), project.record(shop="S2", buyer="KH1"))

    (made,) = [one["base_data"] for one in messages if one["type"] == "RECORD"]
    assert made == [{"form": "BD_Customer", "model": {"FNumber": "KH1", "FUseOrgId": {"FNumber": "102"}}}]


def test_the_rows_may_stand_in_a_declared_table_and_lack_columns(project):
    project.table("whose", "code,kind,stock_org,note", "WH1,仓库,100,x")
    head = """
tables: {whose: {csv: whose.csv}}
organisations: {table: whose, 仓库: =warehouse}
"""
    (model,) = project.map(project.flow(FIELDS, head), {"warehouse": "WH1"})

    assert model == {"FBillNo": "N1", "FStockOrgId": {"FNumber": "100"}, "FSettle": "none"}


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ("{shop: =shop}", "organisations: has no table: with the columns kind, code, sale_org"),
        ("{table: organisations.csv}", "organisations: asks for nothing; say shop: =…"),
        (
            "{table: organisation.csv, shop: =shop}",
            "there is no table organisation in the mapping and no organisation.csv in codes; did you mean",
        ),
        ("{table: organisations.csv, shop: =shp}", "there is no field shp"),
        ("[a]", "organisations: needs keys and values below it"),
    ],
)
def test_a_wrong_section_is_refused(project, section, message):
    with pytest.raises(SetupError) as failure:
        project.map(project.flow("  FA: =shop", f"organisations: {section}"), {"shop": "S1"})

    assert message in str(failure.value)


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("=organisations.saleorg", "there is no column saleorg in organisations; did you mean sale_org?"),
        ("=organisations", "row"),
    ],
)
def test_a_wrong_name_is_refused(project, expression, message):
    with pytest.raises(SetupError) as failure:
        project.map(project.flow(f"  FA: {expression}", HEAD), {"shop": "S1"})

    assert message in str(failure.value)


def test_a_table_without_a_kind_is_refused(project):
    project.table("organisations", "code,sale_org", "S1,101")

    with pytest.raises(SetupError, match=r"there is no column kind in codes/organisations.csv"):
        project.map(project.flow("  FA: =organisations.sale_org", HEAD), {"shop": "S1"})

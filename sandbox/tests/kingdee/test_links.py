"""Source links 关联关系 from an outstock line to its sale order's line (vendor contract 8.18)."""

from decimal import Decimal

import pytest


@pytest.fixture
def order(galaxy, new_number, catalog, held):
    """An audited sale order of two lines, as Kingdee holds it."""
    number = new_number("SO")
    model = {
        "FBillTypeID": {"FNumber": "XSDD01_SYS"},
        "FBillNo": number,
        "FDate": "2026-03-30",
        "FSaleOrgId": {"FNumber": "101"},
        "FCustId": {"FNumber": catalog.customers[0]},
        "FSaleOrderEntry": [
            {
                "FMaterialId": {"FNumber": catalog.materials[at]},
                "FQty": 5,
                "FTaxPrice": "1.5",
                "FDeliveryDate": "2026-04-01",
            }
            for at in range(2)
        ],
    }
    saved = galaxy.save(model, form="SAL_SaleOrder", IsAutoSubmitAndAudit=True)
    assert saved["ResponseStatus"]["IsSuccess"] is True, saved
    return held(number, "SAL_SaleOrder")


@pytest.fixture
def link(order):
    """Make the link to one of the order's lines; changes replace its parts."""

    def make(at=0, **changes):
        parts = {
            "FRuleId": "SaleOrder-OutStock",
            "FSTableName": "T_SAL_ORDERENTRY",
            "FSBillId": str(order["FID"]),
            "FSId": str(order["FSaleOrderEntry"][at]["FEntryID"]),
            **changes,
        }
        return {f"FEntity_Link_{key}": value for key, value in parts.items()}

    return make


def delivered(held, order):
    lines = held(order["FBillNo"], "SAL_SaleOrder")["FSaleOrderEntry"]
    return [Decimal(line["FStockOutQty"]) for line in lines]


def test_a_link_is_recorded_with_its_source(galaxy, outstock, line, held, order, link):  # noqa: PLR0917 - fixtures
    model = outstock(FEntity=[line(FEntity_Link=[link()]), line(1)])
    assert galaxy.save(model)["ResponseStatus"]["IsSuccess"] is True
    first, second = held(model["FBillNo"])["FEntity"]
    assert first["FEntity_Link"][0]["FEntity_Link_FSBillId"] == order["FID"]
    assert first["FEntity_Link"][0]["FEntity_Link_FSId"] == order["FSaleOrderEntry"][0]["FEntryID"]
    assert (first["FSrcType"], first["FSrcBillNo"]) == ("SAL_SaleOrder", order["FBillNo"])
    assert "FEntity_Link" not in second
    rows = galaxy.query("SAL_OUTSTOCK", "FEntity_FSeq,FEntity_Link_FSBillId", f"FBillNo='{model['FBillNo']}'")
    assert rows == [[1, order["FID"]], [2, None]]


def test_what_the_client_says_of_its_source_stays(galaxy, outstock, line, held, link):
    model = outstock(FEntity=[line(FEntity_Link=[link()], FSrcBillNo="T-1", FSoorDerno="T-1")])
    galaxy.save(model)
    entry = held(model["FBillNo"])["FEntity"][0]
    assert (entry["FSrcBillNo"], entry["FSoorDerno"]) == ("T-1", "T-1")


@pytest.mark.parametrize(
    "change",
    [
        {"FRuleId": "Nobody-OutStock"},
        {"FSTableName": "T_SAL_SALEORDER"},
        {"FSTableName": "T_SAL_DELIVERYNOTICEENTRY"},
        {"FSBillId": "17"},
        {"FSBillId": None},
        {"FSId": "17"},
        {"FRuleId": None},
    ],
)
@pytest.mark.parametrize("broken_link", ["ignore", "refuse"])
def test_a_broken_link_is_ignored_or_refused(galaxy, outstock, line, held, link, settings, change, broken_link):  # noqa: PLR0917 - fixtures
    settings(broken_link=broken_link)
    model = outstock(FEntity=[line(FEntity_Link=[link(**change)])])
    status = galaxy.save(model)["ResponseStatus"]
    assert status["IsSuccess"] is (broken_link == "ignore")
    document = held(model["FBillNo"])
    if broken_link == "ignore":
        assert "FEntity_Link" not in document["FEntity"][0]
        assert "FSrcBillNo" not in document["FEntity"][0]
    else:
        assert document is None
        assert "关联关系" in status["Errors"][0]["Message"]


def test_a_key_with_a_trailing_blank_makes_no_link(galaxy, outstock, line, held, link):
    broken = {f"{key} ": value for key, value in link().items()}
    model = outstock(FEntity=[line(FEntity_Link=[broken])])
    assert galaxy.save(model)["ResponseStatus"]["IsSuccess"] is True
    assert "FEntity_Link" not in held(model["FBillNo"])["FEntity"][0]


def test_a_source_must_be_audited(galaxy, outstock, line, held, order, link):  # noqa: PLR0917 - fixtures
    galaxy.move("UnAudit", order["FBillNo"], form="SAL_SaleOrder")
    model = outstock(FEntity=[line(FEntity_Link=[link()])])
    galaxy.save(model)
    assert "FEntity_Link" not in held(model["FBillNo"])["FEntity"][0]


def test_an_audit_writes_the_quantity_back_and_un_auditing_takes_it_away(galaxy, outstock, line, held, order, link):  # noqa: PLR0917 - fixtures
    models = [
        outstock(
            FEntity=[line(quantity=quantity, FEntity_Link=[link(0)]), line(1, quantity="0.5", FEntity_Link=[link(1)])]
        )
        for quantity in (2, 1)
    ]
    assert delivered(held, order) == [0, 0]
    assert galaxy.batch(models, IsAutoSubmitAndAudit=True)["ResponseStatus"]["IsSuccess"] is True
    assert delivered(held, order) == [3, 1]
    galaxy.move("UnAudit", models[0]["FBillNo"])
    assert delivered(held, order) == [1, Decimal("0.5")]


def test_a_delivered_order_is_not_un_audited(galaxy, outstock, line, held, order, link):  # noqa: PLR0917 - fixtures
    model = outstock(FEntity=[line(FEntity_Link=[link()])])
    galaxy.save(model, IsAutoSubmitAndAudit=True)
    status = galaxy.move("UnAudit", order["FBillNo"], form="SAL_SaleOrder")
    assert "下游单据" in status["Errors"][0]["Message"]
    galaxy.move("UnAudit", model["FBillNo"])
    assert galaxy.move("UnAudit", order["FBillNo"], form="SAL_SaleOrder")["IsSuccess"] is True
    assert held(order["FBillNo"], "SAL_SaleOrder")["FDocumentStatus"] == "D"


def test_what_is_rolled_back_writes_nothing_back(galaxy, outstock, line, held, order, link, settings):  # noqa: PLR0917 - fixtures
    model = outstock(FEntity=[line(FEntity_Link=[link()])])
    settings(refuse_audit={"SAL_OUTSTOCK": {model["FBillNo"]: ""}})
    galaxy.batch([model], IsAutoSubmitAndAudit=True)
    assert delivered(held, order) == [0, 0]

"""The jobs of meltano.yml, in the order in which they run."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING

from demo.reconciliation import AUDITED, SHIPPED, Expected, Totals, cents, source_totals
from flows.job import Documents, Job
from flows.loaded_streams import ALL
from flows.postgres import Loaded, Stream

if TYPE_CHECKING:
    from flows.ground import Ground
    from flows.job import Document, Settings

SETTLED = 80
"""旺店通旗舰版 退换单状态 process_status: 已结算; what comes after it is higher."""

STOCKED_IN = 80
"""旺店通旗舰版 入库单状态 status: 已完成."""

ALL_OUT = 3
"""吉客云 出库状态: 全部出库."""


def _dialect(ground: Ground, *, product: str, dialect: str) -> Settings:
    """Return the settings of one of 旺店通's dialects."""
    account = ground.credentials["wangdiantong"][product]
    named = {f"TAP_WANGDIANTONG_{name.upper()}": str(value) for name, value in account.items()}
    return {**named, "TAP_WANGDIANTONG_DIALECT": dialect}


def _flagship_refunds(ground: Ground) -> Settings:
    account = ground.credentials["wangdiantong"]["flagship"]
    return {f"TAP_WANGDIANTONG__REFUNDS_{name.upper()}": str(value) for name, value in account.items()} | {
        "TAP_WANGDIANTONG__REFUNDS_DIALECT": "flagship"  # the environment's dialect is that of another flow
    }


def _shipped(document: Document) -> Expected | None:
    if str(document["status"]) not in SHIPPED:
        return None
    return Expected(str(document["order_no"]), str(document["stockout_id"]), source_totals(document))


SALES = Documents(
    "wangdiantong/sales_stockouts", "kingdee/SAL_OUTSTOCK", _shipped, quantity="FRealQty", amount="FAllAmount"
)


def _refunded(document: Document) -> Expected | None:
    """What has come back for a refund that is settled."""
    lines = [line for line in document["lines"] if Decimal(line["num"]) > 0]
    if document["flagship_process_status"] < SETTLED or document["flagship_status"] != STOCKED_IN or not lines:
        return None
    quantity = sum((Decimal(line["num"]) for line in lines), Decimal(0))
    amount = sum((cents(Decimal(line["amount"])) for line in lines), Decimal("0.00"))
    return Expected(document["number"], str(document["id"]), Totals(1, len(lines), quantity, amount))


def _distributor(document: Document) -> Expected | None:
    number = str(document["number"])
    return Expected(number, number, Totals(1))


def _is_distributor(customer: Document) -> bool:
    """Leave out what was allocated to further organisations: it has the same number."""
    return str(customer["FNumber"]).isdecimal() and customer["FUseOrgId"]["FNumber"] == "100"


def _gain(document: Document) -> Expected | None:
    """A count that is confirmed: what it found too much of."""
    found = [Decimal(line["quantity"]) for line in document["lines"] if Decimal(line["quantity"]) > 0]
    if document["status"] not in {"Confirmed", "Archive"} or not found:
        return None
    return Expected(f"JSTPD{document['number']}", str(document["id"]), Totals(1, len(found), sum(found, Decimal(0))))


def _is_gain(document: Document) -> bool:
    return str(document["FBillNo"]).startswith("JSTPD")


def _transfer(document: Document) -> Expected | None:
    """A transfer whose goods have all left."""
    if document["out_status"] != ALL_OUT:
        return None
    lines = document["lines"]
    quantity = sum((Decimal(line["quantity"]) for line in lines), Decimal(0))
    amount = sum((Decimal(line["amount"]) for line in lines), Decimal("0.00"))
    return Expected(document["number"], str(document["id"]), Totals(1, len(lines), quantity, amount))


def _approved(document: Document) -> Expected | None:
    """What the filter of the job's tap lets through: approved, two types and one warehouse left out."""
    lines = [line for line in document["FEntity"] if line["FSTOCKID"]["FNumber"] != "406"]
    kept_type = document["FBillTypeID"]["FNumber"] not in {"QTRKD03_SYS", "QTRKD07_SYS"}
    if document["FDocumentStatus"] != AUDITED or not kept_type or not lines:
        return None
    quantity = sum((Decimal(str(line["FQty"])) for line in lines), Decimal(0))
    amount = sum((cents(Decimal(str(line["FAmount"]))) for line in lines), Decimal("0.00"))
    return Expected(str(document["FBillNo"]), str(document["FID"]), Totals(1, len(lines), quantity, amount))


def _cents_of_jikeyun(ground: Ground) -> Settings:
    """Let 吉客云 give its money in cents, as the mapping expects."""
    ground.control("jikeyun/settings", {"money": "cents"})
    return {}


def _distributors_since(ground: Ground) -> Settings:
    """Read the distributors from when the shops were opened, a year and more before the first trading day."""
    return {"TAP_JUSHUITAN__DISTRIBUTORS_START_DATE": (ground.first_day - timedelta(days=401)).isoformat()}


def _basedata(ground: Ground) -> Settings:
    # The oldest is older than the first trading day; the newest was made by a job just now.
    since = {"TAP_KINGDEE__BASEDATA_START_DATE": "2020-01-01", "TAP_KINGDEE__BASEDATA_END_DATE": "2100-01-01"}
    return {**since, "TARGET_POSTGRES_SQLALCHEMY_URL": ground.postgres.replace("+psycopg:", "+psycopg2:")}


def _basedata_url(ground: Ground) -> Settings:
    return {"BASEDATA_URL": ground.postgres}


def _everything(ground: Ground) -> Settings:
    """Read all there is: from when the shops were opened, without the vendors' limits, which would take an hour."""
    ground.control("limits", {"limits": "off"})
    ground.control("jikeyun/settings", {"money": "yuan"})
    settings = _basedata(ground)
    since = (ground.first_day - timedelta(days=401)).isoformat()
    account = ground.credentials["wangdiantong"]["openapi"]
    settings |= {f"TAP_WANGDIANTONG__ALL_{name.upper()}": str(value) for name, value in account.items()}
    settings |= {f"TAP_{tap}__ALL_CALLS_PER_MINUTE": "0" for tap in ("WANGDIANTONG", "JUSHUITAN", "JIKEYUN")}
    settings |= {f"TAP_{tap}__ALL_CALLS_PER_SECOND": "0" for tap in ("JUSHUITAN", "JIKEYUN")}
    settings |= {f"TAP_{tap}__ALL_START_DATE": since for tap in ("WANGDIANTONG", "JUSHUITAN", "JIKEYUN")}
    settings["TAP_WANGDIANTONG__ALL_STATUSES"] = '["55", "95", "105", "110", "113", "5"]'  # not yet shipped ones too
    settings["TAP_KINGDEE__ALL_START_DATE"] = "2020-01-01"
    settings["TAP_KINGDEE__ALL_END_DATE"] = "2100-01-01"  # what other jobs have written just now too
    return settings


JOBS = (
    *(
        Job(
            "wdt-sales-outstock",
            SALES,
            variant=title,
            settings=partial(_dialect, product=product, dialect=dialect),
            code_tables=True,
            anew=True,
        )
        for title, product, dialect in (
            ("企业版", "openapi", "openapi"),
            ("旗舰版", "flagship", "flagship"),
            ("奇门", "qimen", "qimen"),
        )
    ),
    Job(
        "wdt-refund-returnstock",
        Documents(
            "wangdiantong/refund_stockins",
            "kingdee/SAL_RETURNSTOCK",
            _refunded,
            quantity="FRealQty",
            amount="FAllAmount",
        ),
        settings=_flagship_refunds,
        code_tables=True,
    ),
    Job(
        "kd-miscellaneous-between-accounts",
        Documents(
            "kingdee/STK_MISCELLANEOUS",
            "kingdee_b/STK_MISCELLANEOUS",
            _approved,
            quantity="FQty",
            amount="FAmount",
            plugin="TARGET_KINGDEE__ACCOUNT_B",
        ),
    ),
    Job(
        "jst-distributor-customer",
        Documents(
            "jushuitan/distributors_legacy", "kingdee/BD_Customer", _distributor, number="FNumber", ours=_is_distributor
        ),
        settings=_distributors_since,
    ),
    Job(
        "jky-transfer-transferdirect",
        Documents(
            "jikeyun/transfers",
            "kingdee/STK_TransferDirect",
            _transfer,
            entry="FBillEntry",
            quantity="FQty",
            amount="FAmount",
        ),
        settings=_cents_of_jikeyun,
    ),
    Job(
        "kd-basedata-postgres",
        Loaded(
            (
                Stream("kingdee/BD_MATERIAL", "kingdee.materials", "FMATERIALID"),
                Stream("kingdee/BD_Customer", "kingdee.customers", "FCUSTID"),
                Stream("kingdee/BD_STOCK", "kingdee.stocks", "FStockId"),
                Stream("kingdee/ORG_Organizations", "kingdee.organizations", "FOrgID"),
                Stream("kingdee/BD_Saler", "kingdee.salers", "fid"),
            )
        ),
        settings=_basedata,
    ),
    Job(
        "jst-count-miscellaneous",
        Documents("jushuitan/inventory_counts", "kingdee/STK_MISCELLANEOUS", _gain, quantity="FQty", ours=_is_gain),
        settings=_basedata_url,
        needs=("kd-basedata-postgres",),
        twice=True,
    ),
    Job("all-to-postgres", Loaded(ALL), settings=_everything),
)
"""What account A has approved is carried on before other jobs write there; look-up tables are loaded before use."""

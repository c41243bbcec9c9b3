"""The jobs of meltano.yml, in the order in which they run."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from demo.reconciliation import SHIPPED, Expected, source_totals
from flows.job import Documents, Job

if TYPE_CHECKING:
    from flows.ground import Ground
    from flows.job import Document, Settings


def _dialect(ground: Ground, *, product: str, dialect: str) -> Settings:
    """Return the settings of one of 旺店通's dialects."""
    account = ground.credentials["wangdiantong"][product]
    named = {f"TAP_WANGDIANTONG_{name.upper()}": str(value) for name, value in account.items()}
    return {**named, "TAP_WANGDIANTONG_DIALECT": dialect}


def _shipped(document: Document) -> Expected | None:
    if str(document["status"]) not in SHIPPED:
        return None
    return Expected(str(document["order_no"]), str(document["stockout_id"]), source_totals(document))


SALES = Documents(
    "wangdiantong/sales_stockouts", "kingdee/SAL_OUTSTOCK", _shipped, quantity="FRealQty", amount="FAllAmount"
)

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
)

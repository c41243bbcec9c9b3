"""The streams, one form 业务对象 each; the fields stand in schemas/<name>.json."""

from __future__ import annotations

from tap_kingdee.client import ChangingForm, WholeForm


class Customers(ChangingForm):
    """客户."""

    name, form, primary_keys = "customers", "BD_Customer", ("FCUSTID",)


class Materials(ChangingForm):
    """物料."""

    name, form, primary_keys = "materials", "BD_MATERIAL", ("FMATERIALID",)
    sub_heads = frozenset({"SubHeadEntity"})


class Stocks(ChangingForm):
    """仓库."""

    name, form, primary_keys = "stocks", "BD_STOCK", ("FStockId",)


class Organizations(WholeForm):
    """组织机构."""

    name, form, primary_keys = "organizations", "ORG_Organizations", ("FOrgID",)


class Salers(WholeForm):
    """销售员."""

    name, form, primary_keys = "salers", "BD_Saler", ("fid",)


class SaleOrders(ChangingForm):
    """销售订单."""

    name, form, primary_keys = "sale_orders", "SAL_SaleOrder", ("FID",)
    entry, sub_heads = "FSaleOrderEntry", frozenset({"FSaleOrderFinance"})


class Outstocks(ChangingForm):
    """销售出库单."""

    name, form, primary_keys = "outstocks", "SAL_OUTSTOCK", ("FID",)
    entry, sub_heads = "FEntity", frozenset({"SubHeadEntity"})


STREAMS = (Customers, Materials, Stocks, Organizations, Salers, SaleOrders, Outstocks)

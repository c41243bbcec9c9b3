"""The ready-made streams, one form 业务对象 each (contract 8.19 to 8.31); the fields stand in schemas/<name>.json."""

from __future__ import annotations

from tap_kingdee.reading import ChangingForm, FormStream, WholeForm

_USE = ("FUseOrgId",)
_STOCK = ("FStockOrgId",)
_FINANCE = frozenset({"SubHeadEntity"})


class Customers(ChangingForm):
    """客户: customers."""

    name, form, primary_keys = "customers", "BD_Customer", ("FCUSTID",)
    organization_fields = _USE


class Suppliers(ChangingForm):
    """供应商: suppliers."""

    name, form, primary_keys = "suppliers", "BD_Supplier", ("FSupplierId",)
    organization_fields = _USE


class Materials(ChangingForm):
    """物料: materials, with their old number 旧物料编码."""

    name, form, primary_keys = "materials", "BD_MATERIAL", ("FMATERIALID",)
    sub_heads = _FINANCE
    organization_fields = _USE


class Stocks(ChangingForm):
    """仓库: warehouses."""

    name, form, primary_keys = "stocks", "BD_STOCK", ("FStockId",)
    organization_fields = _USE


class Departments(ChangingForm):
    """部门: departments."""

    name, form, primary_keys = "departments", "BD_Department", ("FDEPTID",)
    organization_fields = _USE


class Units(ChangingForm):
    """计量单位: units of measure."""

    name, form, primary_keys = "units", "BD_UNIT", ("FUNITID",)


class Organizations(WholeForm):
    """组织机构: organisations."""

    name, form, primary_keys = "organizations", "ORG_Organizations", ("FOrgID",)


class Salers(WholeForm):
    """销售员: salesmen."""

    name, form, primary_keys = "salers", "BD_Saler", ("fid",)


class SaleOrders(ChangingForm):
    """销售订单: sales orders with their lines."""

    name, form, primary_keys = "sale_orders", "SAL_SaleOrder", ("FID",)
    entry, sub_heads = "FSaleOrderEntry", frozenset({"FSaleOrderFinance"})
    organization_fields = ("FSaleOrgId",)


class Outstocks(ChangingForm):
    """销售出库单: sales outbounds with their lines."""

    name, form, primary_keys = "outstocks", "SAL_OUTSTOCK", ("FID",)
    entry, sub_heads = "FEntity", _FINANCE
    organization_fields = _STOCK


class ReturnStocks(ChangingForm):
    """销售退货单: sales returns with their lines."""

    name, form, primary_keys = "return_stocks", "SAL_RETURNSTOCK", ("FID",)
    entry, sub_heads = "FEntity", _FINANCE
    organization_fields = _STOCK


class Miscellaneous(ChangingForm):
    """其他入库单: other stock-ins with their lines."""

    name, form, primary_keys = "miscellaneous", "STK_MISCELLANEOUS", ("FID",)
    entry = "FEntity"
    organization_fields = _STOCK


class MisDeliveries(ChangingForm):
    """其他出库单: other stock-outs with their lines."""

    name, form, primary_keys = "mis_deliveries", "STK_MisDelivery", ("FID",)
    entry = "FEntity"
    organization_fields = _STOCK


class TransferDirects(ChangingForm):
    """直接调拨单: direct transfers with their lines; of the organisation that sends and of the one that receives."""

    name, form, primary_keys = "transfer_directs", "STK_TransferDirect", ("FID",)
    entry = "FBillEntry"
    organization_fields = ("FStockOutOrgId", "FStockOrgId")


class Instocks(ChangingForm):
    """采购入库单: purchase receipts with their lines."""

    name, form, primary_keys = "instocks", "STK_InStock", ("FID",)
    entry, sub_heads = "FInStockEntry", frozenset({"FInStockFin"})
    organization_fields = _STOCK


class PurchaseOrders(ChangingForm):
    """采购订单: purchase orders with their lines."""

    name, form, primary_keys = "purchase_orders", "PUR_PurchaseOrder", ("FID",)
    entry, sub_heads = "FPOOrderEntry", frozenset({"FPOOrderFinance"})
    organization_fields = ("FPurchaseOrgId",)


class PurchaseReturns(ChangingForm):
    """采购退料单: purchase returns with their lines."""

    name, form, primary_keys = "purchase_returns", "PUR_MRB", ("FID",)
    entry = "FPURMRBENTRY"
    organization_fields = _STOCK


class Payables(ChangingForm):
    """应付单: payables with their lines."""

    name, form, primary_keys = "payables", "AP_Payable", ("FID",)
    entry, sub_heads = "FEntityDetail", frozenset({"FsubHeadSuppiler", "FsubHeadFinc"})
    organization_fields = ("FSETTLEORGID",)


class Receivables(ChangingForm):
    """应收单: receivables with their lines."""

    name, form, primary_keys = "receivables", "AR_receivable", ("FID",)
    entry, sub_heads = "FEntityDetail", frozenset({"FsubHeadSuppiler", "FsubHeadFinc"})
    organization_fields = ("FSETTLEORGID",)


class StockCounts(ChangingForm):
    """物料盘点作业: stock counts with their lines."""

    name, form, primary_keys = "stock_counts", "STK_StockCountInput", ("FID",)
    entry = "FBillEntry"
    organization_fields = _STOCK


class StockCountGains(ChangingForm):
    """盘盈单: stock found beyond the book's, with the lines."""

    name, form, primary_keys = "stock_count_gains", "STK_StockCountGain", ("FID",)
    entry = "FBillEntry"
    organization_fields = _STOCK


class Inventory(WholeForm):
    """即时库存: stock on hand; its only time may be empty, so all of it is read each time."""

    name, form, primary_keys = "inventory", "STK_Inventory", ("FID",)
    organization_fields = _STOCK
    text_key = True


STREAMS: tuple[type[FormStream], ...] = (
    Customers,
    Suppliers,
    Materials,
    Stocks,
    Departments,
    Units,
    Organizations,
    Salers,
    SaleOrders,
    Outstocks,
    ReturnStocks,
    Miscellaneous,
    MisDeliveries,
    TransferDirects,
    Instocks,
    PurchaseOrders,
    PurchaseReturns,
    Payables,
    Receivables,
    StockCounts,
    StockCountGains,
    Inventory,
)

"""What the job all-to-postgres loads: each stream, its key, and where lines, quantity and amount stand."""

from __future__ import annotations

from flows.postgres import Stream


def _number(name: str) -> str:
    """SQL of a number of a line."""
    return f"(line->>'{name}')::numeric"


def _stream(  # noqa: PLR0917 - the lists below are read as tables
    source: str, name: str, key: str, lines: str = "", quantity: str = "", amount: str = "", *, truth: str = ""
) -> Stream:
    """Declare a stream whose quantity and amount are fields of its lines; ``truth`` is its name in the sandbox."""
    return Stream(
        truth or f"{source}/{name}",
        f"{source}.{name}",
        key,
        lines,
        _number(quantity) if quantity else "",
        _number(amount) if amount else "",
    )


def _form(*columns: str) -> Stream:
    """Declare a form of Kingdee: its id, and the columns of its stream."""
    form, *others = columns
    return _stream("kingdee_documents", *others, truth=f"kingdee/{form}")


WANGDIANTONG = (
    Stream(
        "wangdiantong/sales_stockouts",
        "wangdiantong.sales_stockouts",
        "stockout_id",
        "details_list",
        _number("goods_count"),
        f"round({_number('goods_count')} * {_number('sell_price')}, 2)",
    ),
    _stream("wangdiantong", "trades", "trade_id", "goods_list", "num", "share_amount"),
    _stream("wangdiantong", "refunds", "refund_id", "refund_order_list", "refund_num", "refund_order_amount"),
    _stream("wangdiantong", "refund_stockins", "stockin_id", "details_list", "num", "tax_amount"),
    _stream("wangdiantong", "purchase_orders", "purchase_id", "details_list", "num", "amount"),
    _stream("wangdiantong", "purchase_stockins", "stockin_id", "details_list", "num", "total_cost"),
    _stream("wangdiantong", "stockins", "stockin_id", "details_list", "num"),
    Stream(
        "wangdiantong/stockouts",
        "wangdiantong.stockouts",
        "stockout_id",
        "details_list",
        _number("num"),
        hidden=("105",),  # 部分打款: of sales stock-outs, whose own method shows them
    ),
    _stream("wangdiantong", "transfers", "transfer_id", "details_list", "num"),
    Stream("wangdiantong/stock", "wangdiantong.stock", "rec_id", quantity="stock_num"),
    _stream("wangdiantong", "goods", "goods_id"),
    _stream("wangdiantong", "suites", "suite_id"),
    _stream("wangdiantong", "suppliers", "provider_id"),
    _stream("wangdiantong", "logistics", "logistics_id"),
    _stream("wangdiantong", "shops", "shop_id"),
    _stream("wangdiantong", "warehouses", "warehouse_id"),
)

JUSHUITAN = (
    _stream("jushuitan", "orders", "o_id", "items", "qty", "amount"),
    _stream("jushuitan", "sales_outbounds", "io_id", "items", "qty", "sale_amount"),
    _stream("jushuitan", "refunds", "as_id", "items", "qty", "amount"),
    _stream("jushuitan", "aftersale_receipts", "io_id", "items", "qty", "sale_amount"),
    _stream("jushuitan", "purchase_orders", "po_id", "items", "qty"),
    _stream("jushuitan", "purchase_ins", "io_id", "items", "qty", "cost_amount"),
    _stream("jushuitan", "purchase_returns", "io_id", "items", "qty", "cost_amount"),
    _stream("jushuitan", "other_inouts", "io_id", "items", "qty", "cost_amount"),
    _stream("jushuitan", "allocations", "io_id", "items", "qty"),
    _stream("jushuitan", "inventory_counts", "io_id", "items", "qty"),
    Stream("jushuitan/inventory", "jushuitan.inventory", "sku_id", quantity="qty"),
    _stream("jushuitan", "skus", "sku_id"),
    _stream("jushuitan", "items", "i_id"),
    _stream("jushuitan", "suppliers", "supplier_id"),
    _stream("jushuitan", "distributors", "channel_co_id"),
    _stream("jushuitan", "distributors_legacy", "drp_co_id"),
    _stream("jushuitan", "shops", "shop_id"),
    _stream("jushuitan", "warehouses", "wms_co_id"),
)

JIKEYUN = (
    _stream("jikeyun", "trades", "tradeId", "goodsDetail", "sellCount", "divideSellTotal"),
    _stream("jikeyun", "transfers", "allocateId", "stockAllocateDetailViews", "skuCount", "totalAmount"),
    Stream(
        "jikeyun/transfer_lines", "jikeyun.transfer_lines", "allocateId", "*", '"goodsSkuCount"', '"goodsTotalAmount"'
    ),
    _stream("jikeyun", "stock_outs", "recId", "goodsDocDetailList", "quantity"),
    _stream("jikeyun", "stock_ins", "recId", "goodsDocDetailList", "quantity"),
    _stream("jikeyun", "wms_orders", "orderNo", "goodsDetail", "sellCount"),
    _stream("jikeyun", "refunds", "refundNo", "tradeAfterOnlineGoodsDTOList", "refundCount", "refundTotal"),
    _stream("jikeyun", "return_changes", "returnChangeNo", "returnChangeGoodsDetail", "returnCount", "returnTotal"),
    Stream("jikeyun/inventory", "jikeyun.inventory", "quantityId", quantity='"currentQuantity"'),
    _stream("jikeyun", "goods", "skuId"),
    _stream("jikeyun", "bundles", "skuId"),
    _stream("jikeyun", "warehouses", "warehouseId"),
    _stream("jikeyun", "channels", "channelId"),
    _stream("jikeyun", "vendors", "vendId"),
)

KINGDEE = (
    _form("SAL_OUTSTOCK", "outstocks", "FID", "FEntity", "FRealQty", "FAllAmount"),
    _form("SAL_RETURNSTOCK", "return_stocks", "FID", "FEntity", "FRealQty", "FAllAmount"),
    _form("SAL_SaleOrder", "sale_orders", "FID", "FSaleOrderEntry", "FQty", "FAllAmount"),
    _form("STK_MISCELLANEOUS", "miscellaneous", "FID", "FEntity", "FQty", "FAmount"),
    _form("STK_MisDelivery", "mis_deliveries", "FID", "FEntity", "FQty"),
    _form("STK_TransferDirect", "transfer_directs", "FID", "FBillEntry", "FQty"),
    _form("STK_InStock", "instocks", "FID", "FInStockEntry", "FRealQty", "FAllAmount"),
    _form("PUR_PurchaseOrder", "purchase_orders", "FID", "FPOOrderEntry", "FQty", "FAllAmount"),
    _form("PUR_MRB", "purchase_returns", "FID", "FPURMRBENTRY", "FRMREALQTY"),
    _form("AP_Payable", "payables", "FID", "FEntityDetail", "FPriceQty", "FALLAMOUNTFOR_D"),
    _form("AR_receivable", "receivables", "FID", "FEntityDetail", "FPriceQty", "FALLAMOUNTFOR_D"),
    _form("STK_StockCountInput", "stock_counts", "FID", "FBillEntry", "FCountQty"),
    _form("STK_StockCountGain", "stock_count_gains", "FID", "FBillEntry"),
    _form("STK_Inventory", "inventory", "FID"),
    _form("BD_Customer", "customers", "FCUSTID"),
    _form("BD_Supplier", "suppliers", "FSupplierId"),
    _form("BD_MATERIAL", "materials", "FMATERIALID"),
    _form("BD_STOCK", "stocks", "FStockId"),
    _form("BD_Department", "departments", "FDEPTID"),
    _form("BD_UNIT", "units", "FUNITID"),
    _form("BD_Saler", "salers", "fid"),
    _form("ORG_Organizations", "organizations", "FOrgID"),
)

ALL = (*WANGDIANTONG, *JUSHUITAN, *JIKEYUN, *KINGDEE)

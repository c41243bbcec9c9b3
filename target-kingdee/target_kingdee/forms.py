"""What is known of Kingdee's forms without asking: their primary keys and the keys of their numbers (contract 8.19)."""

from __future__ import annotations

import difflib
from dataclasses import dataclass

BASE_DATA_KEYS: dict[str, str] = {
    "BD_Customer": "FCUSTID",
    "BD_Supplier": "FSupplierId",
    "BD_MATERIAL": "FMATERIALID",
    "BD_STOCK": "FStockId",
    "BD_Department": "FDEPTID",
    "BD_Empinfo": "FID",
    "BD_Saler": "fid",
    "BD_OPERATOR": "FENTRYID",
    "BD_UNIT": "FUNITID",
    "BD_Currency": "FCURRENCYID",
    "ORG_Organizations": "FOrgID",
}
"""Base data: its own primary key. Selecting FID on these fails (contract 8.19)."""

NUMBER_KEYS: dict[str, str] = {"BD_Empinfo": "FStaffNumber"}
"""Base data whose number is not FNumber."""

DOCUMENTS: dict[str, str] = {
    "SAL_SaleOrder": "销售订单",
    "SAL_DELIVERYNOTICE": "发货通知单",
    "SAL_OUTSTOCK": "销售出库单",
    "SAL_RETURNSTOCK": "销售退货单",
    "PUR_PurchaseOrder": "采购订单",
    "STK_InStock": "采购入库单",
    "PUR_MRB": "采购退料单",
    "STK_MISCELLANEOUS": "其他入库单",
    "STK_MisDelivery": "其他出库单",
    "STK_TransferDirect": "直接调拨单",
    "STK_TRANSFEROUT": "分步式调出单",
    "STK_TRANSFERIN": "分步式调入单",
    "AP_Payable": "应付单",
    "AR_receivable": "应收单",
    "STK_StockCountGain": "盘盈单",
    "STK_StockCountInput": "物料盘点作业",
}
"""Documents 单据: keyed by FID, numbered by FBillNo."""


@dataclass(frozen=True, slots=True)
class TotalKeys:
    """Where a document's totals are (contract 8.20 to 8.31); an empty key is one that the form has not, or not known.

    Attributes:
        entry: The lines 分录.
        quantity: Of a line.
        amount: Of a line, tax included 价税合计, as Kingdee keeps it.
        tax_price: Of a line, tax included 含税单价: with the quantity it makes the amount.
        free: What marks a line as a gift 赠品, which has the amount zero.
        date: Of the document.
    """

    entry: str
    quantity: str
    amount: str = ""
    tax_price: str = ""
    free: str = ""
    date: str = "FDate"


_SALE = ("FAllAmount", "FTaxPrice", "FIsFree")
_PURCHASE = ("FAllAmount", "FTaxPrice", "FGiveAway")
_BOOKS = ("FEntityDetail", "FPriceQty", "FALLAMOUNTFOR_D", "FTaxPrice", "", "FDATE")

TOTAL_KEYS: dict[str, TotalKeys] = {
    "SAL_SaleOrder": TotalKeys("FSaleOrderEntry", "FQty", *_SALE),
    "SAL_DELIVERYNOTICE": TotalKeys("FEntity", "FQty"),
    "SAL_OUTSTOCK": TotalKeys("FEntity", "FRealQty", *_SALE),
    "SAL_RETURNSTOCK": TotalKeys("FEntity", "FRealQty", *_SALE),
    "PUR_PurchaseOrder": TotalKeys("FPOOrderEntry", "FQty", *_PURCHASE),
    "STK_InStock": TotalKeys("FInStockEntry", "FRealQty", *_PURCHASE),
    "PUR_MRB": TotalKeys("FPURMRBENTRY", "FRMREALQTY"),
    "STK_MISCELLANEOUS": TotalKeys("FEntity", "FQty", "FAmount"),
    "STK_MisDelivery": TotalKeys("FEntity", "FQty"),
    "STK_TransferDirect": TotalKeys("FBillEntry", "FQty"),
    "STK_TRANSFEROUT": TotalKeys("FSTKTRSOUTENTRY", "FQty"),
    "STK_TRANSFERIN": TotalKeys("FSTKTRSINENTRY", "FQty"),
    "AP_Payable": TotalKeys(*_BOOKS),
    "AR_receivable": TotalKeys(*_BOOKS),
    "STK_StockCountGain": TotalKeys("FBillEntry", "FGainQty"),
    "STK_StockCountInput": TotalKeys("FBillEntry", "FCountQty"),
}
"""Documents whose lines, quantity and amount can be compared."""

_KNOWN = {name.lower(): name for name in (*BASE_DATA_KEYS, *DOCUMENTS)}


@dataclass(frozen=True, slots=True)
class FormKeys:
    """How a form's documents are addressed."""

    form: str
    number: str
    primary_key: str


def keys_of(form: str, number: str | None = None, primary_key: str | None = None) -> FormKeys:
    """Return a form's keys; what the settings say wins over what is known.

    A form that is not known is taken for a document when its name does not begin as base data does.
    """
    is_base_data = form.upper().startswith(("BD_", "ORG_"))
    known = {name.lower(): key for name, key in BASE_DATA_KEYS.items()}
    numbers = {name.lower(): key for name, key in NUMBER_KEYS.items()}
    default_number = numbers.get(form.lower(), "FNumber" if is_base_data else "FBillNo")
    return FormKeys(form, number or default_number, primary_key or known.get(form.lower(), "FID"))


def nearest_names(form: str) -> list[str]:
    """Return known forms whose names are like this one, best first."""
    return [_KNOWN[name] for name in difflib.get_close_matches(form.lower(), _KNOWN, n=3, cutoff=0.6)]

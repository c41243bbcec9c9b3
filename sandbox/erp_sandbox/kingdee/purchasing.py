"""Seeded documents of purchasing: 采购订单, the 采购入库单 made from them, and the 应付单 made from those."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from erp_sandbox.kingdee.books import day, written
from erp_sandbox.kingdee.money import line_amount, unit_price
from erp_sandbox.retail import facts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from erp_sandbox.kingdee.books import Books
    from erp_sandbox.kingdee.documents import Document
    from erp_sandbox.retail.facts import Fact, Item

HEAD_OFFICE = "100"
SUPPLIER_NUMBERS = {supplier.id: supplier.number for supplier in facts.SUPPLIERS}


class Purchasing:
    """Goes from orders over stock-ins to payables; each remembers its lines for the links of the next.

    Args:
        books: what the seeds share.
    """

    def __init__(self, books: Books) -> None:
        self._books = books
        self._org = books.ref("ORG_Organizations", HEAD_OFFICE)
        self._currency = books.ref("BD_Currency", "PRE001")
        self._unit = books.ref("BD_UNIT", "Pcs")
        self._ordered: dict[int, tuple[Document, dict[int, Document]]] = {}
        self._arrived: dict[int, tuple[Document, dict[int, Document]]] = {}

    def seed(self) -> None:
        """Write all three, of the last days."""
        self._books.write("PUR_PurchaseOrder", self._orders())
        self._books.write("STK_InStock", self._ins())
        self._books.write("AP_Payable", self._payables())

    def _orders(self) -> Iterator[Document]:
        came = Counter[int]()
        for fact in self._books.lately("purchase_in"):
            came.update({item.line_id: item.quantity for item in fact.items})
        for fact in self._books.lately("purchase"):
            closed = fact.status == "finished"
            lines = {item.line_id: self._order_line(fact, item, came[item.line_id]) for item in fact.items}
            document = {
                "FBillNo": f"CG{fact.id}",
                "FBillTypeID": self._books.ref("BOS_BillType", "CGDD01_SYS"),
                "FDate": day(fact.created),
                "FPurchaseOrgId": self._org,
                **dict.fromkeys(("FSupplierId", "FProviderId", "FSettleId", "FChargeId"), self._supplier(fact)),
                "FChangeStatus": "A",
                "FACCTYPE": "Q",
                "FCloseStatus": "B" if closed else "A",
                **({"FCloseDate": written(fact.modified)} if closed else {}),
                "FPOOrderFinance": {"FSettleCurrId": self._currency, "FIsIncludedTax": True, "FExchangeRate": 1},
                "FPOOrderEntry": list(lines.values()),
                **self._books.history(fact),
            }
            self._ordered[fact.id] = document, lines
            yield document

    def _order_line(self, fact: Fact, item: Item, came: int) -> Document:
        return self._priced(item, "FQty", "FAllAmount") | {
            "FMaterialId": self._books.material(item.product_id),
            "FUnitId": self._unit,
            "FDeliveryDate": written(fact.happened),
            "FRequireOrgId": self._org,
            "FReceiveOrgId": self._org,
            "FStockInQty": came,
        }

    def _ins(self) -> Iterator[Document]:
        for fact in self._books.lately("purchase_in"):
            lines = {item.line_id: self._in_line(fact, item) for item in fact.items}
            supplier = self._supplier(fact)
            document = {
                "FBillNo": f"CGRK{fact.id}",
                "FBillTypeID": self._books.ref("BOS_BillType", "RKD01_SYS"),
                "FBusinessType": "CG",
                "FDate": day(fact.happened),
                "FStockOrgId": self._org,
                "FPurchaseOrgId": self._org,
                **dict.fromkeys(("FSupplierId", "FSupplyId", "FSettleId", "FChargeId"), supplier),
                "FOwnerTypeIdHead": "BD_OwnerOrg",
                "FOwnerIdHead": self._org,
                "FInStockFin": {"FSettleOrgId": self._org, "FSettleCurrId": self._currency, "FIsIncludedTax": True},
                "FInStockEntry": list(lines.values()),
                **self._books.history(fact),
            }
            self._arrived[fact.id] = document, lines
            yield document

    def _in_line(self, fact: Fact, item: Item) -> Document:
        line = self._priced(item, "FRealQty", "FAllAmount") | {
            "FMaterialId": self._books.material(item.product_id),
            "FUnitID": self._unit,
            "FPriceUnitID": self._unit,
            "FMustQty": item.quantity,
            "FStockId": self._books.ref("BD_STOCK", f"CK{fact.warehouse:02d}"),
            "FStockStatusId": self._books.ref("BD_StockStatus", "KCZT01_SYS"),
            "FOWNERTYPEID": "BD_OwnerOrg",
            "FOWNERID": self._org,
        }
        source, lines = self._ordered.get(fact.reference, ({}, {}))
        if item.line_id in lines:
            rule = ("PUR_PurchaseOrder-STK_InStock", "t_PUR_POOrderEntry", "FBaseUnitQty")
            line |= {"FSRCBILLTYPEID": "PUR_PurchaseOrder", "FSRCBillNo": source["FBillNo"]}
            line |= {"FPOOrderNo": source["FBillNo"]}
            line["FInStockEntry_Link"] = [_link("FInStockEntry", rule, source, lines[item.line_id], item.quantity)]
        return line

    def _payables(self) -> Iterator[Document]:
        for fact in self._books.lately("purchase_in"):
            source, arrived = self._arrived.get(fact.id, ({}, {}))
            if not source:
                continue
            lines = [self._payable_line(item, source, arrived[item.line_id]) for item in fact.items]
            total = sum((line["FALLAMOUNTFOR_D"] for line in lines), Decimal())
            supplier = self._supplier(fact)
            yield {
                "FBillNo": f"YF{fact.id}",
                "FBillTypeID": self._books.ref("BOS_BillType", "YFD01_SYS"),
                "FDATE": day(fact.happened),
                "FSUPPLIERID": supplier,
                "FCURRENCYID": self._currency,
                "FISTAX": True,
                "FBUSINESSTYPE": "CG",
                **dict.fromkeys(("FSETTLEORGID", "FPAYORGID", "FPURCHASEORGID"), self._org),
                "FSetAccountType": "1",
                "FALLAMOUNTFOR": total,
                "FWRITTENOFFSTATUS": "A",
                "FOPENSTATUS": "A",
                "FsubHeadSuppiler": dict.fromkeys(("FORDERID", "FTRANSFERID", "FChargeId"), supplier),
                "FsubHeadFinc": {"FMAINBOOKSTDCURRID": self._currency, "FExchangeRate": 1},
                "FEntityDetail": lines,
                **self._books.history(fact, later=1),
            }

    def _payable_line(self, item: Item, source: Document, arrived: Document) -> Document:
        rule = ("AP_InStockToPayableMap", "T_STK_INSTOCKENTRY", "FBASICUNITQTY")
        return self._priced(item, "FPriceQty", "FALLAMOUNTFOR_D") | {
            "FMATERIALID": self._books.material(item.product_id),
            "FPRICEUNITID": self._unit,
            "FSOURCETYPE": "STK_InStock",
            "FSourceBillNo": source["FBillNo"],
            "FEntityDetail_Link": [_link("FEntityDetail", rule, source, arrived, item.quantity)],
        }

    def _priced(self, item: Item, quantity: str, amount: str) -> Document:
        price = unit_price(item.amount, item.quantity)
        return {quantity: item.quantity, "FTaxPrice": price, amount: line_amount(item.quantity, price)}

    def _supplier(self, fact: Fact) -> dict[str, Any]:
        return self._books.ref("BD_Supplier", SUPPLIER_NUMBERS[fact.supplier])


def _link(entry: str, rule: tuple[str, str, str], source: Document, line: Document, pieces: int) -> Document:
    quantity = rule[2]
    return {
        f"{entry}_Link_FRuleId": rule[0],
        f"{entry}_Link_FSTableName": rule[1],
        f"{entry}_Link_FSBillId": source["FID"],
        f"{entry}_Link_FSId": line["FEntryID"],
        f"{entry}_Link_{quantity}Old": pieces,
        f"{entry}_Link_{quantity}": pieces,
    }

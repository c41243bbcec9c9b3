"""Seeded documents of wholesale 批发: a 销售订单 for every shipped delivery, and 应收单 of the last days."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from erp_sandbox.kingdee.books import HISTORY, HOUR, day, written
from erp_sandbox.kingdee.money import line_amount, unit_price
from erp_sandbox.retail import facts
from erp_sandbox.retail.world import WHOLESALE_HOUSEHOLDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from erp_sandbox.kingdee.books import Books
    from erp_sandbox.kingdee.documents import Document
    from erp_sandbox.retail.facts import Fact, Item

SALERS = 12
FIRST_SALE_ORG = 101
SALE_ORGS = 4
SHIPPED = ("shipped", "partly_paid", "shipped_abnormal", "finished")


class Selling:
    """Goes from orders to receivables.

    Args:
        books: what the seeds share.
        households: all buyers; some of them buy wholesale.
    """

    def __init__(self, books: Books, households: Iterable[int]) -> None:
        self._books = books
        self._wholesalers = [household for household in households if household % WHOLESALE_HOUSEHOLDS == 0]
        self._currency = books.ref("BD_Currency", "PRE001")
        self._recent: list[Document] = []

    def seed(self) -> None:
        """Write both."""
        self._books.write("SAL_SaleOrder", self._orders())
        self._books.write("AR_receivable", self._receivables())

    def _orders(self) -> Iterator[Document]:
        """Yield an audited sale order for every wholesale delivery, line by line as the basket has them."""
        sales = facts.each(self._books.db, "sale", by="happened", households=self._wholesalers, statuses=SHIPPED)
        for sale in sales:
            order = self._order(sale)
            if sale.happened >= self._books.since:
                self._recent.append(order)
            yield order

    def _order(self, sale: Fact) -> Document:
        ordered = sale.happened - HOUR
        customer = self._books.ref("BD_Customer", f"KH{sale.household:05d}")
        delivery = written(sale.happened)
        lines = [self._order_line(item, delivery) for item in sale.items]
        return {
            "FBillNo": f"T{sale.basket}",
            "FBillTypeID": self._books.ref("BOS_BillType", "XSDD01_SYS"),
            "FDate": day(ordered),
            "FSaleOrgId": self._books.ref("ORG_Organizations", str(FIRST_SALE_ORG + sale.store % SALE_ORGS)),
            **dict.fromkeys(("FCustId", "FReceiveId", "FSettleId", "FChargeId"), customer),
            "FSalerId": self._books.ref("BD_Saler", f"XS{sale.household % SALERS + 1:02d}"),
            "FCloseStatus": "A",
            "FSaleOrderFinance": {
                "FSettleCurrId": self._currency,
                "FIsIncludedTax": True,
                "FIsPriceExcludeTax": True,
                "FExchangeRate": 1,
                "FBillAllAmount": sum((line["FAllAmount"] for line in lines), Decimal()),
            },
            "FSaleOrderEntry": lines,
            **self._books.audited(ordered + 600),
        }

    def _order_line(self, item: Item, delivery: str) -> Document:
        price = unit_price(item.amount, item.quantity)
        return {
            "FRowType": "Standard",
            "FMaterialId": self._books.material(item.product_id),
            "FUnitID": self._books.ref("BD_UNIT", "Pcs"),
            "FQty": item.quantity,
            "FTaxPrice": price,
            "FIsFree": item.amount == 0,
            "FDeliveryDate": delivery,
            "FStockOutQty": 0,
            "FAllAmount": line_amount(item.quantity, price),
        }

    def _receivables(self) -> Iterator[Document]:
        for order in self._recent:
            org, customer = order["FSaleOrgId"], order["FCustId"]
            yield {
                "FBillNo": f"YS{order['FBillNo']}",
                "FBillTypeID": self._books.ref("BOS_BillType", "YSD01_SYS"),
                "FDATE": order["FDate"],
                "FCUSTOMERID": customer,
                "FCURRENCYID": self._currency,
                "FISTAX": True,
                "FBUSINESSTYPE": "BZ",
                **dict.fromkeys(("FSETTLEORGID", "FPAYORGID", "FSALEORGID"), org),
                "FSALEERID": order["FSalerId"],
                "FALLAMOUNTFOR": order["FSaleOrderFinance"]["FBillAllAmount"],
                "FWRITTENOFFSTATUS": "A",
                "FOPENSTATUS": "A",
                "FsubHeadSuppiler": dict.fromkeys(("FORDERID", "FTRANSFERID", "FChargeId"), customer),
                "FsubHeadFinc": {"FMAINBOOKSTDCURRID": self._currency, "FExchangeRate": 1},
                "FEntityDetail": [
                    {
                        "FMATERIALID": line["FMaterialId"],
                        "FPRICEUNITID": line["FUnitID"],
                        "FPriceQty": line["FQty"],
                        "FTaxPrice": line["FTaxPrice"],
                        "FALLAMOUNTFOR_D": line["FAllAmount"],
                        "FSOURCETYPE": "SAL_SaleOrder",
                        "FSourceBillNo": order["FBillNo"],
                    }
                    for line in order["FSaleOrderEntry"]
                ],
                **{key: order[key] for key in HISTORY},  # audited with its order
            }

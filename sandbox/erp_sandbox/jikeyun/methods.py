"""Every method of the sandbox's Jikeyun, declared (contract 8). To add one, write one more row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from erp_sandbox.jikeyun import (
    aftersale,
    goods,
    inventory,
    masters,
    purchases,
    stockdocs,
    trades,
    transfers,
    wms,
)
from erp_sandbox.jikeyun.stockdocs import INS, OUTS

if TYPE_CHECKING:
    from collections.abc import Callable

    from erp_sandbox.jikeyun.asking import Asked
    from erp_sandbox.jikeyun.erp import Erp


@dataclass(frozen=True)
class Method:
    """One method.

    Attributes:
        name: what ``method`` says.
        answer: gives ``result.data``.
        family: the row of `REFUSALS` that says what is wrong with a parameter.
        message: ``msg`` of a success.
        sub_code: ``subCode`` of a success.
    """

    name: str
    answer: Callable[[Erp, Asked], Any]
    family: str = "erp"
    message: str = ""
    sub_code: str = ""


def _erp(name: str, answer: Callable[[Erp, Asked], Any]) -> Method:
    return Method(name, answer, message="操作成功", sub_code="0030000004")


def _oms(name: str, answer: Callable[[Erp, Asked], Any]) -> Method:
    return Method(name, answer, family="oms", sub_code="200")


METHODS = {
    method.name: method
    for method in (
        _erp("erp.allocate.get", transfers.get),
        _erp("erp.allocate.search", transfers.search),
        Method("erp.storage.goodsdocout.v2", stockdocs.second(OUTS)),
        Method("erp.storage.goodsdocin.v2", stockdocs.second(INS)),
        Method("erp.goodsdocout.v2", stockdocs.second(OUTS)),
        Method("erp.goodsdocin.v2", stockdocs.second(INS)),
        Method("erp.storage.goodsdocout", stockdocs.first(OUTS)),
        Method("erp.storage.goodsdocin", stockdocs.first(INS)),
        Method("erp.storage.outcount", stockdocs.pages),
        Method("erp-busiorder.goodsdocout.search", stockdocs.search(OUTS)),
        Method("erp-busiorder.goodsdocin.search", stockdocs.search(INS)),
        Method("erp-busiorder.goodsdocout.search.count", stockdocs.lines(OUTS)),
        Method("erp-busiorder.goodsdocin.search.count", stockdocs.lines(INS)),
        _oms("oms.trade.fullinfoget", trades.fullinfoget),
        _oms("oms.trade.countget", trades.countget),
        Method("wms.order.query-info.page", wms.query, family="wms"),
        Method("wms.order.query-info", wms.query, family="wms"),
        _oms("ass-business.returnchange.fullinfoget", aftersale.changes),
        _oms("omsapi-business.refund.listrefund", aftersale.refunds),
        Method("erp.storage.goodslist", goods.goods_list),
        Method("erp-goods.goods.sku.search", goods.search),
        Method("erp-goods.goods.listgoodspackage", goods.bundles),
        Method("erp.stockquantity.get", inventory.quantities),
        Method("erp.batchstockquantity.get", inventory.batches),
        Method("erp-stock.stock.skulist", inventory.sku_list),
        _erp("erp.purch.search", purchases.search),
        _erp("erp.purch.get", purchases.orders),
        _erp("erp.purchreturn.get", purchases.returns),
        _erp("erp.purchordersett.get", purchases.settlements),
        _erp("erp.warehouse.get", masters.warehouses),
        _erp("erp.sales.get", masters.channels),
        _erp("erp.vend.get", masters.vendors),
        _erp("erp.company.query", masters.company),
        _erp("erp.depart.query", masters.departments),
        _erp("erp.goodscate.get", masters.categories),
        _erp("erp.user.search", masters.users),
        _erp("erp.logistic.get", masters.logistics),
        _erp("erp.dictionary.page", masters.dictionary),
    )
}

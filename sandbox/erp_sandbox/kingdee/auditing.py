"""What auditing a document asks and does: periods, injected refusals, stock, and quantities written back to sources."""

from __future__ import annotations

import uuid
from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from erp_sandbox.kingdee.envelope import Problem
from erp_sandbox.kingdee.metadata import ENTRY_ID, Form, load_forms
from erp_sandbox.kingdee.trouble import NONE, Trouble

if TYPE_CHECKING:
    from erp_sandbox.kingdee.datacentre import DataCentre
    from erp_sandbox.kingdee.documents import Document

INVENTORY = "STK_Inventory"
NEGATIVE_STOCK_FLAG = "STK_InvCheckResult"
NEGATIVE_STOCK_TEXT = "更新库存时出现可以忽略的异常数据，是否继续？"
INTERACTION = "AbstractInteractionResult"
INVENTORY_SPACE = uuid.UUID("6f1d2b54-6c0e-4f0e-9a0f-5a4e1a2b3c4d")

Place = tuple[int, int, int, int]
"""Organisation, warehouse, material and stock status ids: what one row of 即时库存 is about."""


def closed_period(centre: DataCentre, form: Form, document: Document) -> str | None:
    """Return the message for a document whose date lies in its organisation's closed period 关账."""
    if form.period is None or not centre.settings.closed_until:
        return None
    org = (document.get(form.period.org) or {}).get("FNumber", "")
    day = str(document.get(form.period.date, ""))[:10]
    until = centre.settings.closed_until.get(org, "")
    if not until or day > until:
        return None
    number = document.get(form.number_key, "")
    return f"单据编号为“{number}”的{form.name}，日期{day}所在期间已关账（组织{org}关账至{until}）"


class Auditing:
    """The audits of one call: `problem` asks document by document, `commit` does what the audited ones entail.

    Args:
        centre: the data centre.
        form: the documents' form.
        flags: InterationFlags of the call.
        trouble: what a fault does to the documents.
    """

    def __init__(self, centre: DataCentre, form: Form, flags: str = "", trouble: Trouble = NONE) -> None:
        self._centre = centre
        self._form = form
        self._flags = set(flags.split(";"))
        self._trouble = trouble
        self._quantities: dict[Place, Decimal] = {}
        self._written_back: dict[tuple[str, Any, str], dict[Any, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
        self._rules = {link.rule.lower(): link for link in form.links}

    def problem(self, document: Document, index: int) -> Problem | None:
        """Return why the document cannot be audited; None books it for `commit`."""
        settings, number = self._centre.settings, document.get(self._form.number_key, "")
        refused = settings.refuse_audit.get(self._form.id, {}).get(number)
        if refused is not None:
            return Problem(refused or f"单据编号为“{number}”的{self._form.name}，审核校验不通过！", "", index=index)
        if injected := self._trouble.audit_refusal(self._form, number):
            return Problem(injected, "", index=index)
        closed = closed_period(self._centre, self._form, document)
        if closed is not None:
            return Problem(closed, "", index=index)
        if settings.stock_control:
            moved = self._moved(document, 1)
            if NEGATIVE_STOCK_FLAG not in self._flags and any(
                quantity < 0 and quantity < self._held(place) and not self._may_be_negative(place)
                for place, quantity in moved.items()
            ):
                return Problem(NEGATIVE_STOCK_TEXT, INTERACTION, index=index)
            self._quantities |= moved
        self._write_back(document, 1)
        return None

    def undo_problem(self, document: Document, index: int) -> Problem | None:
        """Return why an audited document cannot be un-audited: a closed period, or documents made from it."""
        closed = closed_period(self._centre, self._form, document)
        if closed is not None:
            return Problem(closed, "", index=index)
        number = document.get(self._form.number_key, "")
        if number in self._centre.settings.pushed_down.get(self._form.id, ()) or self._delivered(document):
            text = f"单据编号为“{number}”的{self._form.name}，已下推生成下游单据，不允许反审核！"
            return Problem(text, "", index=index)
        return None

    def undo(self, document: Document) -> None:
        """Book the opposite, for a document that is un-audited."""
        if self._centre.settings.stock_control:
            self._quantities |= self._moved(document, -1)
        self._write_back(document, -1)

    def commit(self) -> None:
        """Write stock and written-back quantities; inside the caller's transaction."""
        if self._quantities:
            self._save_inventory()
        for (form_id, key, field), by_entry in self._written_back.items():
            table = self._centre.documents.tables[form_id]
            source = table.get(self._centre.db, key)
            if source is not None:
                _add(load_forms()[form_id], source, field, by_entry)
                table.replace(self._centre.db, [source])

    def _delivered(self, document: Document) -> bool:
        """Whether audited documents were made from lines of this one: their quantity is written back."""
        for form in load_forms().values():
            for link in form.links:
                source = self._centre.form_of_table.get(link.table.lower())
                if link.write_back and source is not None and source[0] is self._form:
                    return any(line.get(link.write_back) for line in document.get(source[1].key, ()))
        return False

    def _moved(self, document: Document, sign: int) -> dict[Place, Decimal]:
        """Return what each place holds after the document; ``sign`` -1 takes its movements back."""
        moved: dict[Place, Decimal] = {}
        for stock in self._form.stock:
            org = document.get(stock.org)
            for line in document.get(stock.entity, ()):
                parts = [org, *(line.get(key) for key in (stock.warehouse, stock.material, stock.status))]
                if all(parts):
                    place: Place = tuple(part["id"] for part in parts)
                    held = moved.get(place)
                    held = self._held(place) if held is None else held
                    moved[place] = held + sign * stock.direction * Decimal(line.get(stock.quantity, 0))
        return moved

    def _held(self, place: Place) -> Decimal:
        held = self._quantities.get(place)
        if held is None:
            row = self._centre.documents.tables[INVENTORY].get(self._centre.db, inventory_key(place))
            held = Decimal(row["FBaseQty"]) if row else Decimal()
        return held

    def _may_be_negative(self, place: Place) -> bool:
        warehouse = self._centre.documents.tables["BD_STOCK"].get(self._centre.db, place[1])
        return bool(warehouse and warehouse.get("FAllowMinusQty"))

    def _save_inventory(self) -> None:
        centre = self._centre
        rows = [
            inventory_row(centre, place, quantity, centre.now_text()) for place, quantity in self._quantities.items()
        ]
        centre.documents.tables[INVENTORY].replace(centre.db, rows)

    def _write_back(self, document: Document, sign: int) -> None:
        """Add each linked line's quantity to its source line (累计出库数量)."""
        if not self._rules:
            return
        for entity in self._form.head.entities.values():
            link_key = f"{entity.key}_Link"
            if link_key in entity.entities:
                for line in document.get(entity.key, ()):
                    for linked in line.get(link_key, ()):
                        self._book(link_key, line, linked, sign)

    def _book(self, link_key: str, line: Document, linked: Document, sign: int) -> None:
        rule = self._rules.get(str(linked.get(f"{link_key}_FRuleId")).lower())
        source = self._centre.form_of_table.get(str(linked.get(f"{link_key}_FSTableName")).lower())
        if rule is None or rule.write_back is None or source is None:
            return
        key = source[0].id, linked[f"{link_key}_FSBillId"], rule.write_back
        self._written_back[key][linked[f"{link_key}_FSId"]] += sign * Decimal(line.get(rule.quantity, 0))


def _add(form: Form, source: Document, field: str, by_entry: dict[Any, Decimal]) -> None:
    """Add quantities to the lines of a source document."""
    for entity in form.head.entities.values():
        for line in source.get(entity.key, ()) if entity.kind == "list" else ():
            if line[ENTRY_ID] in by_entry:
                line[field] = line.get(field, 0) + by_entry[line[ENTRY_ID]]


def receivables(centre: DataCentre, form: Form, entities: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return SuccessMessages about the receivables 应收单 that auditing made, if the tenant has it so (contract 9.11).

    Args:
        centre: the data centre; its ``auto_receivable`` decides.
        form: the audited documents' form.
        entities: their SuccessEntitys.
    """
    if not centre.settings.auto_receivable or form.id != "SAL_OUTSTOCK":
        return []
    text = "单据编号为“AR{:08d}”的应收单，审核成功！"
    return [{"FieldName": None, "Message": text.format(done["Id"]), "DIndex": done["DIndex"]} for done in entities]


def inventory_key(place: Place) -> str:
    """Return the GUID of a row of 即时库存."""
    return str(uuid.uuid5(INVENTORY_SPACE, repr(place)))


def _kept_by(org: dict[str, Any]) -> Document:
    """Return owner 货主 and keeper 保管者 of stock: the organisation itself."""
    return {"FOwnerTypeId": "BD_OwnerOrg", "FOwnerId": org, "FKeeperTypeId": "BD_KeeperOrg", "FKeeperId": org}


def inventory_row(centre: DataCentre, place: Place, quantity: Decimal, now: str) -> Document:
    """Return a row of 即时库存 with the references spelt out."""
    keys = {
        "FStockOrgId": "ORG_Organizations",
        "FStockId": "BD_STOCK",
        "FMaterialId": "BD_MATERIAL",
        "FStockStatusId": "BD_StockStatus",
    }
    references = {
        key: {"FNumber": centre.base.number_of(form_id, part), "id": part}
        for (key, form_id), part in zip(keys.items(), place, strict=True)
    }
    amounts = dict.fromkeys(("FBaseQty", "FQty", "FBaseAVBQty", "FAVBQty"), quantity)
    return {
        "FID": inventory_key(place),
        **references,
        **_kept_by(references["FStockOrgId"]),
        **amounts,
        "FUpdateTime": now,
    }

"""Source links (关联关系): which line of which source document a line was made from (vendor contract 8.18)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from erp_sandbox.kingdee.documents import STATUS
from erp_sandbox.kingdee.metadata import ENTRY_ID, Entity, Form

if TYPE_CHECKING:
    from collections.abc import Iterator

    from erp_sandbox.kingdee.datacentre import DataCentre
    from erp_sandbox.kingdee.documents import Document

AUDITED = "C"


class Links:
    """Checks the links of one call's documents, reading each source document once.

    Args:
        centre: the data centre.
        form: the linking form; its ``links`` name the conversion rules.
    """

    def __init__(self, centre: DataCentre, form: Form) -> None:
        self._centre = centre
        self._rules = {link.rule.lower(): link for link in form.links}
        self._entities = [
            (entity, f"{entity.key}_Link")
            for entity in form.head.entities.values()
            if f"{entity.key}_Link" in entity.entities
        ]
        self._sources: dict[tuple[str, Any], Document | None] = {}

    def check(self, document: Document) -> Iterator[str]:
        """Keep the good links of a document and take the others out, yielding what is wrong with each.

        A good link names a known rule, its source table, an audited source document, and one of its entries.
        """
        for entity, key in self._entities:
            for seq, line in enumerate(document.get(entity.key, ()), start=1):
                links = line.get(key)
                if links:
                    good = []
                    for link in links:
                        problem = self._problem(key, link, line)
                        if problem is None:
                            good.append(link)
                        else:
                            yield f"单据体实体【{entity.name}】第【{seq}】行分录，关联关系无效：{problem}"
                    _keep(line, key, good)

    def _problem(self, key: str, link: Document, line: Document) -> str | None:
        rule_id, table = str(link.get(f"{key}_FRuleId", "")), str(link.get(f"{key}_FSTableName", ""))
        rule = self._rules.get(rule_id.lower())
        if rule is None:
            return f"转换规则“{rule_id}”不存在"
        source_form = self._centre.form_of_table.get(table.lower())
        if table.lower() != rule.table.lower() or source_form is None:
            return f"源单表“{table}”不属于转换规则“{rule_id}”"
        form, entity = source_form
        source = self._source(form, link.get(f"{key}_FSBillId"))
        if source is None:
            return f"源单内码“{link.get(f'{key}_FSBillId', '')}”不存在"
        if source.get(STATUS) != AUDITED:
            return f"源单“{source.get(form.number_key, '')}”未审核"
        if not _has_entry(source, entity, link.get(f"{key}_FSId")):
            return f"源单“{source.get(form.number_key, '')}”没有内码为“{link.get(f'{key}_FSId', '')}”的分录"
        link[f"{key}_FSTableName"] = rule.table
        line.setdefault("FSrcType", form.id)
        line.setdefault("FSrcBillNo", source.get(form.number_key))
        return None

    def _source(self, form: Form, key: Any) -> Document | None:
        known = form.id, key
        if known not in self._sources:
            self._sources[known] = None if key is None else self._centre.table(form).get(self._centre.db, key)
        return self._sources[known]


def _has_entry(source: Document, entity: Entity, entry_id: Any) -> bool:
    return any(line[ENTRY_ID] == entry_id for line in source.get(entity.key, ()))


def _keep(line: Document, key: str, links: list[Document]) -> None:
    if links:
        line[key] = links
    else:
        line.pop(key)

"""Allocate 分配: base data for further organisations (vendor contract 8.11, 8.29)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from erp_sandbox.kingdee.documents import STATUS, USE_ORG
from erp_sandbox.kingdee.envelope import BAD_PARAMETER, NO_DATA, Problem, Refused, envelope, success_entity
from erp_sandbox.kingdee.reading import ORG_FORM
from erp_sandbox.kingdee.saving import AUDITED, CREATED
from erp_sandbox.kingdee.values import to_bool

if TYPE_CHECKING:
    from collections.abc import Sequence

    from erp_sandbox.kingdee.datacentre import DataCentre
    from erp_sandbox.kingdee.documents import Document
    from erp_sandbox.kingdee.metadata import Form

APPROVAL = ("FApproverId", "FApproveDate")


def allocate(centre: DataCentre, form: Form, data: dict[str, Any]) -> dict[str, Any]:
    """Give records to organisations: each gets one of its own with the same number and FMasterId.

    Args:
        centre: the data centre.
        form: a base-data form.
        data: ``PkIds`` and ``TOrgIds``, comma texts of internal ids, and ``IsAutoSubmitAndAudit``: without it the new
            records wait for Submit and Audit.

    Raises:
        Refused: MsgCode 8 without ids, 10 for ids of nothing.
    """
    sources, numbers = _named(centre, form, data)
    table = centre.table(form)
    audited = any(key.lower() == "isautosubmitandaudit" and to_bool(value) is True for key, value in data.items())
    problems: list[Problem] = []
    made: list[tuple[int, Document]] = []
    with centre.db:
        for index, source in enumerate(sources):
            for org, number in numbers.items():
                obstacle = _obstacle(centre, form, source, org, number)
                if obstacle is not None:
                    problems.append(Problem(obstacle, form.number_key, index=index))
                    continue
                copy = _copy(centre, form, source, {"FNumber": number, "id": org}, audited=audited)
                table.insert(centre.db, [copy])
                made.append((index, copy))
    for _index, copy in made:
        centre.base.saved(form, copy)
    return envelope(
        problems, [success_entity(copy[form.key], copy.get(form.number_key), index) for index, copy in made]
    )


def cancel(centre: DataCentre, form: Form, data: dict[str, Any]) -> dict[str, Any]:
    """Take records away from organisations again 取消分配: what they were given goes, whatever its state.

    Args:
        centre: the data centre.
        form: a base-data form.
        data: ``PkIds`` of the records that were allocated, and ``TOrgIds``.

    Raises:
        Refused: as `allocate`.
    """
    sources, numbers = _named(centre, form, data)
    table = centre.table(form)
    problems: list[Problem] = []
    gone: list[tuple[int, Document]] = []
    for index, source in enumerate(sources):
        code = source.get(form.number_key, "")
        for org, number in numbers.items():
            keys = [ref.id for ref in centre.base.form(form.id).named(code) if ref.org == org]
            given = [found for found in table.by_keys(centre.db, keys) if found[form.key] != found["FMasterId"]]
            if not given:
                problems.append(
                    Problem(f"编码为“{code}”的{form.name}没有分配给组织“{number}”！", form.number_key, index=index)
                )
            gone += [(index, found) for found in given]
    with centre.db:
        table.delete(centre.db, [found[form.key] for _index, found in gone])
    for _index, found in gone:
        centre.base.deleted(form, found)
    return envelope(problems, [success_entity(found[form.key], found.get(form.number_key), at) for at, found in gone])


def _named(centre: DataCentre, form: Form, data: dict[str, Any]) -> tuple[list[Document], dict[int, str | None]]:
    """Return the records that PkIds names, and the numbers of the organisations of TOrgIds by id."""
    given = {key.lower(): value for key, value in data.items()}
    keys, orgs = _listed(given.get("pkids")), _listed(given.get("torgids"))
    if not keys or not orgs or form.kind != "base":
        raise Refused(BAD_PARAMETER, "data 数据包中的参数 PkIds 和 TOrgIds 的值不能为空")
    numbers = {int(org): centre.base.number_of(ORG_FORM, int(org)) for org in orgs if org.isdecimal()}
    sources = centre.table(form).by_keys(centre.db, [int(key) for key in keys if key.isdecimal()])
    if len(sources) < len(set(keys)) or None in numbers.values() or len(numbers) < len(set(orgs)):
        raise Refused(NO_DATA, f"未找到要分配的{form.name}或目标组织")
    return sources, numbers


def _obstacle(centre: DataCentre, form: Form, source: Document, org: int, number: str | None) -> str | None:
    code = source.get(form.number_key, "")
    if source.get(STATUS) != AUDITED:
        return f"编码为“{code}”的{form.name}未审核，不允许分配！"
    if any(ref.org == org for ref in centre.base.form(form.id).named(code)):
        return f"编码为“{code}”的{form.name}已经分配给组织“{number}”！"
    return None


def _copy(centre: DataCentre, form: Form, source: Document, org: dict[str, Any], *, audited: bool) -> Document:
    now, user = centre.now_text(), centre.user()
    copy = {key: value for key, value in source.items() if key not in APPROVAL}
    copy[form.key] = centre.documents.take(centre.db, form.sequence(form.head), 1)
    copy |= {USE_ORG: org, STATUS: CREATED, "FCreatorId": user, "FCreateDate": now}
    copy |= {"FModifierId": user, "FModifyDate": now}
    if audited:
        copy |= {STATUS: AUDITED, "FApproverId": user, "FApproveDate": now}
    return copy


def _listed(value: Any) -> Sequence[str]:
    return [part.strip() for part in str(value or "").split(",") if part.strip()]

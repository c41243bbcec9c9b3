"""Save, BatchSave and Draft (vendor contract 8.3 to 8.5), driven by form metadata."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from erp_sandbox.kingdee.auditing import Auditing, closed_period
from erp_sandbox.kingdee.documents import ENCODE, STATUS
from erp_sandbox.kingdee.envelope import BAD_PARAMETER, INVALID, LOCKED, Problem, Refused
from erp_sandbox.kingdee.links import Links
from erp_sandbox.kingdee.metadata import ENTRY_ID, SEQ, Entity, Form
from erp_sandbox.kingdee.reading import Reading
from erp_sandbox.kingdee.trouble import NONE, Trouble
from erp_sandbox.kingdee.values import to_bool, to_decimal

if TYPE_CHECKING:
    from erp_sandbox.kingdee.datacentre import DataCentre
    from erp_sandbox.kingdee.documents import Document, Key

DRAFT, CREATED, SUBMITTED, AUDITED, REAUDIT = "Z", "A", "B", "C", "D"
EDITABLE = frozenset({DRAFT, CREATED, REAUDIT})
STATUS_NAMES = {DRAFT: "暂存", CREATED: "创建", SUBMITTED: "审核中", AUDITED: "已审核", REAUDIT: "重新审核"}


@dataclass(frozen=True, slots=True)
class SaveOptions:
    """The options of ``data`` that change what a Save does; names as the vendor spells them."""

    draft: bool = False
    verify: bool = False
    validate: bool = True
    delete_entry: bool = True
    auto_audit: bool = False
    refuse_repeat: bool = False
    only: frozenset[str] | None = None
    flags: str = ""
    returned: tuple[str, ...] = ()
    threads: int = 1

    @classmethod
    def from_data(cls, data: dict[str, Any], *, draft: bool = False) -> SaveOptions:
        """Read the options; their names match in any case, flags come as true/false or their texts."""
        given = {key.lower(): value for key, value in data.items()}

        def flag(name: str, *, default: bool) -> bool:
            found = to_bool(given.get(name))
            return default if found is None else found

        only = frozenset(key.lower() for key in _keys(given.get("needupdatefields")))
        threads = to_decimal(given.get("batchcount") or 1)
        return cls(
            draft=draft,
            verify=flag("isverifybasedatafield", default=False),
            validate=flag("validateflag", default=True) and not draft,
            delete_entry=flag("isdeleteentry", default=True),
            auto_audit=flag("isautosubmitandaudit", default=False) and not draft,
            refuse_repeat=flag("validaterepeatjson", default=False),
            only=only or None,
            flags=str(given.get("interationflags") or ""),
            returned=_keys(given.get("needreturnfields")),
            threads=int(threads) if threads else 1,
        )


@dataclass(slots=True)
class Saved:
    """One document of a call: what became of it. ``number`` is the one it had before."""

    index: int
    document: Document
    new: bool = True
    kept: bool = True
    number: str | None = None
    problems: list[Problem] = field(default_factory=list)

    def fail(self, message: str, key: str | None, code: int = INVALID) -> None:
        """Add an error; the document is not kept."""
        self.problems.append(Problem(message, key, code, self.index))
        self.kept = False


class Saving:
    """One Save, BatchSave or Draft call.

    Args:
        centre: the data centre.
        form: the form saved.
        options: the call's options.
        user: the reference of the session's user, kept as creator, modifier and approver.
        trouble: what a fault does to the documents.
    """

    def __init__(
        self, centre: DataCentre, form: Form, options: SaveOptions, user: dict[str, Any], trouble: Trouble = NONE
    ) -> None:
        self._centre = centre
        self._form = form
        self._options = options
        self._user = user
        self._trouble = trouble
        self._now = centre.now_text()
        self._table = centre.table(form)
        self._key_names: dict[str, str] = {}

    def run(self, models: list[Any]) -> list[Saved]:
        """Save each document on its own; the good ones are committed whatever becomes of the others.

        Raises:
            Refused: ValidateRepeatJson, and this JSON was saved before.
        """
        digest = self._repeated(models) if self._options.refuse_repeat else None
        saved = self._read(models)
        with self._centre.db:
            self._check_numbers(saved)
            self._check(saved)
            self._identify(saved)
            auditing = self._audit(saved) if self._options.auto_audit else None
            self._write(saved)
            if auditing is not None:
                auditing.commit()
            if digest is not None and any(item.kept for item in saved):
                self._centre.documents.remember(self._centre.db, digest)
        for item in saved:
            if item.kept:
                self._centre.base.saved(self._form, item.document)
        return saved

    def _read(self, models: list[Any]) -> list[Saved]:
        options, form = self._options, self._form
        reader = self._centre.reader(form)
        reading = Reading(
            verify=options.verify,
            validate=options.validate,
            shared_org=self._centre.shared_org(),
            only=None,
            delete_absent=options.delete_entry,
            one_of=self._centre.settings.one_of == "required",
        )
        saved = []
        for index, model in enumerate(models):
            item = self._begin(index, model)
            saved.append(item)
            if item.kept:
                reading.only = None if item.new else options.only
                reading.begin(item.document)
                reader.read(model, item.document, reading)
                for key, message in reading.errors:
                    item.fail(message, key)
        return saved

    def _begin(self, index: int, model: Any) -> Saved:
        """Return an empty document for an insert, the stored one for an update (contract 8.3)."""
        form = self._form
        if not isinstance(model, dict):
            item = Saved(index, {})
            item.fail("Model应为JSON对象", "")
            return item
        key = self._given_key(model)
        if key is None:
            document: Document = {form.key: 0, form.number_key: None, STATUS: CREATED}
            return Saved(index, document)
        stored = self._table.get(self._centre.db, key)
        item = Saved(index, stored or {}, new=False, number=(stored or {}).get(form.number_key))
        if stored is None:
            item.fail(f"{form.name}不存在内码为“{key}”的数据，可能已被删除", form.key)
        elif stored[STATUS] not in EDITABLE:
            number, state = stored.get(form.number_key, ""), STATUS_NAMES[stored[STATUS]]
            item.fail(f"单据编号为“{number}”的{form.name}，数据状态为{state}，不允许修改！", "")
        return item

    def _given_key(self, model: dict[str, Any]) -> Key | None:
        """Return the primary key a model names; None for an insert (absent, blank or 0)."""
        wanted = self._form.key.lower()
        name = self._key_names.get(wanted)
        if name is None or name not in model:
            name = next((key for key in model if key.lower() == wanted), "")
            self._key_names[wanted] = name
        value = model.get(name)
        if value in (None, "", 0, "0"):
            return None
        if self._form.guid:
            return str(value)
        number = to_decimal(value)
        return int(number) if number is not None else str(value)

    def _check_numbers(self, saved: list[Saved]) -> None:
        """Refuse numbers that are taken, by stored documents or by earlier ones of the same call."""
        key = self._form.number_key
        if not self._centre.settings.unique_numbers:
            return
        given = [item.document[key] for item in saved if item.document.get(key)]
        taken = self._table.numbered(self._centre.db, given)
        for item in saved:
            number = item.document.get(key)
            if number == item.number:  # organisations that share base data have one record each, with one number
                continue
            if number and taken.get(number, item.document[self._form.key]) != item.document[self._form.key]:
                item.fail(f"违反字段唯一性要求：编码唯一。[{number}]在当前系统中已经被使用。", key)
            elif number and item.kept:
                taken[number] = item.document[self._form.key] or -1

    def _check(self, saved: list[Saved]) -> None:
        """Hold what reads well against links, closed periods and edit locks."""
        settings, form = self._centre.settings, self._form
        links = Links(self._centre, form)
        locked = set(settings.locked.get(form.id, ()))
        period = settings.closed_at == "save" and not self._options.draft
        for item in saved:
            for message in links.check(item.document):
                if settings.broken_link == "refuse":
                    item.fail(message, "")
            if period and (closed := closed_period(self._centre, form, item.document)):
                item.fail(closed, "")
            if not (item.document.get(form.number_key) or self._numbered_by_rule()):
                item.fail(f"字段“{form.head.fields[form.number_key].name}”是必填项", form.number_key)
            if item.document.get(form.number_key) in locked:
                item.fail(lock_text(form, item.document), None, LOCKED)
            number = item.document.get(form.number_key)
            if rejected := self._trouble.rejection(form, number, item.index, len(saved)):
                item.fail(rejected, "")

    def _identify(self, saved: list[Saved]) -> None:
        """Give the documents that will be kept their keys, numbers, entry ids, and who and when."""
        form, centre = self._form, self._centre
        kept = [item for item in saved if item.kept]
        new = [item.document for item in kept if item.new]
        first = 0 if form.guid else centre.documents.take(centre.db, form.sequence(form.head), len(new))
        for key, document in enumerate(new, start=first):
            document[form.key] = str(uuid.uuid4()) if form.guid else key
            document |= {"FCreatorId": self._user, "FCreateDate": self._now}
            if form.kind == "base":
                document["FMasterId"] = document[form.key]
        self._number([item.document for item in kept])
        for item in kept:
            item.document |= {"FModifierId": self._user, "FModifyDate": self._now}
            if self._options.draft:
                item.document[STATUS] = DRAFT
            elif item.document[STATUS] == DRAFT:
                item.document[STATUS] = CREATED
        for entity in form.head.entities.values():
            if entity.kind == "list":
                self._number_lines(entity, [item.document for item in kept])

    def _number(self, documents: list[Document]) -> None:
        """Number what has no number by the code rule; a draft may stay without."""
        rule, key, centre = self._form.number.rule if self._form.number else None, self._form.number_key, self._centre
        for document in documents:
            if document.get(key):
                continue
            if rule is None or self._options.draft:
                document.pop(key, None)
                continue
            while True:
                number = str(rule).format(centre.documents.take(centre.db, f"{self._form.id}.number", 1))
                if not self._table.numbered(centre.db, [number]):
                    break
            document[key] = number

    def _numbered_by_rule(self) -> bool:
        return self._options.draft or bool(self._form.number and self._form.number.rule)

    def _number_lines(self, entity: Entity, parents: list[Document]) -> None:
        """Give new lines their FEntryID, all lines their FSeq, and so on below."""
        lines = [line for parent in parents for line in parent.get(entity.key, ())]
        new = [line for line in lines if ENTRY_ID not in line]
        if new:
            sequence = self._form.sequence(entity)
            first = self._centre.documents.take(self._centre.db, sequence, len(new))
            for entry_id, line in enumerate(new, start=first):
                line[ENTRY_ID] = entry_id
        for parent in parents:
            for seq, line in enumerate(parent.get(entity.key, ()), start=1):
                line[SEQ] = seq
        for child in entity.entities.values():
            if any(child.key in line for line in lines):
                self._number_lines(child, lines)

    def _audit(self, saved: list[Saved]) -> Auditing:
        """Submit and audit what is kept; what cannot be audited is rolled back, or stays saved (contract 8.5)."""
        settings = self._centre.settings
        auditing = Auditing(self._centre, self._form, self._options.flags, self._trouble)
        for item in saved:
            if not item.kept:
                continue
            problem = auditing.problem(item.document, item.index)
            if problem is None:
                item.document |= {STATUS: AUDITED, "FApproverId": self._user, "FApproveDate": self._now}
            else:
                item.problems.append(problem)
                left_in = self._trouble.left_in(item.document.get(self._form.number_key), item.index)
                if left_in is None:
                    left_in = settings.stays_saved_in if settings.auto_audit == "stays-saved" else ""
                item.kept = bool(left_in)
                item.document[STATUS] = left_in
        return auditing

    def _write(self, saved: list[Saved]) -> None:
        self._table.insert(self._centre.db, [item.document for item in saved if item.kept and item.new])
        self._table.replace(self._centre.db, [item.document for item in saved if item.kept and not item.new])

    def _repeated(self, models: list[Any]) -> bytes:
        digest = hashlib.sha256(ENCODE([self._form.id, models])).digest()
        if self._centre.documents.repeated(self._centre.db, digest):
            raise Refused(INVALID, "ValidateRepeatJson：相同的JSON数据已提交过，不允许重复提交")
        return digest


def lock_text(form: Form, document: Document) -> str:
    """Return the words of an edit lock 网控 (contract 5.3)."""
    number = document.get(form.number_key, "")
    busy = f"“演示用户”正在对单据编号为“{number}”的{form.name}进行业务操作-“{form.name}-修改”"
    return f"{busy}，与当前操作冲突，请稍候再使用"


def _keys(value: Any) -> tuple[str, ...]:
    """Return field keys from a list of them, or from a comma text."""
    parts = value if isinstance(value, list) else value.split(",") if isinstance(value, str) else ()
    return tuple(text for part in parts if (text := str(part).strip()))


def models_of(data: dict[str, Any], *, many: bool) -> list[Any]:
    """Return the documents of a call.

    Raises:
        Refused: MsgCode 8 without Model, or with an object where an array is wanted and the other way round.
    """
    model = next((value for key, value in data.items() if key.lower() == "model"), None)
    if model is None or model in ([], {}):
        raise Refused(BAD_PARAMETER, "data 数据包中的参数 Model 的值不能为空")
    if many != isinstance(model, list) or not isinstance(model, (dict, list)):
        wanted = "数组" if many else "对象"
        raise Refused(BAD_PARAMETER, f"data 数据包中的参数 Model 应为JSON{wanted}")
    return model if isinstance(model, list) else [model]

"""Reading a Model: form metadata compiled once into closures, then run over each document a client sends."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

from erp_sandbox.kingdee.metadata import ENTRY_ID, Amount, Entity, Field, Form
from erp_sandbox.kingdee.references import compile_reference
from erp_sandbox.kingdee.values import EXACT, Setter, compile_value, to_decimal

if TYPE_CHECKING:
    from collections.abc import Callable

    from erp_sandbox.kingdee.basedata import BaseData
    from erp_sandbox.kingdee.values import Target

    Default = Callable[[Target, "Reading"], Any]
    Ordered = list[tuple[str, Setter]]

CENT = Decimal("0.01")
HUNDRED = Decimal(100)
PRICE_DIGITS = Decimal("0.0000000001")
ORDERS_KEPT = 512
"""Key orders remembered by an entity; clients send few."""

ORG_FORM = "ORG_Organizations"


class Reading:
    """What is known of the document being read.

    Args:
        verify: IsVerifyBaseDataField.
        validate: mandatory fields are asked for (not on Draft, not with ValidateFlag false).
        shared_org: id of the organisation whose base data everybody may use.
        only: NeedUpDateFields, lower case; None means all.
        delete_absent: IsDeleteEntry.
        one_of: one field of each of the form's groups is asked for (with ``validate``).
    """

    __slots__ = (
        "delete_absent",
        "entity",
        "errors",
        "head",
        "line",
        "one_of",
        "only",
        "shared_org",
        "validate",
        "verify",
    )

    def __init__(
        self,
        *,
        verify: bool,
        validate: bool,
        shared_org: int | None,
        only: frozenset[str] | None,
        delete_absent: bool,
        one_of: bool = True,
    ) -> None:
        self.verify = verify
        self.validate = validate
        self.shared_org = shared_org
        self.only = only
        self.delete_absent = delete_absent
        self.one_of = one_of
        self.begin({})

    def begin(self, head: Target) -> None:
        """Start on the next document, which is (to be) stored as ``head``."""
        self.head = head
        self.errors: list[tuple[str, str]] = []
        self.entity: Entity | None = None
        self.line = 0

    def org_id(self, key: str | None) -> int | None:
        """Return the organisation that the head field ``key`` names."""
        value = self.head.get(key) if key else None
        return value["id"] if value else None

    def fail(self, field: Field, message: str) -> None:
        """Add an error, with the line it is in (contract 5.3)."""
        if self.entity is not None:
            message = f"单据体实体【{self.entity.name}】第【{self.line}】行分录，{message}"
        self.errors.append((field.key, message))

    def invalid(self, field: Field, value: Any, wanted: str) -> None:
        """Add the error of a value that is not of the field's kind."""
        self.fail(field, f"字段“{field.name}”的值“{str(value)[:100]}”不是有效的{wanted}")

    def missing(self, field: Field) -> None:
        """Add the error of an empty mandatory field, in the words a head and a line have (contract 5.3)."""
        if self.entity is None:
            self.errors.append((field.key, f"字段“{field.name}”是必填项"))
        else:
            where = f"单据体实体【{self.entity.name}】第【{self.line}】行分录"
            self.errors.append((field.key, f"{where}，【{field.name}】字段必录"))


class EntityReader:
    """Reads the JSON objects of one entity.

    Args:
        form: the form.
        entity: the head, a 1:1 part, or an entry list.
        base: base data for references and defaults.
        any_case: whether Model keys match in any letter case.
    """

    def __init__(self, form: Form, entity: Entity, base: BaseData, *, any_case: bool) -> None:
        self.entity = entity
        self._any_case = any_case
        self._orders: dict[tuple[str, ...], Ordered] = {}
        self._children = {
            key: EntityReader(form, child, base, any_case=any_case) for key, child in entity.entities.items()
        }
        self._setters = self._compile(form, base)
        self._defaults = [
            (field.key, _compile_default(form, entity, field, base))
            for field in entity.fields.values()
            if field.default is not None
        ]
        self._must = {field.key for field in entity.fields.values() if field.must}
        self._must |= {child.key for child in entity.entities.values() if child.must}
        self._one_of = form.one_of if entity is form.head else ()
        self._total = form.total if entity is form.head else None
        self._amount = _compile_amount(entity, entity.amount) if entity.amount else None
        self._singles = [reader for reader in self._children.values() if reader.entity.kind == "single"]

    def read(self, given: dict[str, Any], target: Target, reading: Reading) -> None:
        """Read one JSON object into ``target``; what it lacks stays as it is, or takes its default."""
        keys = tuple(given)
        order = self._orders.get(keys)
        if order is None:
            order = self._order(keys)
        only = reading.only
        for key, setter in order:
            if only is None or self._wanted(key, only):
                setter(given[key], target, reading)
        self._finish(target, reading)

    def read_list(self, given: Any, stored: list[Target], reading: Reading) -> list[Target]:
        """Read an entry list over the stored lines (none for a new document) and return the lines it makes.

        Lines with a known FEntryID change that line; others are new. Stored lines that are not given go away with
        IsDeleteEntry (contract 8.3).
        """
        by_id = {line[ENTRY_ID]: line for line in stored}
        lines: list[Target] = []
        outer = reading.entity, reading.line
        reading.entity = self.entity
        for reading.line, item in enumerate(given, start=1):
            line: Target = {}
            if by_id and (entry_id := _entry_id(item)):
                line = by_id.pop(entry_id, {})
                if not line:
                    reading.errors.append((ENTRY_ID, f"单据体“{self.entity.name}”不存在内码为“{entry_id}”的分录"))
            if item.__class__ is dict:
                self.read(item, line, reading)
            lines.append(line)
        reading.entity, reading.line = outer
        if reading.delete_absent or not stored:
            return lines
        changed = {id(line) for line in lines}
        return stored + [line for line in lines if ENTRY_ID not in line and id(line) in changed]

    def _finish(self, target: Target, reading: Reading) -> None:
        """Fill in defaults, ask for what is mandatory, and compute the amount."""
        for key, default in self._defaults:
            if key not in target:
                value = default(target, reading)
                if value is not None:
                    target[key] = value
        for reader in self._singles:
            if reader.entity.key not in target:
                reader.read({}, target.setdefault(reader.entity.key, {}), reading)
        if reading.validate and not target.keys() >= self._must:
            self._report_missing(target, reading)
        if self._one_of and reading.validate and reading.one_of:
            self._report_none_of(target, reading)
        if self._amount is not None:
            self._amount(target)
        if self._total is not None:
            lines = target.get(self._total.entity, ())
            target[self._total.field] = sum((line.get(self._total.amount, 0) for line in lines), Decimal())

    def _report_missing(self, target: Target, reading: Reading) -> None:
        for field in self.entity.fields.values():
            if field.must and field.key not in target:
                reading.missing(field)
        for child in self.entity.entities.values():
            if child.must and child.key not in target:
                reading.errors.append((child.key, f"单据体“{child.name}”至少要有一行分录"))

    def _report_none_of(self, target: Target, reading: Reading) -> None:
        for group in self._one_of:
            if not any(key in target for key in group):
                names = "、".join(f"“{self.entity.fields[key].name}”" for key in group)
                reading.errors.append((group[0], f"字段{names}至少录入一个"))

    def _order(self, keys: tuple[str, ...]) -> Ordered:
        """Return which setters run for an object with these keys: organisations first, entries last."""
        found = [(key, self._setters.get(key.lower() if self._any_case else key)) for key in keys]
        ranked = sorted((setter[0], at) for at, (_key, setter) in enumerate(found) if setter is not None)
        order = [(keys[at], found[at][1][1]) for _rank, at in ranked]  # type: ignore[index] # those with a setter
        if len(self._orders) >= ORDERS_KEPT:
            self._orders.clear()
        self._orders[keys] = order
        return order

    def _compile(self, form: Form, base: BaseData) -> dict[str, tuple[int, Setter]]:
        setters: dict[str, tuple[int, Setter]] = {}
        for field in self.entity.fields.values():
            if not field.read_only:
                rank, setter = 2, compile_value(field) if field.type != "ref" else None
                if setter is None:
                    rank, setter = (0 if field.form == ORG_FORM else 2), compile_reference(field, base, form)
                elif field.type == "enum":
                    rank = 1  # a multi-class reference asks for its class
                setters[self._key(field.key)] = rank, setter
        for reader in self._children.values():
            setters[self._key(reader.entity.key)] = 3, _compile_child(reader)
        return setters

    def _key(self, key: str) -> str:
        return key.lower() if self._any_case else key

    def _wanted(self, key: str, only: frozenset[str]) -> bool:
        """Whether NeedUpDateFields lets this key through; a 1:1 part is a way to its fields."""
        child = next((reader for name, reader in self._children.items() if name.lower() == key.lower()), None)
        return key.lower() in only or (child is not None and child.entity.kind == "single")


def _compile_child(reader: EntityReader) -> Setter:
    key, kind, name = reader.entity.key, reader.entity.kind, reader.entity.name

    def read_single(value: Any, target: Target, reading: Reading) -> None:
        if isinstance(value, list) and len(value) == 1:
            value = value[0]
        if value is None or value == "":
            return
        if not isinstance(value, dict):
            reading.errors.append((key, f"“{name}”应为JSON对象"))
            return
        reader.read(value, target.setdefault(key, {}), reading)

    def read_list(value: Any, target: Target, reading: Reading) -> None:
        if value is None or value == "":
            return
        if not isinstance(value, list):
            reading.errors.append((key, f"单据体“{name}”应为JSON数组"))
            return
        lines = reader.read_list(value, target.get(key, []), reading)
        if lines:
            target[key] = lines
        else:
            target.pop(key, None)

    return read_single if kind == "single" else read_list


def _compile_default(form: Form, entity: Entity, field: Field, base: BaseData) -> Default:
    default = field.default
    if isinstance(default, str) and default.startswith("="):
        source, _, name = default[1:].partition(".")
        if name:
            source_form = str(entity.fields[source].form)
            return _property_default(source, source_form, name, base)
        return lambda target, reading: target.get(source) or reading.head.get(source)
    if field.type == "ref":
        number, forms = str(default), field.form
        form_id = forms if isinstance(forms, str) else form.id
        index = base.form(form_id)

        def reference(_target: Target, _reading: Reading) -> Any:
            ref = index.find(number)
            return None if ref is None or ref.obstacle else ref.value

        return reference
    value = to_decimal(default) if field.type == "decimal" else default
    return lambda _target, _reading: value


def _property_default(source: str, form_id: str, name: str, base: BaseData) -> Default:
    find = base.form(form_id).by_number.get

    def of_reference(target: Target, _reading: Reading) -> Any:
        value = target.get(source)
        ref = find(value["FNumber"]) if value else None
        return None if ref is None else ref.defaults.get(name)

    return of_reference


def _compile_amount(entity: Entity, amount: Amount) -> Callable[[Target], None]:
    """Return what computes a line's amount with tax: quantity x price with tax, half up to the cent.

    An amount that clients may write stands where no price is given.
    """
    writable = not entity.fields[amount.all_amount].read_only

    def compute(line: Target) -> None:
        quantity = line.get(amount.quantity)
        if quantity is None:
            return
        price = line.get(amount.tax_price)
        if price is None:
            net = line.get(amount.price) if amount.price else None
            if net is not None:
                rate = Decimal(line.get(amount.tax_rate, 0)) / HUNDRED
                price = EXACT.multiply(net, 1 + rate).quantize(PRICE_DIGITS, ROUND_HALF_UP).normalize()
                line[amount.tax_price] = price
        if price is None and writable and amount.all_amount in line:
            return
        line[amount.all_amount] = (
            CENT * 0 if price is None else EXACT.multiply(quantity, price).quantize(CENT, ROUND_HALF_UP, EXACT)
        )

    return compute


def _entry_id(item: Any) -> int:
    """Return the FEntryID a line names, in any case of the key; 0 for a new line."""
    if isinstance(item, dict):
        for key, value in item.items():
            if key.lower() == "fentryid":
                number = to_decimal(value) if value not in (None, "") else None
                return int(number) if number is not None else 0
    return 0

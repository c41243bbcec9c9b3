"""Functions of the user's own: a Python module beside the mappings, called by the module's name."""

from __future__ import annotations

from decimal import Decimal

import pytest
from erp_sdk.command import SetupError

D = Decimal

MODULE = '''
"""Prices of a seller."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

PRICES = {"A": Decimal("1.50")}


def price(sku: str, quantity: Decimal = Decimal(1)) -> Decimal:
    """The price of so many."""
    if sku not in PRICES:
        raise ValueError(f"no price for {sku}.")
    return PRICES[sku] * quantity


def half(amount: Decimal) -> float:
    return float(amount) / 2


def double(count: int) -> int:
    return count * 2


def shout(text: str | None) -> str:
    return "nobody" if text is None else text.upper()


def next_day(day: date) -> date:
    return day + timedelta(days=1)


def an_hour_later(time: datetime) -> datetime:
    return time + timedelta(hours=1)


def longest(words: list[str]) -> str | None:
    return max(words, key=len, default=None)


def joined(*words: str) -> str:
    return "+".join(words)


def is_gift(paid: Decimal) -> bool:
    return paid == 0


def keys(value: object) -> list[str]:
    return sorted(value) if isinstance(value, dict) else []


def made(count: int) -> Any:
    return {"rows": [{"n": index, "half": Decimal(index) / 2} for index in range(count)]}


def answer() -> int:
    return 42


def _private(value):
    return value


async_note = "a variable is no function"
'''.replace("-> float:", "-> Decimal:")


def mapped(project, expression, module=MODULE, **values):
    project.write("functions/acme.py", module)
    (model,) = project.map(project.flow(f"  FX: {{value: '={expression}'}}", "functions: functions/acme.py"), values)
    return model


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ('acme.price("A")', D("1.50")),
        ('acme.price("A", 2)', D("3.00")),
        ("acme.price(shop, paid)", D("15.7500")),
        ("acme.double(status)", 10),
        ("acme.double(7.0)", 14),
        ("acme.shout(shop)", "A"),
        ("acme.shout(remark)", "nobody"),
        ('acme.next_day("2026-02-28")', "2026-03-01"),
        ("acme.next_day(time)", "2026-01-06"),
        ("acme.an_hour_later(time)", "2026-01-05 10:30:51"),
        ("acme.longest(tags)", "longer"),
        ("acme.longest(l.sku for l in lines)", "S1"),
        ('acme.joined("a", shop, "c")', "a+A+c"),
        ("acme.is_gift(0)", True),
        ('join(acme.keys(anything), "/")', "a/b"),
        ("acme.made(3).rows[2].half", D(1)),
        ("sum(acme.made(3).rows.n)", 3),
        ("acme.answer()", 42),
        ("acme.price(remark)", None),
    ],
)
def test_a_function_of_ones_own_gives(project, expression, value):
    record = {
        "shop": "A",
        "status": 5,
        "paid": D("10.50"),
        "time": "2026-01-05T09:30:51+08:00",
        "tags": ["a", "longer"],
        "lines": [{"sku": "S1"}],
        "anything": {"b": 1, "a": [1]},
    }

    assert mapped(project, expression.replace("'", "''"), **record).get("FX") == value


def letter(project, expression, module=MODULE, **values):
    one = mapped(project, expression, module, **values)
    return one["field"], one["reason"], one["message"], one["fix"]


def test_the_text_of_a_value_error_is_the_message_of_the_dead_letter(project):
    field, reason, message, _ = letter(project, "acme.price(shop)", shop="B")

    assert (field, reason) == ("FX", "value_invalid")
    assert message == "FX (=acme.price(shop)): no price for B."


def test_a_value_error_speaks_for_itself_even_if_a_field_is_empty(project):
    module = "def needed(text: str | None) -> str:\n    raise ValueError('请先维护店铺')\n"

    assert letter(project, "acme.needed(shop)", module, shop=None)[2] == "FX (=acme.needed(shop)): 请先维护店铺."


def test_any_other_error_names_the_line_to_correct(project):
    module = "def broken(text: str) -> str:\n    return {}[text]\n"

    _, reason, message, fix = letter(project, "acme.broken(shop)", module, shop="B")

    assert reason == "expression_failed"
    assert message == "FX (=acme.broken(shop)): acme.broken() failed: KeyError: 'B'."
    assert fix.startswith("correct acme.broken() in ")
    assert fix.endswith("functions/acme.py:2.")


@pytest.mark.parametrize(
    ("module", "message"),
    [
        (
            "from decimal import Decimal\ndef f(x: str) -> Decimal:\n    return 0.1\n",
            "acme.f() is annotated Decimal, but gives float",
        ),
        ("def f(x: str) -> str:\n    return 1\n", "acme.f() is annotated str, but gives int: 1 is no text"),
        ("def f(x: str) -> int:\n    return True\n", "is annotated int, but gives bool"),
        ("def f(x: str) -> object:\n    return {1: 2}\n", "an object with a key that is no text"),
        ("def f(x: str) -> object:\n    return [0.5]\n", "0.5 of the type float is no data"),
        ("def f(x: str) -> object:\n    return open\n", "is no data"),
        ("def f(x: str) -> object:\n    a = []\n    a.append(a)\n    return a\n", "nested deeper than 32"),
        ("def f(x: str) -> object:\n    return [0] * 10**6\n", "is too large"),
        ("def f(x: str) -> str:\n    return x * 10**6\n", "more than 200000 characters"),
        ("def f(x: str) -> list[str]:\n    return [1]\n", "is annotated list[str], but gives list: 1 is no text"),
        ("from decimal import Decimal\ndef f(x: str) -> Decimal:\n    return Decimal('NaN')\n", "NaN is no number"),
        ("from decimal import Decimal\ndef f(x: str) -> Decimal:\n    return Decimal('1E999')\n", "out of range"),
        ("from decimal import Decimal\ndef f(x: Decimal) -> str:\n    return 'x'\n", "needs a number"),
        ("def f(x: int) -> str:\n    return 'x'\n", "needs a number"),
    ],
)
def test_what_is_not_of_the_annotated_kind_is_refused(project, module, message):
    try:
        said = " ".join(letter(project, "acme.f(shop)", module, shop="B")[2:])
    except SetupError as error:
        said = str(error)

    assert message in said


@pytest.mark.parametrize(
    ("path", "content", "message"),
    [
        ("functions/acme.py", None, "cannot be read"),
        ("functions/acme.txt", "", "is a .py file with a plain name"),
        ("functions/my-own.py", "", "is a .py file with a plain name"),
        ("functions/sql.py", "", "sql is a name of the language"),
        ("functions/record.py", "", "record is a name of the language"),
        ("functions/text.py", "", "text is a name of the language"),
        ("functions/acme.py", "def f(:\n", "acme.py:1: is no Python"),
        ("functions/acme.py", "\n\x00", "is no Python"),
        ("functions/acme.py", "import not_there_at_all\n", "imports not_there_at_all, which is not installed"),
        ("functions/acme.py", "\n1 / 0\n", "acme.py:2: cannot be loaded: ZeroDivisionError"),
        ("functions/acme.py", "raise SystemExit(3)\n", "cannot be loaded: SystemExit"),
        ("functions/acme.py", "def _f(x: str) -> str: return x\n", "has no function"),
        ("functions/acme.py", "from json import loads\n", "has no function"),
        ("functions/acme.py", "def f(x) -> str: return x\n", "acme.py:1: acme.f() has no annotation for x"),
        ("functions/acme.py", "def f(x: str): return x\n", "has no annotation for its result"),
        ("functions/acme.py", "def f(x: str) -> None: return x\n", "gives None always"),
        ("functions/acme.py", "def f(x: float) -> str: return x\n", "x is annotated float, which is not exact"),
        ("functions/acme.py", "def f(x: set) -> str: return x\n", "x is annotated set; it can be str, Decimal"),
        ("functions/acme.py", "def f(x: int | str) -> str: return x\n", "several types"),
        ("functions/acme.py", "def f(x: 'nonsense') -> str: return x\n", "has an annotation that cannot be read"),
        ("functions/acme.py", "def f(*, x: str) -> str: return x\n", "takes x by name only"),
        ("functions/acme.py", "def f(**x: str) -> str: return ''\n", "takes **x"),
        ("functions/acme.py", "async def f(x: str) -> str: return x\n", "no async, no yield"),
        ("functions/acme.py", "def f(x: str) -> str: yield x\n", "no async, no yield"),
    ],
)
def test_a_module_that_cannot_be_used_is_told_in_one_sentence(project, path, content, message):
    if content is not None:
        project.write(path, content)
    project.mapping(project.flow("  FX: =acme.f(shop)", f"functions: {path}"))

    answer = project.ask("check", "mappings")

    assert answer.returncode == 2
    assert message in answer.stderr + answer.stdout
    assert "Traceback" not in answer.stderr


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("acme.prize(shop)", "there is no function acme.prize; did you mean acme.price()?"),
        ("acme.price()", "calls acme.price() with 0 values; it is written acme.price(sku, quantity="),
        ("acme.price(shop, 1, 2)", "calls acme.price() with 3 values"),
        ("acme.price(status)", "needs a text, but status is integer"),
        ("acme.price(sku=shop)", "calls acme.price() with what it does not take"),
        ("acme.longest(lines)", "it takes a list of values"),
        ("acme.keys(lines[0])", "gives acme.keys() a whole row"),
        ("acme._private(shop)", "there is no function acme._private"),
        ("acme.PRICES", "there is no field acme"),
        ("acme.timedelta(1)", "there is no function acme.timedelta"),
        ("acme.price.__globals__", "acme"),
        ("acme.__dict__", "__dict__"),
        ("upper(acme)", "there is no field acme"),
        ("acme.double(acme.price(shop)) + shop", "needs a text"),
    ],
)
def test_a_wrong_call_is_refused_before_any_record(project, expression, message):
    with pytest.raises(SetupError) as refusal:
        mapped(project, expression)

    assert message in str(refusal.value)


def test_several_modules_are_a_list(project):
    project.write("functions/acme.py", "def one() -> int: return 1\n")
    project.write("functions/beta.py", "def two() -> int: return 2\n")
    flow = project.flow("  FX: =acme.one() + beta.two()", "functions: [functions/acme.py, functions/beta.py]")

    assert project.map(flow, {})[0]["FX"] == 3


def test_two_modules_of_one_name_are_refused(project):
    for folder in ("a", "b"):
        project.write(f"{folder}/acme.py", "def one() -> int: return 1\n")
    project.mapping(project.flow("", "functions: [a/acme.py, b/acme.py]"))

    assert "names two modules called acme" in project.ask("check", "mappings").stderr


def test_a_print_does_not_end_up_among_the_messages(project):
    module = "print('loaded')\ndef f(x: str) -> str:\n    print('called', x)\n    return x\n"

    assert mapped(project, "acme.f(shop)", module, shop="S")["FX"] == "S"


def test_a_dataclass_in_the_module_works(project):
    module = """
from __future__ import annotations
from dataclasses import dataclass

@dataclass
class Rule:
    name: str

def f(x: str) -> str:
    return Rule(x).name
"""

    assert mapped(project, "acme.f(shop)", module, shop="S")["FX"] == "S"

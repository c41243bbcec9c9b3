"""Cases beside a mapping (``NAME.cases.yml`` beside ``NAME.yml``): records, and what has to become of them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import yaml
from erp_sdk.command import SetupError

from mapper_kd.kinds import nearest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_TOP = ("now", "tables", "cases")
_GIVEN = ("record", "records")
_EXPECTED = ("document", "documents", "includes", "dead_letter", "nothing")
_CASE = ("name", "now", *_GIVEN, *_EXPECTED)
_LETTER = ("field", "reason", "message")


@dataclass(frozen=True)
class Case:
    """One case.

    Attributes:
        records: What the tap gives.
        documents: What has to come, whole; None when it is not said.
        includes: Parts that the only document has to have.
        letter: What the only dead letter has to say; None when there must be none.
        now: The moment of the run.
    """

    name: str
    place: str
    records: list[dict[str, Any]]
    documents: list[Any] | None = None
    includes: dict[str, Any] | None = None
    letter: dict[str, Any] | None = None
    now: str | None = None


@dataclass(frozen=True)
class Cases:
    """A file of cases.

    Attributes:
        tables: Rows that stand in for the project's tables, by name.
    """

    cases: list[Case]
    tables: dict[str, list[dict[str, Any]]] = field(default_factory=dict)


def cases_file(mapping: Path) -> Path:
    """Return where a mapping's cases stand."""
    return mapping.with_name(f"{mapping.stem}.cases.yml")


def read_cases(path: Path) -> Cases:
    """Read a file of cases: a list of them, or ``tables:``, ``now:`` and ``cases:``.

    Raises:
        SetupError: Something is wrong with it.
    """
    name = path.as_posix()
    try:
        content = yaml.load(path.read_text(encoding="utf-8-sig"), Loader=_Loader)  # noqa: S506 - a SafeLoader, below
    except (OSError, ValueError) as error:
        raise SetupError(f"the cases {name} cannot be read: {error}.") from None
    except (yaml.YAMLError, RecursionError) as error:
        raise SetupError(f"the cases {name} are no valid YAML: {' '.join(str(error).split())}.") from None
    top = {"cases": content} if isinstance(content, list) else content
    if not isinstance(top, dict) or not isinstance(top.get("cases"), list):
        raise SetupError(f"{name} needs a list of cases, alone or below cases:.")
    _known(name, top, _TOP)
    tables = top.get("tables") or {}
    if not isinstance(tables, dict) or not all(_is_rows(rows) for rows in tables.values()):
        raise SetupError(f"{name}: tables: needs a list of rows for each table, such as [{{key: K1, value: V1}}].")
    cases = [_case(name, number, one) for number, one in enumerate(top["cases"], start=1)]
    return Cases([replace(one, now=one.now or top.get("now")) for one in cases], tables)


def _is_rows(rows: Any) -> bool:
    return isinstance(rows, list) and bool(rows) and all(isinstance(row, dict) and row for row in rows)


def _case(file: str, number: int, given: Any) -> Case:
    place = f"{file}: case {number}"
    if not isinstance(given, dict):
        raise SetupError(f"{place} is no object with name:, record: and document:.")
    place = f"{place} ({given['name']})" if given.get("name") else place
    _known(place, given, _CASE)
    if sum(key in given for key in _GIVEN) != 1:
        raise SetupError(f"{place} needs record: or records:.")
    records = given["records"] if "records" in given else [given["record"]]
    if not isinstance(records, list) or not all(isinstance(one, dict) for one in records):
        raise SetupError(f"{place}: a record has to be an object.")
    if sum(key in given for key in _EXPECTED) != 1:
        raise SetupError(f"{place} needs exactly one of {', '.join(f'{key}:' for key in _EXPECTED)}.")
    letter = given.get("dead_letter")
    if letter is not None:
        if not isinstance(letter, dict):
            raise SetupError(f"{place}: dead_letter: needs field: and reason:.")
        _known(f"{place}: dead_letter", letter, _LETTER)
    documents = [] if "nothing" in given else [given["document"]] if "document" in given else given.get("documents")
    if documents is not None and not isinstance(documents, list):
        raise SetupError(f"{place}: documents: needs a list.")
    return Case(
        name=str(given.get("name") or f"case {number}"),
        place=place,
        records=records,
        documents=None if documents is None else [nested(one) for one in documents],
        includes=nested(given["includes"]) if "includes" in given else None,
        letter=letter,
        now=given.get("now"),
    )


def _known(place: str, given: dict[Any, Any], allowed: tuple[str, ...]) -> None:
    for key in given:
        if key not in allowed:
            near = nearest(str(key), allowed)
            hint = f"; did you mean {near}:?" if near else f"; it can have {', '.join(allowed)}."
            raise SetupError(f"{place} has {key}:, which is no part of a case{hint}")


def nested(value: Any) -> Any:
    """Return a document with its dotted keys as objects, as a mapping writes them."""
    if isinstance(value, list):
        return [nested(one) for one in value]
    if not isinstance(value, dict):
        return value
    whole: dict[str, Any] = {}
    for key, part in value.items():
        *above, last = str(key).split(".")
        inner = whole
        for name in above:
            inner = inner.setdefault(name, {})
            if not isinstance(inner, dict):
                raise SetupError(f"the case writes {key} into {name}, which has a value of its own.")
        inner[last] = nested(part)
    return whole


def differences(expected: Any, actual: Any, *, partly: bool = False, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Yield path, expected and actual value wherever two documents differ; `MISSING` stands for what is not there.

    Args:
        expected: What a case says.
        actual: What the mapping gives.
        partly: Objects of the actual one may have more; null stands for what must not be there.
        path: Where the two are.
    """
    if isinstance(expected, dict) and isinstance(actual, dict):
        below = f"{path}." if path else ""
        for key in dict.fromkeys([*expected, *([] if partly else actual)]):
            one, other = expected.get(key, MISSING), actual.get(key, MISSING)
            yield from differences(one, other, partly=partly, path=f"{below}{key}")
    elif isinstance(expected, list) and isinstance(actual, list):
        for index in range(max(len(expected), len(actual))):
            one = expected[index] if index < len(expected) else MISSING
            other = actual[index] if index < len(actual) else MISSING
            yield from differences(one, other, partly=partly, path=f"{path}[{index}]")
    elif partly and expected is None and actual is MISSING:
        return
    elif expected != actual or isinstance(expected, bool) != isinstance(actual, bool):
        yield path, expected, actual


class _Missing:
    """Stands for a value that is not there."""


MISSING = _Missing()


class _Loader(yaml.SafeLoader):
    """YAML with the scalars of a mapping: ``0100``, ``2026-01-05`` and ``no`` are text, numbers are exact."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - the base class has it so


def _exact(loader: _Loader, node: yaml.ScalarNode) -> Decimal:
    return Decimal(loader.construct_scalar(node))


for _tag, _pattern, _first in (
    ("tag:yaml.org,2002:bool", r"true|false", "tf"),
    ("tag:yaml.org,2002:null", r"null|", ["n", ""]),
    ("tag:yaml.org,2002:int", r"-?(?:0|[1-9][0-9]{0,17})", "-0123456789"),
    ("!exact", r"-?(?:0|[1-9][0-9]{0,17})\.[0-9]{1,20}", "-0123456789"),
    ("tag:yaml.org,2002:merge", r"<<", "<"),
):
    _Loader.add_implicit_resolver(_tag, re.compile(f"(?:{_pattern})\\Z"), list(_first))
_Loader.add_constructor("!exact", _exact)

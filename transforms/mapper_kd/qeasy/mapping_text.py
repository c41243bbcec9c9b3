"""A draft written as the YAML a person would write: labels as comments, the short form wherever it says enough.

For each line of the text there is the line of the scheme that it comes from, so that a scheme that is run directly
can say where in its own file something is wrong.
"""

from __future__ import annotations

import ast
import json
import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mapper_kd.qeasy.draft import DraftField, DraftLet, DraftLines, DraftList, DraftMapping, DraftMerge
    from mapper_kd.qeasy.native import Native

_PLAIN = re.compile(r"[^\s\-?:,\[\]{}#&*!|>'\"%@`=~][^\n]*\Z|=[^\n]+\Z")
_RESERVED = re.compile(r"-?[0-9.][0-9_.eE+-]*\Z|true\Z|false\Z|null\Z|~\Z|\Z")
_WHOLE = re.compile(r"-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,20})?\Z")
_COMMENT_WIDTH = 80


@dataclass
class MappingText:
    """Lines of YAML; `origins` has for each the line of the scheme it comes from."""

    lines: list[str] = field(default_factory=list)
    origins: list[int] = field(default_factory=list)

    def add(self, indent: int, text: str, origin: int) -> None:
        """Add one line."""
        self.lines.append("  " * indent + text if text else "")
        self.origins.append(origin)

    @property
    def text(self) -> str:
        """The whole file."""
        return "\n".join(self.lines) + "\n"


def write_mapping(draft: DraftMapping) -> MappingText:  # noqa: C901 - one branch for each section
    """Return the YAML of a mapping."""
    out = MappingText()
    top = draft.node.line
    for line in draft.title:
        out.add(0, f"# {line}".rstrip(), top)
    out.add(0, "", top)
    for key, value in (("stream", draft.stream), ("form", draft.form), ("number", draft.number)):
        if value is not None:
            out.add(0, f"{key}: {scalar(value)}", top)
    if draft.where is not None:
        out.add(0, f"where: {scalar(draft.where)}", (draft.where_node or draft.node).line)
    if draft.tables:
        out.add(0, "", top)
        out.add(0, "tables:", top)
        for name, table in draft.tables.items():
            out.add(1, f"{key_text(name)}:", top)
            _plain_mapping(out, 2, table, top)
    if draft.merge is not None:
        out.add(0, "", top)
        _merge(out, draft.merge)
    if draft.let:
        out.add(0, "", top)
        _lets(out, 0, draft.let)
    if draft.each is not None:
        out.add(0, "", top)
        out.add(0, "documents:", (draft.each_node or draft.node).line)
        out.add(1, f"each: {scalar(draft.each)}", (draft.each_node or draft.node).line)
    out.add(0, "", top)
    out.add(0, "head:" if draft.fields else "head: {}", top)
    for one in draft.fields:
        _field(out, 1, one)
    if draft.lists:
        out.add(0, "", top)
        out.add(0, "lines:", top)
        for one_list in draft.lists:
            _list(out, 1, one_list)
    return out


def _plain_mapping(out: MappingText, indent: int, values: Mapping[str, Any], origin: int) -> None:
    for key, value in values.items():
        if isinstance(value, dict):
            out.add(indent, f"{key_text(key)}:", origin)
            _plain_mapping(out, indent + 1, value, origin)
        elif isinstance(value, (list, tuple)):
            out.add(indent, f"{key_text(key)}: [{', '.join(inside(item) for item in value)}]", origin)
        else:
            out.add(indent, f"{key_text(key)}: {scalar(value)}", origin)


def _lets(out: MappingText, indent: int, lets: Iterable[DraftLet]) -> None:
    lets = list(lets)
    if lets:
        out.add(indent, "let:", lets[0].node.line)
    for let in lets:
        out.add(indent + 1, f"{key_text(let.name)}: {scalar(let.value)}{_comment(let.comment)}", let.node.line)


def _merge(out: MappingText, merge: DraftMerge) -> None:
    line = merge.node.line
    out.add(0, "merge:", line)
    if merge.where is not None:
        out.add(1, f"where: {scalar(merge.where)}", line)
    _lets(out, 1, merge.let)
    if merge.each is not None:
        out.add(1, f"each: {scalar(merge.each)}", line)
    _expressions(out, 1, "by", merge.by, line)
    _expressions(out, 1, "values", merge.values, line)
    if merge.lines:
        out.add(1, "lines:", line)
    for one in merge.lines:
        _merged_lines(out, one, line)


def _merged_lines(out: MappingText, one: DraftLines, line: int) -> None:
    said = [one.each, one.where, one.let, one.by, one.values]
    out.add(2, f"{key_text(one.name)}:" if any(said) else f"{key_text(one.name)}: {{}}", line)
    for key, text in (("each", one.each), ("where", one.where)):
        if text is not None:
            out.add(3, f"{key}: {scalar(text)}", line)
    _lets(out, 3, one.let)
    _expressions(out, 3, "by", one.by, line)
    _expressions(out, 3, "values", one.values, line)


def _expressions(out: MappingText, indent: int, key: str, values: Mapping[str, str], line: int) -> None:
    if values:
        out.add(indent, f"{key}:", line)
    for name, text in values.items():
        out.add(indent + 1, f"{key_text(name)}: {scalar(text)}", line)


def _list(out: MappingText, indent: int, one: DraftList) -> None:
    line = one.node.line
    out.add(indent, f"{key_text(one.key)}:{_comment(one.comment)}", line)
    for key, text in (("each", one.each), ("where", one.where), ("when", one.when)):
        if text is not None:
            out.add(indent + 1, f"{key}: {scalar(text)}", line)
    if one.required:
        out.add(indent + 1, "required: true", line)
    _lets(out, indent + 1, one.let)
    out.add(indent + 1, "fields:" if one.fields else "fields: {}", line)
    for below in one.fields:
        _field(out, indent + 2, below)
    if one.lists:
        out.add(indent + 1, "lines:", line)
    for inner in one.lists:
        _list(out, indent + 2, inner)


def _field(out: MappingText, indent: int, one: DraftField) -> None:
    line, comment = one.node.line, _comment(one.comment)
    if not one.more and not one.value.cases:
        out.add(indent, f"{key_text(one.key)}: {native(one.value)}{comment}", line)
        return
    out.add(indent, f"{key_text(one.key)}:{comment}", line)
    if one.value.cases:
        _cases(out, indent + 1, one.value, line)
    else:
        out.add(indent + 1, f"value: {native(one.value)}", line)
    _plain_mapping(out, indent + 1, one.more, line)


def _cases(out: MappingText, indent: int, value: Native, line: int) -> None:
    out.add(indent, "case:", line)
    for test, result in value.cases:
        out.add(indent + 1, f"- when: {scalar(f'={test}')}", line)
        out.add(indent + 1, f"  then: {native(result)}", line)
    if value.otherwise is not None and (value.otherwise.expression or value.otherwise.constant is not None):
        out.add(indent, f"else: {native(value.otherwise)}", line)


def native(value: Native) -> str:
    """Return a value as YAML, without its cases."""
    text = value.expression or ""
    if text[:1] in {'"', "'"}:  # a text: plainer as a constant
        try:
            return scalar(ast.literal_eval(text), is_constant=True)
        except (ValueError, SyntaxError):
            pass
    return scalar(
        value.constant if value.expression is None else f"={value.expression}", is_constant=value.expression is None
    )


def scalar(value: Any, *, is_constant: bool = False) -> str:  # noqa: PLR0911 - one for each spelling
    """Return a scalar as YAML that our reader takes for just this value.

    Args:
        value: What to write.
        is_constant: Whether a text with a leading ``=`` is a constant and no expression.
    """
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, Decimal)):
        digits = str(value) if isinstance(value, int) else format(value, "f")
        return digits if _WHOLE.match(digits) else json.dumps(digits)
    text = str(value)
    if is_constant and text.startswith("="):
        text = f"={text!r}"
    if _PLAIN.match(text) and not _RESERVED.match(text) and not _is_special(text):
        return text
    if text.isprintable() and "'" not in text:
        return f"'{text}'" if '"' in text or "\\" in text else f'"{text}"'
    if text.isprintable() and text.startswith("="):
        return "'" + text.replace("'", "''") + "'"
    return json.dumps(text, ensure_ascii=not text.isprintable())


def _is_special(text: str) -> bool:
    return ": " in text or " #" in text or text.endswith(":") or text != text.strip() or not text.isprintable()


def inside(value: Any) -> str:
    """Return a scalar for a list in brackets."""
    text = scalar(value)
    return json.dumps(text, ensure_ascii=False) if set(text) & set(",[]{}") and text[0] not in "'\"" else text


def key_text(key: str) -> str:
    """Return a key as YAML."""
    return scalar(key) if not key.startswith("=") and key else json.dumps(key, ensure_ascii=False)


def _comment(text: str) -> str:
    words = " ".join(text.split())
    return f" # {words[:_COMMENT_WIDTH]}" if words and words.isprintable() else ""

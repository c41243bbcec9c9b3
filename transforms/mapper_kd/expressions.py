"""Expressions: Python's syntax, none of its reach.

An expression is parsed, and new source is written from the parsed tree; what has no rule here is refused. So the
allow-list is the set of rules, and nothing of the user's text is ever executed. Names are fields of the record,
attributes are parts of rows (never Python attributes), calls are functions of `mapper_kd.functions`, operators are
those of `mapper_kd.arithmetic`. Size and nesting are bounded, so the cost of one evaluation is too.
"""

from __future__ import annotations

import ast
from decimal import Decimal
from typing import TYPE_CHECKING

from mapper_kd import arithmetic
from mapper_kd.expression_checks import (
    MAX_INTEGER,
    ExpressionError,
    bracketed,
    check_arguments,
    constant_index,
    not_allowed,
    parse_expression,
    refuse_dunder,
    require,
    require_comparable,
)
from mapper_kd.failures import Invalid
from mapper_kd.functions import FUNCTIONS
from mapper_kd.kinds import (
    ANY,
    BOOLEAN,
    DECIMAL,
    INTEGER,
    NULL,
    TEXT,
    Kind,
    ListKind,
    RowKind,
    UnknownNameError,
    common,
    list_of,
    row_of,
)
from mapper_kd.scope import CONSTANT, Code, Names, Scope, column_of, function_hint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

_MAX_NESTING = 40
_MAX_CONSTANT = 1_000

_COMPARISONS: dict[type[ast.cmpop], str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.In: "in",
    ast.NotIn: "not in",
}
_OPERATORS: dict[type[ast.operator], Callable[..., object]] = {
    ast.Add: arithmetic.add,
    ast.Sub: arithmetic.subtract,
    ast.Mult: arithmetic.multiply,
    ast.Div: arithmetic.divide,
    ast.FloorDiv: arithmetic.floor_divide,
    ast.Mod: arithmetic.modulo,
}


def compile_expression(text: str, scope: Scope, names: Names) -> Code:
    """Compile an expression to Python source.

    Args:
        text: The expression, without the leading ``=``.
        scope: What its names mean.
        names: Receives the functions, tables and constants that the source refers to.

    Raises:
        ExpressionError: It is no expression of the language.
    """
    return _Compiler(scope, names, text).compile()


class _Compiler:
    """Writes the source of one expression, from the leaves up."""

    def __init__(self, scope: Scope, names: Names, text: str) -> None:
        self._scope = scope
        self._names = names
        self._text = text
        self._nesting = 0
        self._loops: dict[str, Code] = {}
        self._rules: dict[type[ast.expr], Callable[..., Code]] = {
            ast.Constant: self._constant,
            ast.Name: self._name,
            ast.Attribute: self._attribute,
            ast.Subscript: self._subscript,
            ast.Call: self._call,
            ast.BinOp: self._operator,
            ast.UnaryOp: self._unary,
            ast.BoolOp: self._logic,
            ast.Compare: self._comparison,
            ast.IfExp: self._choice,
        }

    def compile(self) -> Code:
        return self._expression(parse_expression(self._text))

    def _expression(self, node: ast.expr) -> Code:
        rule = self._rules.get(type(node))
        if rule is None:
            raise not_allowed(node)
        self._nesting += 1
        if self._nesting > _MAX_NESTING:
            raise ExpressionError(f"is nested deeper than {_MAX_NESTING} levels; let: can hold parts of it")
        code = rule(node)
        self._nesting -= 1
        return code

    # --- leaves

    def _constant(self, node: ast.Constant) -> Code:
        value = node.value
        if isinstance(value, bool) or value is None:
            return Code(repr(value), NULL if value is None else BOOLEAN, certain=value is not None)
        if isinstance(value, str):
            if len(value) > _MAX_CONSTANT:
                raise ExpressionError(f"has a text of more than {_MAX_CONSTANT} characters")
            return Code(repr(value), TEXT, certain=True)
        if isinstance(value, int):
            if value >= MAX_INTEGER:
                raise ExpressionError("has a whole number of more than 18 digits")
            return Code(repr(value), INTEGER, certain=True)
        if isinstance(value, float):
            return self._decimal(node)
        raise not_allowed(node)

    def _decimal(self, node: ast.Constant) -> Code:
        # The digits as they are written: 1.13 is no binary float here.
        written = ast.get_source_segment(bracketed(self._text), node) or repr(node.value)
        exact = Decimal(written.replace("_", ""))
        try:
            arithmetic.number(exact)
        except Invalid as error:
            raise ExpressionError(f"cannot be calculated: {error}") from None
        return Code(self._names.bind("k", exact), DECIMAL, certain=True)

    def _name(self, node: ast.Name) -> Code:
        refuse_dunder(node.id)
        if node.id in self._loops:
            return self._loops[node.id]
        try:
            return self._scope.resolve(node.id)
        except UnknownNameError as error:
            hint = f"; {node.id}() is a function" if node.id in FUNCTIONS and not error.nearest else ""
            raise ExpressionError(f"{error}{hint}") from None

    def _attribute(self, node: ast.Attribute) -> Code:
        refuse_dunder(node.attr)
        base = self._expression(node.value)
        if node.attr == "parent" and isinstance(node.value, (ast.Name, ast.Attribute)):
            outside = self._scope.parent(base)
            if outside is not None:
                return outside
        return self._part(base, node.attr, node)

    def _part(self, base: Code, name: str, node: ast.expr) -> Code:
        written = ast.unparse(node)
        if isinstance(base.kind, ListKind):
            return self._projection(base, name, written)
        if not isinstance(base.kind, RowKind) and base.kind is not ANY:
            raise ExpressionError(
                f"takes {name} from {ast.unparse(node)[: -len(name) - 1]}, which is {base.kind} and has no parts"
                + (f"; write {name}(…) around it" if name in FUNCTIONS else "")
            )
        try:
            return column_of(base, name, written)
        except UnknownNameError as error:
            raise ExpressionError(str(error)) from None

    def _projection(self, base: Code, name: str, written: str) -> Code:
        assert isinstance(base.kind, ListKind)  # noqa: S101 - narrows the type; the caller has looked
        loop = self._names.temporary("g")
        row = Code(loop, base.kind.item, base.depth)
        try:
            part = column_of(row, name, written)
        except UnknownNameError as error:
            raise ExpressionError(str(error)) from None
        return Code(
            _loop(loop, part.text, base.text),
            list_of(part.kind),
            base.depth,
            base.fails or part.fails,
            True,
            base.readings,
        )

    def _subscript(self, node: ast.Subscript) -> Code:
        base = self._expression(node.value)
        index = node.slice
        if isinstance(index, ast.Constant) and isinstance(index.value, str):
            refuse_dunder(index.value)
            return self._part(base, index.value, node)
        if base.kind.family not in {"text", "list", "any"}:
            raise ExpressionError(f"takes a part of {ast.unparse(node.value)}, which is {base.kind}")
        if isinstance(index, ast.Slice):
            bounds = [constant_index(bound) if bound is not None else None for bound in (index.lower, index.upper)]
            if index.step is not None:
                raise not_allowed(index)
            return Code(
                f"_slice({base.text}, {bounds[0]!r}, {bounds[1]!r})",
                base.kind,
                base.depth,
                True,
                readings=base.readings,
            )
        item = base.kind.item if isinstance(base.kind, ListKind) else TEXT if base.kind.family == "text" else ANY
        if isinstance(item, RowKind):
            item = row_of(item.columns, certain=False)
        return Code(f"_at({base.text}, {constant_index(index)!r})", item, base.depth, True, readings=base.readings)

    # --- operators

    def _operator(self, node: ast.BinOp) -> Code:
        operation = _OPERATORS.get(type(node.op))
        if operation is None:
            raise not_allowed(node.op)
        left, right = self._expression(node.left), self._expression(node.right)
        texts = isinstance(node.op, ast.Add) and "text" in {left.kind.family, right.kind.family}
        for side, part in ((left, node.left), (right, node.right)):
            require("text" if texts else "number", side, part)
        kinds = {left.kind, right.kind}
        integers = kinds == {INTEGER} and not isinstance(node.op, ast.Div)
        kind = (
            TEXT
            if texts
            else INTEGER
            if integers
            else ANY
            if isinstance(node.op, ast.Add) and ANY in kinds
            else DECIMAL
        )
        name = self._names.bind("o", operation)
        return _joined(f"{name}({left.text}, {right.text})", kind, (left, right), certain=True)

    def _unary(self, node: ast.UnaryOp) -> Code:
        operand = self._expression(node.operand)
        if isinstance(node.op, ast.Not):
            return _joined(f"(not {operand.text})", BOOLEAN, (operand,), certain=True, fails=operand.fails)
        if not isinstance(node.op, ast.USub):
            raise not_allowed(node.op)
        require("number", operand, node.operand)
        return _joined(
            f"{self._names.bind('o', arithmetic.negate)}({operand.text})", operand.kind, (operand,), certain=True
        )

    def _logic(self, node: ast.BoolOp) -> Code:
        parts = [self._expression(part) for part in node.values]
        word = " and " if isinstance(node.op, ast.And) else " or "
        text = f"({word.join(part.text for part in parts)})"
        certain = all(part.certain for part in parts)
        return _joined(text, _value_kind(parts, node), parts, certain=certain, fails=any(part.fails for part in parts))

    def _choice(self, node: ast.IfExp) -> Code:
        test, body, orelse = (self._expression(part) for part in (node.test, node.body, node.orelse))
        kind = _value_kind((body, orelse), node)
        text = f"({body.text} if {test.text} else {orelse.text})"
        parts = (test, body, orelse)
        return _joined(
            text, kind, parts, certain=body.certain and orelse.certain, fails=any(part.fails for part in parts)
        )

    def _comparison(self, node: ast.Compare) -> Code:
        left, left_node = self._expression(node.left), node.left
        text, parts = left.text, [left]
        for operator, right_node in zip(node.ops, node.comparators, strict=True):
            spelled, right = self._compared(operator, left, left_node, right_node)
            text += f" {spelled} {right.text}"
            parts.append(right)
            left, left_node = right, right_node
        fails = any(part.fails for part in parts) or not all(
            isinstance(op, (ast.Eq, ast.NotEq, ast.Is)) for op in node.ops
        )
        return _joined(f"({text})", BOOLEAN, parts, certain=True, fails=fails)

    def _compared(self, operator: ast.cmpop, left: Code, left_node: ast.expr, right_node: ast.expr) -> tuple[str, Code]:
        if isinstance(operator, (ast.In, ast.NotIn)) and isinstance(right_node, (ast.Tuple, ast.List, ast.Set)):
            items = [self._expression(item) for item in right_node.elts]
            if any(item.depth != CONSTANT for item in items):
                raise ExpressionError("lists something other than constants after in")
            for item, item_node in zip(items, right_node.elts, strict=True):
                require_comparable(left, left_node, item, item_node)
            listed = "".join(f"{item.text}, " for item in items)
            return _COMPARISONS[type(operator)], Code(f"({listed})", list_of(ANY), certain=True)
        right = self._expression(right_node)
        if isinstance(operator, (ast.Is, ast.IsNot)) or (
            right.kind is NULL and isinstance(operator, (ast.Eq, ast.NotEq))
        ):
            if right.kind is not NULL:
                raise ExpressionError("compares with is; only `is None` has a meaning here, write ==")
            return ("is" if isinstance(operator, (ast.Is, ast.Eq)) else "is not"), right
        if isinstance(operator, (ast.In, ast.NotIn)):
            if right.kind.family not in {"text", "list", "any"}:
                raise ExpressionError(f"looks into {ast.unparse(right_node)}, which is {right.kind}")
        else:
            require_comparable(left, left_node, right, right_node)
        return _COMPARISONS[type(operator)], right

    # --- calls

    def _call(self, node: ast.Call) -> Code:
        if not isinstance(node.func, ast.Name):
            raise ExpressionError(f"calls {ast.unparse(node.func)!s:.60}; only functions of the language can be called")
        name = node.func.id
        function = FUNCTIONS.get(name)
        if function is None:
            raise ExpressionError(f"there is no function {name}{function_hint(name)}")
        if node.keywords or any(isinstance(one, ast.Starred) for one in node.args):
            raise ExpressionError(f"calls {name}() with what it does not take; it is written {function.usage}")
        if name in {"code", "lookup", "find"}:
            return self._table(name, node)
        parts = [self._argument(argument, function.takes) for argument in node.args]
        check_arguments(name, parts, node.args)
        if name == "coalesce":
            return self._coalesce(parts)
        if name == "case":
            return self._case(parts)
        called = self._names.bind(f"{name}_", function.call)
        if name == "decimal":
            return self._decimal_of(called, parts[0])
        text = f"{called}({', '.join(part.text for part in parts)})"
        return _joined(
            text,
            function.kind([part.kind for part in parts]),
            parts,
            certain=function.gives is BOOLEAN and name != "boolean",
        )

    def _decimal_of(self, called: str, part: Code) -> Code:
        # Most numbers are decimals already; asking here saves the call.
        kept = self._names.temporary()
        text = f"({kept} if ({kept} := {part.text}).__class__ is _Decimal else {called}({kept}))"
        return _joined(text, DECIMAL, [part])

    def _argument(self, node: ast.expr, takes: str) -> Code:
        if not isinstance(node, ast.GeneratorExp):
            return self._expression(node)
        if takes not in {"list", "list text", "any*"} or len(node.generators) != 1 or self._loops:
            raise ExpressionError(
                "loops where only sum(), min(), max(), average(), join() and the like can: over one list, once"
            )
        loop = node.generators[0]
        if not isinstance(loop.target, ast.Name) or loop.is_async or len(loop.ifs) > 1:
            raise ExpressionError("loops in a way it cannot: write sum(row.a * row.b for row in list if condition)")
        refuse_dunder(loop.target.id)
        rows = self._expression(loop.iter)
        if rows.kind.family not in {"list", "any"}:
            raise ExpressionError(f"loops over {ast.unparse(loop.iter)}, which is {rows.kind}")
        variable = self._names.temporary("g")
        self._loops[loop.target.id] = Code(
            variable, rows.kind.item if isinstance(rows.kind, ListKind) else ANY, rows.depth
        )
        item = self._expression(node.elt)
        test = self._expression(loop.ifs[0]) if loop.ifs else None
        self._loops.clear()
        text = _loop(variable, item.text, rows.text, test.text if test else None)
        return _joined(text, list_of(item.kind), [rows, item, *([test] if test else [])], certain=True)

    def _table(self, name: str, node: ast.Call) -> Code:
        first = node.args[0] if node.args else None
        if not isinstance(first, ast.Constant) or not isinstance(first.value, str):
            raise ExpressionError(f"calls {name}() without the name of a table in quotes: {FUNCTIONS[name].usage}")
        table = self._names.open_table(first.value)
        keys = [self._expression(argument) for argument in node.args[1:]]
        if not keys or (table.key and len(keys) != len(table.key)):
            wanted = ", ".join(table.key) or "its key"
            raise ExpressionError(f"asks table {first.value} with {len(keys)} key values; its key is {wanted}")
        if name == "code" and len(table.values) > 1:
            raise ExpressionError(
                f"asks table {first.value} for a code, but it has several values ({', '.join(table.values)}); "
                f'write lookup("{first.value}", …).{table.values[0]}'
            )
        for key, key_node in zip(keys, node.args[1:], strict=True):
            if key.kind.family in {"list", "row"}:
                raise ExpressionError(f"asks table {first.value} with {ast.unparse(key_node)}, which is a {key.kind}")
        kind: Kind = table.cell_kind if name == "code" else row_of(table, certain=name == "lookup")
        method = self._names.bind("table", getattr(table, name))
        return _joined(f"{method}({', '.join(key.text for key in keys)})", kind, keys, certain=name == "lookup")

    def _coalesce(self, parts: Sequence[Code]) -> Code:
        text = parts[-1].text
        for part in reversed(parts[:-1]):
            kept = self._names.temporary()
            text = f"({kept} if ({kept} := {part.text}) is not None else {text})"
        return _joined(text, common(part.kind for part in parts), parts, certain=any(part.certain for part in parts))

    def _case(self, parts: Sequence[Code]) -> Code:
        if len(parts) % 2 == 0:
            raise ExpressionError(f"calls case() without a last value; it is written {FUNCTIONS['case'].usage}")
        text = parts[-1].text
        for test, value in reversed(list(zip(parts[:-1:2], parts[1::2], strict=True))):
            text = f"({value.text} if {test.text} else {text})"
        values = [*parts[1::2], parts[-1]]
        return _joined(text, common(part.kind for part in values), parts, certain=all(part.certain for part in values))


def _joined(text: str, kind: Kind, parts: Iterable[Code], *, certain: bool = False, fails: bool = True) -> Code:
    parts = list(parts)
    readings = tuple(dict.fromkeys(reading for part in parts for reading in part.readings))
    return Code(text, kind, max((part.depth for part in parts), default=CONSTANT), fails, certain, readings)


def _loop(variable: str, item: str, rows: str, test: str | None = None) -> str:
    # The rows come in as an argument: `coalesce` assigns, which Python forbids in a comprehension's own iterable.
    condition = f" if {test}" if test else ""
    return f"(lambda rows: [{item} for {variable} in rows{condition}])(_rows({rows}))"


def _value_kind(parts: Iterable[Code], node: ast.expr) -> Kind:
    kinds = [part.kind for part in parts]
    if any(isinstance(kind, (RowKind, ListKind)) for kind in kinds):
        if len({kind for kind in kinds if kind is not NULL}) > 1:
            raise ExpressionError(
                f"gives a list or a row in one case and something else in another: {ast.unparse(node)!s:.60}"
            )
        return next(kind for kind in kinds if kind is not NULL)
    return common(kinds)

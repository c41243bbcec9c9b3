"""The text of a `_function` read into a tree, by the grammar of the vendor contract (5.1).

A node is a tuple whose first item says its kind:
  ("value", v)  ("placeholder", Placeholder)  ("string", [text or Placeholder, …])  ("find", Find)
  ("not", x)  ("negative", x)  ("and" | "or", x, y)  ("compare", op, x, y)  ("arithmetic", op, x, y)
  ("null?", x, negated)  ("like", x, y, negated)  ("in", x, [y, …], negated)
  ("case", subject or None, [(when, then), …], otherwise)  ("call", NAME, [argument, …])  ("interval", x, UNIT)
"""

from __future__ import annotations

import re
from decimal import Decimal

from transforms.tests.qeasy.oracle.diagnostics import Failure
from transforms.tests.qeasy.oracle.find_collection import end_of_find, parse_find
from transforms.tests.qeasy.oracle.placeholders import PLACEHOLDER, parts_of, placeholder_of

_NUMBER = re.compile(r"\d+(\.\d+)?|\.\d+")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_OPERATOR = re.compile(r"===|!==|==|<>|!=|>=|<=|[-+*/%=<>(),?:]")
_STRING = re.compile(r"'((?:''|\\.|[^'\\])*)'", re.DOTALL)
_SAME = {"===": "=", "==": "=", "!==": "<>", "!=": "<>"}
_WORDS = {"OR", "AND", "NOT", "IS", "NULL", "LIKE", "IN", "TRUE", "FALSE", "CASE", "WHEN", "THEN", "ELSE", "END"}
_UNITS = {"DAY", "HOUR", "MINUTE", "MONTH"}


def tokens_of(source, run):
    """Split an expression into (kind, value) pairs, ended by ("end", None)."""
    tokens, position = [], 0
    while position < len(source):
        if source[position].isspace():
            position += 1
            continue
        if source.startswith("_findCollection", position):
            end, after = end_of_find(source, position, run)
            tokens.append(("node", ("find", parse_find(source[position:end]))))
            position = after
            continue
        token, position = _token(source, position)
        tokens.append(token)
    return [*tokens, ("end", None)]


def _token(source, position):
    if found := PLACEHOLDER.match(source, position):
        return ("node", ("placeholder", placeholder_of(found))), found.end()
    if found := _STRING.match(source, position):
        return ("node", ("string", [_unescaped(part) for part in parts_of(found[1])])), found.end()
    if found := _NUMBER.match(source, position):
        return ("node", ("value", Decimal(found[0]))), found.end()
    if found := _NAME.match(source, position):
        word = found[0].upper()
        return ("word" if word in _WORDS else "name", word), found.end()
    if found := _OPERATOR.match(source, position):
        return ("operator", _SAME.get(found[0], found[0])), found.end()
    raise Failure(f"{source[position]!r} has no meaning here")


def _unescaped(part):
    return re.sub(r"''|\\.", _without_escape, part, flags=re.DOTALL) if isinstance(part, str) else part


def _without_escape(found):
    return found[0] if found[0][1] in "%_" else found[0][1]  # before a sign of LIKE the backslash stays


class Parser:
    """Reads tokens by recursive descent, one method for each rule of the grammar."""

    def __init__(self, tokens):
        self.tokens = tokens
        self.at = 0

    def take(self, kind, *values):
        """Take the next token if it is one of these; return its value or None."""
        found_kind, value = self.tokens[self.at]
        if found_kind == kind and (not values or value in values):
            self.at += 1
            return value
        return None

    def need(self, kind, *values):
        value = self.take(kind, *values)
        if value is None:
            raise Failure(f"expected {values or kind}, not {self.tokens[self.at][1]!r}")
        return value

    def whole(self):
        tree = self.expression()
        if self.tokens[self.at][0] != "end":
            raise Failure(f"{self.tokens[self.at][1]!r} is too much")
        return tree

    def expression(self):
        tree = self.alternatives()
        if self.take("operator", "?"):
            then = self.expression()
            self.need("operator", ":")
            return ("case", None, [(tree, then)], self.expression())
        return tree

    def alternatives(self):
        tree = self.conjunction()
        while self.take("word", "OR"):
            tree = ("or", tree, self.conjunction())
        return tree

    def conjunction(self):
        tree = self.negation()
        while self.take("word", "AND"):
            tree = ("and", tree, self.negation())
        return tree

    def negation(self):
        return ("not", self.comparison()) if self.take("word", "NOT") else self.comparison()

    def comparison(self):
        tree = self.sum()
        if operator := self.take("operator", "=", "<>", ">", ">=", "<", "<="):
            return ("compare", operator, tree, self.sum())
        if self.take("word", "IS"):
            negated = bool(self.take("word", "NOT"))
            self.need("word", "NULL")
            return ("null?", tree, negated)
        negated = bool(self.take("word", "NOT"))
        if self.take("word", "LIKE"):
            return ("like", tree, self.sum(), negated)
        if self.take("word", "IN"):
            self.need("operator", "(")
            return ("in", tree, self.several(self.expression), negated)
        if negated:
            raise Failure("NOT stands here without LIKE or IN")
        return tree

    def sum(self):
        tree = self.term()
        while operator := self.take("operator", "+", "-"):
            tree = ("arithmetic", operator, tree, self.term())
        return tree

    def term(self):
        tree = self.unary()
        while operator := self.take("operator", "*", "/", "%"):
            tree = ("arithmetic", operator, tree, self.unary())
        return tree

    def unary(self):
        sign = self.take("operator", "+", "-")
        return ("negative", self.primary()) if sign == "-" else self.primary()

    def primary(self):
        if (node := self.take("node")) is not None:
            return node
        if self.take("operator", "("):
            tree = self.expression()
            self.need("operator", ")")
            return tree
        if word := self.take("word", "TRUE", "FALSE", "NULL"):
            return ("value", {"TRUE": True, "FALSE": False, "NULL": None}[word])
        if self.take("word", "CASE"):
            return self.case()
        name = self.need("name")
        self.need("operator", "(")
        return ("call", name, [] if self.take("operator", ")") else self.several(self.argument))

    def several(self, item):
        items = [item()]
        while self.take("operator", ","):
            items.append(item())
        self.need("operator", ")")
        return items

    def argument(self):
        if self.take("name", "INTERVAL"):
            count = self.sum()
            unit = self.need("name", *_UNITS)
            return ("interval", count, unit)
        return self.expression()

    def case(self):
        subject = None if self.take("word", "WHEN") else self.expression()
        if subject is not None:
            self.need("word", "WHEN")
        branches = [self.branch()]
        while self.take("word", "WHEN"):
            branches.append(self.branch())
        otherwise = self.expression() if self.take("word", "ELSE") else ("value", None)
        self.need("word", "END")
        return ("case", subject, branches, otherwise)

    def branch(self):
        when = self.expression()
        self.need("word", "THEN")
        return (when, self.expression())


def parse(source, run):
    """Read an expression to its tree. Raises Failure when it is none."""
    return Parser(tokens_of(source, run)).whole()

"""Expressions: Python's syntax, none of its reach.

An expression is parsed, and new source is written from the parsed tree; what has no rule here is refused. So the
allow-list is the set of rules, and nothing of the user's text is ever executed. Names are fields of the record,
attributes are parts of rows (never Python attributes), calls are functions of `mapper_kd.functions`, operators are
those of `mapper_kd.arithmetic`. Size and nesting are bounded, so the cost of one evaluation is too.
"""

from mapper_kd.expressions.compiler import compile_expression

__all__ = ["compile_expression"]

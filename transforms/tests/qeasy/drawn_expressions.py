"""Expressions for `_function`, drawn from a typed grammar so that each has one meaning by the vendor contract.

Left out since the contract leaves them open: numbers with useless decimals inside CONCAT, a calculated dividend's
scale, texts that look like numbers or truths without quotes, conditions that may fail inside AND and OR.
"""

from __future__ import annotations

from hypothesis import strategies as st

LITERALS = ("'abc'", "'ABC'", "'中'", "'it''s'", "'a\\\\b'", "''", "'12.5'", "'S1'")
PATTERNS = ("'a%'", "'%c'", "'a_c'", "'%b%'", "'%中%'", "'50\\\\%'")
FORMATS = ("'%Y-%m-%d'", "'%Y%m%d%H%i%s'", "'%d/%m %H:%i'")
OPERATORS = ("=", "<>", "!=", ">", ">=", "<", "<=")


class Grammar:
    """Expressions over one context: names of number, text, word, flag and time columns, and lists' number columns."""

    def __init__(self, *, numbers, texts, words=(), flags=(), times=(), columns=(), finds=()):
        self.columns = [f"{{{{{path}}}}}" for path in columns]
        self.flags = [f"{{{{{path}}}}}" for path in flags]
        self.finds = list(finds)
        self.paths = [f"{{{{{path}}}}}" for path in (*numbers, *texts, *words, *flags)]
        self.simple_numbers = st.one_of(
            st.sampled_from([f"{{{{{path}}}}}" for path in numbers]),
            st.sampled_from([f"{{{path}}}" for path in numbers]),
            st.sampled_from(["0", "1", "2", "10", "0.5", "100"]),
        )
        self.times = st.sampled_from([f"'{{{{{path}}}}}'" for path in times]) if times else st.nothing()
        quoted = [f"'{{{{{path}}}}}'" for path in (*texts, *words)]
        mixed = [f"'P-{{{{{path}}}}}-{{{path}}}'" for path in (*texts, *words)]
        bare = [f"{{{{{path}}}}}" for path in words]
        self.simple_texts = st.sampled_from([*quoted, *mixed, *bare, *LITERALS])

    def expressions(self):
        return st.one_of(self.numbers(2), self.texts(2), self.conditions(2))

    def numbers(self, depth):
        if depth == 0:
            return self.simple_numbers
        inner = st.deferred(lambda: self.numbers(depth - 1))
        texts = st.deferred(lambda: self.texts(depth - 1))
        choices = [
            self.simple_numbers,
            st.builds("({} {} {})".format, inner, st.sampled_from("+-*"), inner),
            st.builds("({} {} {})".format, self.simple_numbers, st.sampled_from("/%"), self.simple_numbers),
            st.builds("ROUND({}, {})".format, inner, st.integers(0, 3)),
            st.builds("{}({})".format, st.sampled_from(["ABS", "ceil", "Floor", "ROUND", "-"]), inner),
            st.builds("{}({}, {})".format, st.sampled_from(["IFNULL", "COALESCE", "NULLIF"]), inner, inner),
            st.builds("{}({})".format, st.sampled_from(["LENGTH", "CHAR_LENGTH"]), texts),
            st.builds("LOCATE({}, {})".format, texts, texts),
            self._chosen(inner, depth),
        ]
        if self.columns:
            aggregates = st.sampled_from(["SUM", "AVG", "MAX", "MIN", "COUNT", "sum"])
            choices.append(st.builds("{}({})".format, aggregates, st.sampled_from(self.columns)))
        if self.finds:
            choices.append(st.builds("IFNULL({}, {})".format, st.sampled_from(self.finds), inner))
        return st.one_of(choices)

    def texts(self, depth):
        if depth == 0:
            return self.simple_texts
        inner = st.deferred(lambda: self.texts(depth - 1))
        small = st.integers(0, 4)
        choices = [
            self.simple_texts,
            st.builds("CONCAT({}, {})".format, inner, inner),
            st.builds("{}({}, {})".format, st.sampled_from(["LEFT", "RIGHT"]), inner, small),
            st.builds("SUBSTRING({}, {})".format, inner, st.integers(-3, 4)),
            st.builds("SUBSTRING({}, {}, {})".format, inner, st.integers(-3, 4), small),
            st.builds("SUBSTRING_INDEX({}, {}, {})".format, inner, st.sampled_from(["'-'", "'b'"]), st.integers(-2, 2)),
            st.builds("REPLACE({}, {}, {})".format, inner, st.sampled_from(["'a'", "'-'", "'中'"]), inner),
            st.builds("{}({})".format, st.sampled_from(["UPPER", "lower", "TRIM"]), inner),
            st.builds("{}({}, {})".format, st.sampled_from(["IFNULL", "COALESCE", "NULLIF"]), inner, inner),
            self._chosen(inner, depth),
            self._simple_case(inner),
        ]
        return st.one_of([*choices, *self._of_times()])

    def _of_times(self):
        if self.times.is_empty:
            return []
        span = st.builds(
            "INTERVAL {} {}".format, st.integers(0, 40), st.sampled_from(["DAY", "hour", "MINUTE", "MONTH"])
        )
        moved = st.builds("DATE_{}({}, {})".format, st.sampled_from(["ADD", "SUB"]), self.times, span)
        return [
            moved,
            st.builds("DATE_FORMAT({}, {})".format, st.one_of(self.times, moved), st.sampled_from(FORMATS)),
            st.builds("LAST_DAY({})".format, self.times),
            st.sampled_from(["NOW()", "CURDATE()", "FROM_UNIXTIME(1773892800)", "FROM_UNIXTIME(0, '%Y')"]),
        ]

    def conditions(self, depth):
        numbers = self.numbers(0)
        texts = self.texts(depth - 1) if depth else self.simple_texts
        choices = [
            st.builds("{} {} {}".format, numbers, st.sampled_from(OPERATORS), numbers),
            st.builds("{} {} {}".format, texts, st.sampled_from(OPERATORS), texts),
            st.builds("{} IS {}NULL".format, st.sampled_from(self.paths), st.sampled_from(["", "NOT "])),
            st.builds("{} {}LIKE {}".format, texts, st.sampled_from(["", "NOT "]), st.sampled_from(PATTERNS)),
            st.builds("{} {}IN ({}, {})".format, texts, st.sampled_from(["", "not "]), texts, texts),
            st.builds("{} IN ({}, {})".format, numbers, numbers, numbers),
        ]
        if self.flags:
            flag = st.sampled_from(self.flags)
            choices.append(st.builds("{} = {}".format, flag, st.sampled_from(["TRUE", "false", "'1'", "'true'", "1"])))
        if depth:
            inner = st.deferred(lambda: self.conditions(depth - 1))
            choices.append(st.builds("({}) {} ({})".format, inner, st.sampled_from(["AND", "or"]), inner))
            choices.append(st.builds("NOT ({})".format, inner))
        return st.one_of(choices)

    def _chosen(self, inner, depth):
        conditions = self.conditions(depth - 1)
        return st.one_of(
            st.builds("IF({}, {}, {})".format, conditions, inner, inner),
            st.builds("CASE WHEN {} THEN {} ELSE {} END".format, conditions, inner, inner),
            st.builds("case when {} then {} when {} then {} end".format, conditions, inner, conditions, inner),
        )

    def _simple_case(self, inner):
        when = self.simple_texts
        return st.builds(
            "CASE {} WHEN {} THEN {} WHEN {} THEN {} ELSE {} END".format, inner, when, inner, when, inner, inner
        )

"""Tables in a database: by query or by name, key by key or loaded whole, in SQLite and in Postgres."""

from __future__ import annotations

import logging
from decimal import Decimal

import pytest
from erp_sdk.command import SetupError, UserError
from mapper_kd.tables import TableShelf, TableSpec
from mapper_kd.yaml_nodes import Place

ROWS = (
    ("甲", 7, "1.10", True, "2026-03-01", "first"),
    ("乙", 8, None, False, None, "O'Hara"),
    ("甲", 9, "0.10", None, None, "second   "),
)


@pytest.fixture
def books(database):
    """A table with the sort of names that need quotes."""
    typed = '"select" text, "the key" bigint, rate numeric(9, 2), fine boolean, day date, "Note" char(10)'
    database.execute(f'CREATE TABLE "Order" ({typed})')
    for row in ROWS:
        values = dict(zip("abcdef", row, strict=True))
        database.execute('INSERT INTO "Order" VALUES (:a, :b, :c, :d, :e, :f)', **values)
    return {"books": database.url}


def order(extra="", key='"the key"', values="[Note, rate]"):
    return f"tables: {{order: {{table: Order, database: books, key: [{key}], values: {values}{extra}}}}}"


BODY = """
  FNote: =find("order", anything).Note
  FRate: =find("order", anything).rate
"""


@pytest.mark.parametrize("extra", ["", ", preload: true", ", cache: 1"])
def test_a_table_is_asked_by_its_name_whatever_its_names_are(project, books, extra):
    content = project.flow(BODY, order(extra))

    models = project.map(
        content, *({"anything": key} for key in (7, "8", 9, "x", None, 10**30, "7' OR ''='")), databases=books
    )

    notes = [(one.get("FNote"), one.get("FRate")) for one in models]
    assert notes == [("first", Decimal("1.1")), ("O'Hara", None), ("second", Decimal("0.1")), *[(None, None)] * 4]


def test_columns_need_not_be_listed(project, books):
    body = '  FDay: =lookup("order", status).day\n  FFine: =lookup("order", status).fine'
    head = "tables: {order: {table: Order, database: books, key: the key, preload: true}}"

    (model,) = project.map(project.flow(body, head), {"status": 7}, databases=books)

    assert model["FDay"] == "2026-03-01"
    assert model["FFine"] in (True, 1)


@pytest.mark.parametrize("extra", ["", ", preload: true"])
def test_rows_of_a_database_are_all_with_the_key(project, books, extra):
    head = order(extra, key="select", values="['the key']")
    content = project.flow('  FSum: =sum(decimal(row["the key"]) for row in rows("order", shop))', head)

    models = project.map(content, {"shop": "甲"}, {"shop": "乙"}, {"shop": "丙"}, databases=books)

    assert [one["FSum"] for one in models] == [16, 8, 0]


def test_a_preloaded_query_is_a_table(project, books):
    head = (
        'tables: {order: {sql: \'select "Note" as note, "the key" as no from "Order"\', database: books, '
        "key: no, values: note, preload: true}}"
    )

    models = project.map(
        project.flow('  FA: =code("order", status)', head), {"status": 7}, {"status": 1}, databases=books
    )

    assert (models[0]["FA"], models[1]["reason"]) == ("first", "code_missing")


def test_a_key_twice_in_a_preloaded_table_is_refused_unless_allowed(project, books):
    ask = project.flow('  FA: =find("order", shop)["the key"]', order(", preload: true", "select", "[the key]"))

    with pytest.raises(SetupError, match=r"database books:3: 甲 is there already \(line 1\)"):
        project.map(ask, {"shop": "甲"}, databases=books)

    last = ask.replace("preload: true", "preload: true, duplicates: last")
    assert project.map(last, {"shop": "甲"}, databases=books)[0]["FA"] == 9


@pytest.mark.parametrize(
    ("head", "expression", "message"),
    [
        (
            "{table: Orders, database: books, key: a}",
            'find("t", shop).b',
            "there is no table Orders in database books; did you mean Order?",
        ),
        ("{table: nowhere.t, database: books, key: a}", 'find("t", shop).b', "books"),
        (
            "{table: Order, database: books, key: thekey}",
            'find("t", shop).rate',
            "there is no column thekey in table Order; did you mean the key?",
        ),
        (
            "{table: Order, database: books, key: select}",
            'find("t", shop).rat',
            "there is no column rat in table Order; did you mean rate?",
        ),
        (
            "{table: Order, database: books, key: select}",
            'code("t", shop)',
            "nothing says which column; say values: in",
        ),
        (
            "{table: Order, database: book, key: select}",
            'find("t", shop).rate',
            "there is no database book; did you mean books?",
        ),
        (
            "{table: Order, database: books, key: select}",
            'first(row.rate for row in rows("t"))',
            "gives all its rows only when it is preloaded",
        ),
        (
            "{sql: 'select 1 as a where 1 = :a', database: books, key: a, preload: true}",
            'find("t", shop).a',
            "takes no parameter such as :a",
        ),
    ],
)
def test_a_table_that_the_database_does_not_have_so_is_refused(project, books, head, expression, message):
    with pytest.raises(UserError) as failure:
        project.map(project.flow(f"  FA: '={expression}'", f"tables: {{t: {head}}}"), {"shop": "甲"}, databases=books)

    assert message in str(failure.value)


def test_a_lookup_writes_nothing(project, books):
    head = (
        'tables: {order: {sql: "insert into \\"Order\\" (rate) values (1) returning rate", database: books, '
        "key: [], values: rate}}"
    ).replace("key: []", "key: rate, preload: true")

    with pytest.raises(UserError, match=r"database books did not answer: .*(readonly|read-only)"):
        project.map(project.flow('  FA: =code("order", shop)', head), {"shop": "1"}, databases=books)


def test_a_key_that_is_no_value_of_its_column_has_no_row(project, database):
    database.execute("CREATE TABLE t (day date, id integer, v text)")
    database.execute("INSERT INTO t VALUES ('2026-03-01', 5, 'x')")
    head = """tables:
  d: {table: t, database: books, key: day, values: v}
  i: {sql: "select v from t where id = :id", database: books, key: id, values: v}
"""
    body = '  FA: =find("d", shop).v\n  FB: =find("i", buyer).v'

    models = project.map(
        project.flow(body, head),
        {"shop": "2026-03-01", "buyer": "5"},
        {"shop": "soon", "buyer": "five"},
        databases={"books": database.url},
    )

    assert [(one.get("FA"), one.get("FB")) for one in models] == [("x", "x"), (None, None)]


# --- what is kept


@pytest.fixture(params=[False, True], ids=["asked", "preloaded"])
def numbers(request, database, clock):
    """A table `n` of which two rows are kept for a quarter of an hour; and what finds in it."""
    database.execute("CREATE TABLE n (k text, v text)")
    database.execute("INSERT INTO n VALUES ('a', '1'), ('b', '2'), ('c', '3')")
    shelf = TableShelf([], {"books": database.url})
    spec = TableSpec(
        "n",
        Place("m.yml", 1),
        "table",
        "n",
        database="books",
        key=("k",),
        values=("v",),
        reload=900,
        preload=request.param,
        cache=2,
    )
    find = shelf.open(spec).asked_by("find")
    shelf.open(spec).index("v")
    assert clock.now == 0
    shelf.load(spec)
    return shelf, find


def test_answers_are_kept_until_their_time_has_come(numbers, database, clock):
    shelf, find = numbers
    before = [find("a"), find("d")]
    database.execute("UPDATE n SET v = 'new' WHERE k = 'a'")
    database.execute("INSERT INTO n VALUES ('d', '4')")

    shelf.refresh()
    meanwhile = [find("a"), find("d")]
    clock.now = 900
    shelf.refresh()

    assert before == meanwhile == [("1",), None]
    assert [find("a"), find("d")] == [("new",), ("4",)]


def test_a_database_that_fails_at_its_time_leaves_a_preloaded_table(numbers, database, clock, caplog):
    shelf, find = numbers
    if find.__self__.spec.preload:
        database.execute("DROP TABLE n")
        clock.now = 900
        with caplog.at_level(logging.WARNING):
            shelf.refresh()
            clock.now = 1800
            shelf.refresh()
        assert find("a") == ("1",)
        assert [one.getMessage() for one in caplog.records] == [
            "table n (database books) keeps the rows it has: m.yml:1: there is no table n in database books."
        ]
    else:
        find("a")
        database.execute("DROP TABLE n")
        clock.now = 900
        shelf.refresh()
        with pytest.raises(UserError, match="table n: database books did not answer"):
            find("a")


def test_no_more_answers_are_kept_than_the_mapping_says(database):
    database.execute("CREATE TABLE n (k text, v text)")
    database.execute("INSERT INTO n VALUES ('a', '1'), ('b', '2'), ('c', '3')")
    shelf = TableShelf([], {"books": database.url})
    spec = TableSpec("n", Place("m.yml", 1), "table", "n", database="books", key=("k",), values=("v",), cache=2)
    code = shelf.open(spec).asked_by("code")
    shelf.load(spec)
    first = [code(key) for key in "abc"]
    database.execute("UPDATE n SET v = 'new'")

    assert first == ["1", "2", "3"]
    assert [code("b"), code("c"), code("a")] == ["2", "3", "new"]


def test_a_sqlite_file_that_is_not_there_is_not_made(project, tmp_path):
    head = "tables: {t: {table: t, database: books, key: k, values: v}}"

    with pytest.raises(UserError, match=r"table t: database books has no file .*gone.sqlite"):
        project.map(
            project.flow('  FA: =code("t", shop)', head), {}, databases={"books": f"sqlite:///{tmp_path}/gone.sqlite"}
        )

    assert not (tmp_path / "gone.sqlite").exists()


def test_a_schema_is_part_of_a_tables_name_where_there_are_schemas(project, database):
    database.execute("CREATE SCHEMA erp" if database.is_postgres else "SELECT 1")
    table = "erp.products" if database.is_postgres else "products"
    database.execute(f"CREATE TABLE {table} (sku text, number text)")
    database.execute(f"INSERT INTO {table} VALUES ('SKU1', 'G1')")
    head = "tables: {product: {table: erp.products, database: books, key: sku, values: number, preload: true}}"

    (model,) = project.map(
        project.flow('  FNote: =code("product", status)', head), {"status": "SKU1"}, databases={"books": database.url}
    )

    assert model["FNote"] == "G1"

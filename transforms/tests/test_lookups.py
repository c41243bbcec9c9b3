"""Code tables from CSV files and lookups in databases."""

from __future__ import annotations

import sqlite3

import pytest
from erp_sdk.command import SetupError, UserError

CODED = '  FOrg.FNumber: =code("org", shop)'


def org(project, *shops, **settings):
    models = project.map(project.flow(CODED), *({"shop": shop} for shop in shops), **settings)
    return [one["FOrg"]["FNumber"] if "FOrg" in one else one.get("reason") for one in models]


def test_the_first_column_is_the_key_and_the_second_the_code(project):
    project.table("org", "shop,org", "S1,101", "店 2,102")

    assert org(project, "S1", "店 2", "S3") == ["101", "102", "code_missing"]


def test_a_table_that_excel_wrote_is_read_as_it_looks(project):
    project.write("codes/org.csv", '\ufeffshop , org\r\n S1 ,101 \r\n\r\n"S,2","1""02"\r\n,\r\n')

    assert org(project, "S1", "S,2") == ["101", '1"02']


def test_a_number_asks_with_its_digits(project):
    project.table("org", "shop,org", "7,101")
    content = project.flow('  FOrg.FNumber: =code("org", status)')

    assert project.map(content, {"status": 7})[0]["FOrg"] == {"FNumber": "101"}


def test_an_empty_key_is_a_missing_value_and_an_empty_cell_is_no_miss(project):
    project.table("org", "shop,org", "S1,")
    content = project.flow(CODED)

    letters = project.map(content, {"shop": None}, {"shop": ""}, {"shop": "S1"})

    assert [one.get("reason") for one in letters] == ["value_missing", "value_missing", None]
    assert letters[0]["message"] == 'FOrg.FNumber (=code("org", shop)): shop is empty.'
    assert letters[2] == {"FBillNo": "N1"}


def test_a_file_in_a_later_folder_hides_one_in_an_earlier(project):
    project.table("org", "shop,org", "S1,101", "S2,102")
    project.write("mine/org.csv", "shop,org\nS1,999\n")

    assert org(project, "S1", "S2", codes=["codes", "mine"]) == ["999", "code_missing"]


def test_relative_folders_start_at_the_meltano_project(project, monkeypatch, tmp_path_factory):
    project.table("org", "shop,org", "S1,101")
    monkeypatch.setenv("MELTANO_PROJECT_ROOT", str(project.folder))
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))

    assert org(project, "S1") == ["101"]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (["shop,org", "S1,1", "S2,2", "S1,3"], r"codes/org.csv:4: S1 is there already \(line 2\); remove one"),
        (["shop,org", "S1"], "codes/org.csv:2: has 1 columns, the header has 2"),
        (["shop,org", ",5"], "codes/org.csv:2: has no shop, which is the key"),
        (["shop"], "codes/org.csv:1: needs a header line with a key column and at least one value column"),
        ([""], "codes/org.csv:1: is empty; it needs a header line"),
        (["shop,org", 'S1,"1'], "codes/org.csv: is no valid CSV"),
    ],
)
def test_a_wrong_table_is_refused_with_file_and_line(project, rows, message):
    project.table("org", *rows)

    with pytest.raises(SetupError, match=message):
        org(project, "S1")


def test_a_table_in_another_encoding_is_refused(project):
    (project.folder / "codes/org.csv").write_bytes("shop,org\n店,1\n".encode("gb18030"))

    with pytest.raises(
        SetupError,
        match=r"codes/org.csv: is not UTF-8 .perhaps GBK.*; save it as CSV UTF-8 .in Excel: 文件",
    ):
        org(project, "S1")


@pytest.mark.parametrize(("policy", "expected"), [("first", "1"), ("last", "2")])
def test_doubled_keys_can_be_allowed(project, policy, expected):
    project.table("org", "shop,org", "S1,1", "S1,2")
    content = project.flow(CODED, f"tables: {{org: {{duplicates: {policy}}}}}")

    assert project.map(content, {"shop": "S1"})[0]["FOrg"] == {"FNumber": expected}


def test_key_and_value_columns_can_be_chosen(project):
    project.table("shops", "org,name,shop", "101,n,S1")
    head = "tables: {org: {csv: shops.csv, key: shop, values: org}}"

    assert project.map(project.flow(CODED, head), {"shop": "S1"})[0]["FOrg"] == {"FNumber": "101"}


@pytest.mark.parametrize("columns", ["key: shopp, values: org", "key: shop, values: [orgg]"])
def test_a_column_that_the_file_lacks_is_named_with_the_nearest(project, columns):
    project.table("org", "shop,org", "S1,101")

    with pytest.raises(
        SetupError, match=r"there is no column (shopp|orgg) in codes/org.csv; did you mean (shop|org)\?"
    ):
        project.map(project.flow(CODED, f"tables: {{org: {{{columns}}}}}"))


def test_a_declared_table_without_its_file_stops_the_stream_before_its_first_record(project):
    project.mapping(project.flow(CODED, "tables: {org: {csv: made.csv, hint: make it with make-it}}"))

    with pytest.raises(
        SetupError, match=r"orgs?.*code table org is not there: no made.csv in codes; make it with make-it"
    ):
        project.run(project.schema())


def test_a_stream_that_is_not_read_needs_no_tables(project):
    project.mapping(project.flow(CODED, "tables: {org: {}}"))

    assert project.run(project.schema("shops")) == []


def test_an_optional_table_without_its_file_misses_every_key(project):
    head = "tables: {org: {optional: true}}"
    body = '  FA: {value: \'=code("org", shop)\', on_miss: null}\n  FB: =find("org", shop).anything'

    assert project.map(project.flow(body, head), {"shop": "S1"}) == [{"FBillNo": "N1"}]


# --- databases


@pytest.fixture
def database(project):
    path = project.folder / "codes.sqlite"
    connection = sqlite3.connect(path)
    connection.execute("create table org (shop text, org text, rate real, day date)")
    connection.executemany(
        "insert into org values (?, ?, ?, ?)", [("S1", "101", 0.13, "2026-01-05"), ("S'2", "102", None, None)]
    )
    connection.commit()
    connection.close()
    return {"books": f"sqlite:///{path}"}


def sql(columns="org", query="select org, rate, day from org where shop = :shop"):
    return f'tables:\n  org: {{sql: "{query}", database: books, key: shop, values: [{columns}]}}'


def test_a_query_is_asked_with_the_key_as_a_parameter(project, database):
    content = project.flow(CODED, sql())

    models = project.map(content, {"shop": "S1"}, {"shop": "S'2"}, {"shop": "' or 1=1 --"}, databases=database)

    assert [one.get("FOrg", one.get("reason")) for one in models] == [
        {"FNumber": "101"},
        {"FNumber": "102"},
        "code_missing",
    ]


def test_several_columns_of_a_query_come_as_exact_values(project, database):
    body = '  FRate: =lookup("org", shop).rate\n  FDay: =find("org", shop).day'

    (model,) = project.map(project.flow(body, sql("rate, day")), {"shop": "S1"}, databases=database)

    assert (str(model["FRate"]), model["FDay"]) == ("0.13", "2026-01-05")


@pytest.mark.parametrize(
    "case",
    [
        (sql(), {}, SetupError, "there is no database books; give its URL in the setting databases"),
        (sql(), {"books": "nonsense"}, SetupError, r"the setting databases.books is no database URL"),
        (sql("orgg"), None, SetupError, "there is no column orgg in the query; did you mean org?"),
        (
            sql(query="select org from org where shop = :shp"),
            None,
            SetupError,
            "the query's parameters and key: differ in sh",
        ),
        (sql(query="select org from gone where shop = :shop"), None, UserError, "did not answer: no such table: gone"),
        (sql(), {"books": "sqlite:////nowhere/x.db"}, UserError, "database books has no file /nowhere/x.db"),
        (sql(), {"books": "nosuch://u:hunter2@h/d"}, SetupError, "database books cannot be used"),
    ],
)
def test_a_wrong_query_or_database_is_a_sentence_without_secrets(project, database, case):
    head, databases, error, message = case

    with pytest.raises(error) as failure:
        project.map(project.flow(CODED, head), {"shop": "S1"}, databases=database if databases is None else databases)

    assert message in str(failure.value)
    assert "hunter2" not in str(failure.value)


def test_a_database_that_goes_away_stops_the_run_and_makes_no_dead_letters(project, database):
    flows_break = sql(query="select org, abs(-9223372036854775807 - (shop = 'S1')) from org where shop = :shop")

    with pytest.raises(UserError, match="did not answer: integer overflow"):
        project.map(project.flow(CODED, flows_break), {"shop": "S1"}, databases=database)

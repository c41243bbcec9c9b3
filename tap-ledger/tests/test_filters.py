import logging

LONG_AGO = "2026-03-01T10:00:00+08:00"
LATER = "2026-03-02T00:00:00+08:00"


def test_form_keeps_what_belongs_to_it(ledger, read):
    ledger.deliver("CK1", form="SAL_OUTSTOCK")
    ledger.deliver("TH1", form="SAL_RETURNSTOCK")
    ledger.bury(3, form="SAL_OUTSTOCK")
    ledger.bury(4, form="SAL_RETURNSTOCK")

    output = read(form="SAL_RETURNSTOCK")

    assert (output.numbers(), output.keys()) == (["TH1"], [4])


def test_a_form_that_the_ledger_does_not_have_is_said(ledger, read, caplog):
    ledger.deliver("CK1")

    with caplog.at_level(logging.WARNING):
        output = read(form="SAL_OUTSTOK")

    assert output.records == {}
    assert "nothing of form SAL_OUTSTOK; it has SAL_OUTSTOCK" in caplog.text


def test_reason_keeps_its_dead_letters_and_all_deliveries(ledger, read):
    ledger.deliver("CK1")
    ledger.bury(3, reason="code_missing")
    ledger.bury(4, reason="base_data_missing")

    output = read(reason="base_data_missing")

    assert (output.numbers(), output.keys()) == (["CK1"], [4])


def test_since_is_beijing_time_and_inclusive(ledger, read):
    ledger.deliver("CK1", at=LONG_AGO)
    ledger.deliver("CK2", at=LATER)
    ledger.bury(3, at=LONG_AGO)
    ledger.bury(4, at=LATER)

    for since in ("2026-03-02", "2026-03-02 00:00:00", "2026-03-01T16:00:00Z"):
        output = read(since=since)
        assert (output.numbers(), output.keys()) == (["CK2"], [4]), since


def test_since_adds_to_a_bookmark_and_does_not_undo_it(ledger, read):
    ledger.deliver("CK1", at=LONG_AGO)
    ledger.deliver("CK2", at=LATER)
    first = read()

    assert read(after=first, since="2026-01-01").numbers() == ["CK2"]


def test_another_filter_does_not_inherit_the_bookmark(ledger, read):
    ledger.deliver("CK1", form="SAL_OUTSTOCK", at=LATER)
    ledger.deliver("TH1", form="SAL_RETURNSTOCK", at=LONG_AGO)
    ledger.bury(3, reason="code_missing", at=LATER)
    ledger.bury(4, reason="base_data_missing", at=LONG_AGO)

    first = read(form="SAL_OUTSTOCK")
    second = read(after=first)
    third = read(after=read(reason="code_missing"), reason="base_data_missing")

    assert second.numbers() == ["CK1", "TH1"]
    assert sorted(second.keys()) == [3, 4]
    assert third.keys() == [4]


def test_a_reason_leaves_the_bookmark_of_deliveries_valid(ledger, read):
    ledger.deliver("CK1", at=LONG_AGO)
    ledger.deliver("CK2", at=LATER)

    assert read(after=read(), reason="code_missing").numbers() == ["CK2"]


def test_until_is_inclusive_and_a_date_is_the_whole_day(ledger, read):
    ledger.deliver("CK1", at=LONG_AGO)
    ledger.deliver("CK2", at=LATER)
    ledger.bury(3, at=LONG_AGO)
    ledger.bury(4, at=LATER)

    for until in ("2026-03-01", "2026-03-01 23:59:59", "2026-03-01T15:59:59Z"):
        output = read(until=until)
        assert (output.numbers(), output.keys()) == (["CK1"], [3]), until


def test_number_and_account_keep_what_is_theirs(ledger, read):
    ledger.deliver("CK1", "CK2")
    ledger.account = "other@kingdee.example.com"
    ledger.deliver("CK1")

    output = read(number="CK1", account="other@kingdee.example.com")

    assert [(row["account"], row["number"]) for row in output.records["deliveries"]] == [
        ("other@kingdee.example.com", "CK1")
    ]

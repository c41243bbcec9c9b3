"""The table of answers: every row of the vendor contract's section 5, and nothing unknown taken for success."""

from __future__ import annotations

import json

import pytest
from target_kingdee.api.answers import Answer, Complaint, Entity, Failure, read_http_error, read_rows, read_verdict
from target_kingdee.outcomes import FAILURES, MSG_CODES, Action, Meaning, classify, row_of, sentence_of


def verdict(**status) -> bytes:
    return json.dumps({"Result": {"ResponseStatus": status}}).encode()


@pytest.mark.parametrize(
    ("code", "action"),
    [
        (0, Action.LOOK), (1, Action.STOP), (2, Action.LOOK), (3, Action.STOP), (4, Action.LOOK_AND_RETRY),
        (5, Action.STOP), (6, Action.LOOK_AND_RETRY), (7, Action.STOP), (8, Action.LOOK), (9, Action.LOOK),
        (10, Action.LOOK), (11, Action.LOOK), (12, Action.LOOK), (13, Action.LOOK_AND_RETRY), (14, Action.WAIT),
        (15, Action.STOP),
    ],
)  # fmt: skip
def test_every_msg_code_has_its_action(code, action):
    assert row_of(Answer(is_success=False, msg_code=code)).action is action
    assert len(MSG_CODES) == 16


def test_an_unlisted_msg_code_is_no_verdict():
    assert row_of(Answer(is_success=False, msg_code=77)).meaning is Meaning.UNKNOWN


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", "cut_answer"),
        (b'{"Result":{"ResponseStatus":{"IsSuccess":tr', "cut_answer"),
        (b"response_error: NullReferenceException at Kingdee", "response_error"),
        (b"<!DOCTYPE html><html>login</html>", "html_page"),
        (b"{}", "unexpected_answer"),
        (b'{"Result":{"Id":1}}', "unexpected_answer"),
        (b"[]", "unexpected_answer"),
        (b'"ok"', "unexpected_answer"),
        (b'{"Result":{"ResponseStatus":{"SuccessEntitys":"all"}}}', "unexpected_answer"),
    ],
)
def test_what_is_no_verdict_leaves_the_outcome_unknown(body, kind):
    failure = read_verdict(body)

    assert isinstance(failure, Failure)
    assert failure.kind == kind
    assert row_of(failure).meaning is Meaning.UNKNOWN


@pytest.mark.parametrize(
    ("status", "body", "kind", "meaning"),
    [
        (500, b"Additional text found in JSON string", "http_500", Meaning.UNKNOWN),
        (502, b"<html>bad gateway</html>", "http_502", Meaning.UNKNOWN),
        (503, b"", "http_503", Meaning.UNKNOWN),
        (504, b"", "http_504", Meaning.UNKNOWN),
        (599, b"", "http_other", Meaning.UNKNOWN),
        (404, b"<html>not found</html>", "http_refused", Meaning.NOT_DONE),
        (302, b"", "redirected", Meaning.NOT_DONE),
        (500, b"Fail to verify thirty passport", "unknown_account", Meaning.NOT_DONE),
        (519, b'{"errcode":4002,"description":"Unauthorized"}', "gateway_4002", Meaning.NOT_DONE),
        (519, b'{"errcode":4006,"description":"X-Api-TimeStamp expired"}', "gateway_4006", Meaning.NOT_DONE),
        (519, b'{"errcode":5001,"description":"API not found[GW]"}', "gateway_5001", Meaning.NOT_DONE),
        (519, b'{"errcode":9999,"description":"?"}', "gateway_other", Meaning.UNKNOWN),
        (519, b"no json", "gateway_other", Meaning.UNKNOWN),
    ],
)
def test_http_errors_and_those_of_the_gateway_are_told_apart(status, body, kind, meaning):
    failure = read_http_error(status, body)

    assert (failure.kind, row_of(failure).meaning) == (kind, meaning)


def test_a_failure_of_signing_in_means_that_nothing_was_sent():
    assert row_of(Failure("read_timeout", sent=False)).meaning is Meaning.NOT_DONE


def test_every_failure_has_a_sentence_that_shows_what_was_seen():
    for kind in FAILURES:
        assert "seen-detail" in sentence_of(Failure(kind, "seen-detail")) or "{detail}" not in FAILURES[kind].sentence


def test_a_verdict_is_read_in_all_its_spellings():
    told = read_verdict(
        verdict(
            IsSuccess="false",
            MsgCode="11",
            ErrorCode=500,
            Errors=[{"FieldName": None, "Message": "字段“客户”是必填项", "DIndex": 2}],
            SuccessEntitys=[{"Id": "7e0c-1", "Number": "X", "DIndex": 0}],
        )
    )

    assert isinstance(told, Answer)
    assert (told.is_success, told.msg_code) == (False, 11)
    assert told.entities == [Entity("7e0c-1", "X", 0)]
    assert told.complaints == [Complaint(None, "字段“客户”是必填项", 2)]


def test_some_documents_through_is_a_verdict_whatever_the_code_says():
    answer = Answer(is_success=False, msg_code=14, entities=[Entity(1, "X", 0)])

    assert row_of(answer).meaning is Meaning.JUDGED


def test_success_is_never_read_from_anything_but_is_success():
    assert read_verdict(verdict(MsgCode=0)).is_success is False
    assert read_verdict(verdict(IsSuccess=1)).kind == "unexpected_answer"
    assert read_verdict(verdict(IsSuccess=True)).is_success is True


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"[]", []),
        (b'[["Result",1]]', [["Result", 1]]),
        (b'[[1,"A"],[2,"B"]]', [[1, "A"], [2, "B"]]),
    ],
)
def test_rows_are_rows_even_when_a_cell_says_result(body, expected):
    assert read_rows(body) == expected


@pytest.mark.parametrize(
    "shape",
    ['[[{"Result":{"ResponseStatus":%s}}]]', '[{"Result":{"ResponseStatus":%s}}]', '{"Result":{"ResponseStatus":%s}}'],
)
def test_a_refused_query_is_found_however_deep_it_lies(shape):
    refused = read_rows(
        (shape % '{"IsSuccess":false,"MsgCode":9,"Errors":[{"Message":"元数据中标识为 FX 的字段不存在"}]}').encode()
    )

    assert isinstance(refused, Answer)
    assert refused.msg_code == 9


@pytest.mark.parametrize(
    ("field", "message", "code", "reason"),
    [
        ("FBillNo", "违反字段唯一性要求：编码唯一。[SBX-0001]在当前系统中已经被使用。", 11, "existing_number"),
        ("FCustomerID", "字段“客户”是必填项", 11, "field_invalid"),
        ("FStockID", "单据体实体【明细信息】第【1】行分录，【仓库】字段必录", 11, "field_invalid"),
        (None, "元数据中标识为 FXxx 的字段不存在", 9, "field_invalid"),
        ("FMaterialID", "基础资料“物料”的编码“NOPE”不存在", 0, "base_data_missing"),
        ("FMaterialID", "物料“SKU-A”已禁用", 0, "base_data_missing"),
        ("", "单据日期所在期间已关账", 11, "period_closed"),
        (None, "张三正在进行业务操作-“销售出库单修改”与当前操作冲突，请稍候再使用", 0, "locked"),
        (None, "单据已被其他用户修改", 11, "locked"),
        (None, "somebody", 13, "locked"),
        (None, "您没有“销售出库单”的“新增”权限", 0, "no_permission"),
        (None, "?", 2, "no_permission"),
        ("AbstractInteractionResult", "更新库存时出现可以忽略的异常数据，是否继续？", 11, "interaction"),
        ("", "单据编号为“X”的销售出库单，单据已经审核！", 11, "rejected"),
        (None, "anything else", 0, "rejected"),
    ],
)
def test_a_refusal_is_given_its_reason(field, message, code, reason):
    found = classify([Complaint(field, message, 0)], code)

    assert found.name == reason
    assert found.fix
    assert found.retriable == (reason == "locked")


MADE_BY_THE_SANDBOX = [
    ({"kind": "session_lost", "first": 1}, {}, {"delivered": 1}),
    ({"kind": "database", "first": 1}, {}, {"delivered": 1}),
    ({"kind": "database_after", "first": 1}, {}, {"delivered": 1}),
    ({"kind": "response_error_after", "first": 1}, {}, {"delivered": 1}),
    ({"kind": "http_500_partly", "first": 1}, {}, {"delivered": 1}),
    ({"kind": "locked", "first": 1}, {}, {"delivered": 1}),
    ({"kind": "throttle", "first": 1}, {}, {"delivered": 1}),
    ({"kind": "unreported", "first": 1}, {}, {"delivered": 1}),
    ({"kind": "audit_stays_saved", "first": 1}, {}, {"delivered": 1}),
    ({"kind": "rejected_half", "first": 1}, {}, {"dead_lettered": 1}),
    ({"kind": "audit_rolled_back", "first": 1}, {}, {"dead_lettered": 1}),
    ({"kind": "locked"}, {}, {"dead_lettered": 1}),
    ({}, {"FCustomerID": {"FNumber": "NOBODY"}}, {"base_data_missing": 1}),
    ({}, {"FCustomerID": None}, {"field_invalid": 1}),
    ({}, {"FDate": "2020-01-01"}, {"period_closed": 1}),
]


@pytest.mark.parametrize("row", MADE_BY_THE_SANDBOX)
def test_what_the_sandbox_answers_is_what_the_table_says(kingdee, target, documents, row):
    fault, fields, expected = row
    kingdee.settings(closed_until={"100": "2020-12-31"}, auto_receivable=True)
    if fault:
        kingdee.fault(**fault)

    outcome = target.run(documents(1, **fields), max_retries=1)

    told = {**outcome.summary, **outcome.summary["dead_lettered_by_reason"]}
    assert outcome.exit_code == 0, outcome.stderr
    assert {name: told[name] for name in expected} == expected
    assert len(kingdee.held()) == expected.get("delivered", 0)


def test_a_question_that_nobody_answered_is_a_reason_of_its_own(kingdee, target, documents):
    kingdee.settings(stock_control=True)

    outcome = target.run(documents(1))

    assert outcome.summary["dead_lettered_by_reason"] == {"interaction": 1}


def test_a_document_that_somebody_audited_first_counts_as_audited(kingdee, target, documents):
    kingdee.fault("reset_after", call="Audit", nth=1)  # carried out; asked again, Kingdee says 单据已经审核

    outcome = target.run(documents(2), IsAutoSubmitAndAudit=False)

    assert outcome.summary["delivered"] == 2
    assert set(kingdee.statuses().values()) == {"C"}


@pytest.mark.parametrize(
    ("code", "description"), [(4002, "Unauthorized"), (4006, "X-Api-TimeStamp expired"), (5001, "API not found[GW]")]
)
def test_what_no_repetition_mends_stops_a_run(code, description):
    failure = read_http_error(519, json.dumps({"errcode": code, "description": description}).encode())

    assert row_of(failure).action is Action.STOP
    assert description in sentence_of(failure)

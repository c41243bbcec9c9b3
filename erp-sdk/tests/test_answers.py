import pytest
from erp_sdk.answers import Action, Answer, AnswerTable, RefreshError, RetryLaterError
from singer_sdk.exceptions import FatalAPIError, RetriableAPIError, SkippableAPIError

TABLE = AnswerTable(
    rows=(
        Answer(Action.WAIT, "is busy ({text}).", text="频率|并发", seconds=60),
        Answer(Action.REFRESH, "has forgotten the session.", codes=("401",)),
        Answer(Action.RETRY, "is busy.", codes=("1020",), text="稍后"),
        Answer(Action.SKIP, "has nothing of the kind.", codes=("404",)),
        Answer(
            Action.FATAL, "the vendor refuses the login ({code}: {text}); check appsecret (接口密钥).", codes=("100",)
        ),
    )
)


@pytest.mark.parametrize(
    ("code", "text", "error", "seconds"),
    [
        (100, "超过每分钟最大调用频率限制，请稍后重试", RetryLaterError, 60),
        ("401", "expired", RefreshError, 0),
        (1020, "系统异常，请稍后再试", RetryLaterError, None),
    ],
)
def test_a_passing_state_is_retried(code, text, error, seconds):
    found = TABLE.error(code, text, where="shops")

    assert type(found) is error
    assert isinstance(found, RetriableAPIError)
    assert found.seconds == seconds


def test_what_may_be_left_out_is_skipped():
    assert isinstance(TABLE.error(404, None, where="shops"), SkippableAPIError)


def test_a_refusal_is_one_sentence_with_place_cause_and_cure():
    found = TABLE.error(100, "验证失败", where="shops at https://erp.example")

    assert isinstance(found, FatalAPIError)
    assert str(found) == (
        "shops at https://erp.example: the vendor refuses the login (100: 验证失败); check appsecret (接口密钥)."
    )


def test_an_answer_that_no_row_knows_ends_the_run():
    found = TABLE.error(4711, "Zażółć", where="shops")

    assert isinstance(found, FatalAPIError)
    assert "4711" in str(found)
    assert "Zażółć" in str(found)


def test_code_and_text_must_both_match_where_both_are_given():
    assert TABLE.find(1020, "other") is TABLE.otherwise


def test_a_vendor_text_of_many_lines_stays_one_line():
    assert "\n" not in str(TABLE.error(100, "first\n\n  second" * 100, where="shops"))

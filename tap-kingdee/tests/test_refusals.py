import pytest
from erp_sdk.answers import RefreshError, RetryLaterError
from singer_sdk.exceptions import FatalAPIError
from tap_kingdee.refusals import GATEWAY, QUERIES, Refusal, named_field, said_instead_of_rows

LOST = "会话信息已丢失，请重新登录"


def status(code, *messages):
    errors = ",".join(f'{{"FieldName":null,"Message":"{message}","DIndex":0}}' for message in messages)
    return f'{{"Result":{{"ResponseStatus":{{"IsSuccess":false,"MsgCode":{code},"Errors":[{errors}]}}}}}}'


@pytest.mark.parametrize("shape", ["{}", "[{}]", "[[{}]]"])
@pytest.mark.parametrize("code", ["1", '"1"'])
def test_a_failure_is_found_in_every_shape_it_is_known_to_come_in(shape, code):
    body = shape.replace("{}", status(code, LOST)).encode()

    assert said_instead_of_rows(body) == Refusal("1", LOST)


def test_all_messages_are_told_and_a_missing_code_is_zero():
    body = b'[[{"Result":{"ResponseStatus":{"Errors":[{"Message":"a"},{"Message":"b"}]}}}]]'

    assert said_instead_of_rows(body) == Refusal("0", "a; b")


def test_an_exception_of_the_server_comes_as_plain_text():
    assert said_instead_of_rows("response_error: 未将对象引用设置到对象的实例".encode()) == Refusal(
        "4", "未将对象引用设置到对象的实例"
    )


@pytest.mark.parametrize("body", [b"[]", b'[["Result"]]', b'[["Result",1],["x",null]]', b"[[1]]"])
def test_rows_are_rows_whatever_their_first_cell_says(body):
    assert said_instead_of_rows(body) is None


@pytest.mark.parametrize("body", [b"", b"<html></html>", b"[[1,2", b"7", b'{"rows":[]}', b"[1,2]", b'["Result"]'])
def test_anything_else_is_no_answer(body):
    with pytest.raises(ValueError, match="no "):
        said_instead_of_rows(body)


@pytest.mark.parametrize(
    ("code", "text", "kind", "said"),
    [
        (1, LOST, RefreshError, "会话"),
        (0, LOST, RefreshError, "会话"),
        (2, "没有查看权限", FatalAPIError, "grant it in Kingdee"),
        (4, "标识为“SAL_X”的业务对象不存在，或者被删除", FatalAPIError, "deselect the stream"),
        (4, "GetRealExpress error", FatalAPIError, "filters"),
        (6, "数据库操作失败", RetryLaterError, "database"),
        (13, "冲突，请稍候再使用", RetryLaterError, "网控"),
        (14, "调用限制", RetryLaterError, "调用限制"),
        (99, "?", FatalAPIError, "MsgCode 99"),
    ],
)
def test_what_a_refusal_means(code, text, kind, said):
    error = QUERIES.error(code, text, where="outstocks (SAL_OUTSTOCK)")

    assert type(error) is kind
    assert said in str(error)
    assert str(error).startswith("outstocks (SAL_OUTSTOCK): ")


def test_the_gateway_names_what_to_mend():
    assert "clock" in str(GATEWAY.error(4006, "X-Api-TimeStamp invalid", where="x"))


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("元数据中标识为 FX 的字段不存在", "FX"),
        ("解析字段(Key:FCustomerID.FX)失败，实体不存在此属性", "FCustomerID.FX"),
        ("列名 'FID' 无效。", "FID"),
        ("GetRealExpress error", None),
    ],
)
def test_the_field_that_is_not_there_is_found_in_the_text(text, field):
    assert named_field(text) == field

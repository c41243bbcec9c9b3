"""The shapes in which the vendor wraps rows, and what counts as success (contract 5, 9)."""

import msgspec
import pytest
from tap_jikeyun.envelope import OddShapeError, open_envelope, rows_of

ROW = '{"id":"1","n":2}'


@pytest.mark.parametrize(
    ("data", "rows"),
    [
        (f"[{ROW}]", f"[{ROW}]"),
        (f'{{"list":[{ROW}],"totalCount":1}}', f"[{ROW}]"),
        (f'{{"other":[{ROW}]}}', f"[{ROW}]"),
        (ROW, f"[{ROW}]"),
        (f'{{"list":{ROW}}}', f"[{ROW}]"),
        (msgspec.json.encode(f'{{"list":[{ROW}]}}').decode(), f"[{ROW}]"),
        (msgspec.json.encode(f"[{ROW}]").decode(), f"[{ROW}]"),
        (f'{{"list":{msgspec.json.encode(f"[{ROW}]").decode()}}}', f"[{ROW}]"),
        ('{"list":[]}', "[]"),
        ("null", None),
        ('""', None),
        ("{}", None),
        ('{"list":null,"totalCount":0}', None),
        ('{"list":""}', None),
        ('{"totalCount":0}', None),
        ('{"id":"1","lines":[{"n":1}]}', '[{"id":"1","lines":[{"n":1}]}]'),
    ],
)
def test_rows_are_found_in_every_wrapping(data, rows):
    found, _ = rows_of(data.encode(), "list", "id")

    assert found == (rows and rows.encode())


@pytest.mark.parametrize("data", ['{"a":[],"b":[]}', '{"page":{"rows":[]}}', '{"list":7}', "7", '"no JSON"'])
def test_a_shape_in_which_rows_could_be_overlooked_is_refused(data):
    with pytest.raises(OddShapeError):
        rows_of(data.encode(), "list", "id")


@pytest.mark.parametrize(
    ("answer", "good"),
    [
        ({"code": 200, "subCode": "0030000004", "result": {"data": {}}}, True),
        ({"code": "200", "subCode": None, "result": {"data": None}}, True),
        ({"code": 0, "subCode": "00000000", "result": {"data": []}}, True),
        ({"code": 0, "result": {"data": {"a": 1}}}, True),
        ({"code": 0, "subCode": "", "result": {"data": None}}, False),
        ({"code": 0, "subCode": "", "result": None}, False),
        ({"code": 0, "subCode": "0130020001", "result": {"data": {}}}, False),
        ({"code": 500, "msg": "…"}, False),
    ],
)
def test_what_counts_as_success(answer, good):
    parts = {name: msgspec.Raw(msgspec.json.encode(value)) for name, value in answer.items()}

    opened = open_envelope(parts)

    assert opened is not None
    assert opened.succeeded is good

import io
import json
from decimal import Decimal

import msgspec
import pytest
from erp_sdk.messages import MessageReader, MessageWriter, Source, SourcedRecord, encode_sorted
from singer_sdk.singerlib.encoding.simple import RecordMessage, StateMessage
from singer_sdk.singerlib.exceptions import InvalidInputLine


def read_one(line: bytes) -> dict:
    seen: list[dict] = []
    MessageReader().process_lines(io.BytesIO(line + b"\n"), dict.fromkeys(("RECORD", "STATE", "SCHEMA"), seen.append))
    return seen[0]


def test_a_record_is_decoded_with_exact_numbers_and_keeps_its_bytes():
    record = '{"price":0.10,"name":"演示"}'

    message = read_one(
        f'{{"type":"RECORD","stream":"s","record":{record},"time_extracted":"2026-01-05T00:00:00Z"}}'.encode()
    )

    assert message["record"] == {"price": Decimal("0.10"), "name": "演示"}
    assert bytes(message["raw"]).decode() == record
    assert message["time_extracted"] == "2026-01-05T00:00:00Z"


def test_the_source_beside_a_record_reaches_the_reader_verbatim():
    message = read_one(
        b'{"type":"RECORD","stream":"s","record":{},"source":{"stream":"t","key":{"id":1},"record":{"a":1.50}}}'
    )

    source = msgspec.json.decode(message["source"], type=Source)
    assert source.stream == "t"
    assert bytes(source.record) == b'{"a":1.50}'


def test_other_messages_come_whole():
    assert read_one(b'{"type":"STATE","value":{"bookmarks":{}}}') == {"type": "STATE", "value": {"bookmarks": {}}}


@pytest.mark.parametrize("line", [b"not json", b'{"type":"RECORD","stream":"s"}', b"[]", b'{"stream":"s"}'])
def test_a_broken_line_is_refused_without_repeating_its_text(line):
    with pytest.raises(InvalidInputLine) as caught:
        read_one(line + b"  ")

    assert "13800000000" not in str(caught.value)
    assert "standard input" in str(caught.value)


def test_written_messages_are_what_any_singer_reader_expects(capfdbinary):
    writer = MessageWriter()
    writer.write_message(RecordMessage(stream="s", record={"price": Decimal("1.2900"), "name": "演示"}))
    source = Source(stream="t", key={"id": 1}, mapping="m", record=msgspec.Raw(b'{"a":1.50}'))
    writer.write_message(SourcedRecord(stream="S", record={"FBillNo": "1"}, source=source))
    writer.write_message(StateMessage(value={"bookmarks": {}}))

    lines = capfdbinary.readouterr().out.splitlines()

    assert lines[0] == '{"type":"RECORD","stream":"s","record":{"price":1.2900,"name":"演示"}}'.encode()
    assert json.loads(lines[1])["source"] == {"stream": "t", "key": {"id": 1}, "mapping": "m", "record": {"a": 1.5}}
    assert json.loads(lines[2]) == {"type": "STATE", "value": {"bookmarks": {}}}


def test_the_same_content_encodes_to_the_same_bytes():
    assert encode_sorted({"b": 1, "a": {"d": 1, "c": 2}}) == encode_sorted({"a": {"c": 2, "d": 1}, "b": 1})

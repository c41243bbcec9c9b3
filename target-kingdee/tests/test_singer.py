"""singer-sdk's standard tests for targets, and the private names of singer-sdk that the target stands on.

The standard streams (`test_array_data` …) are no forms of any Kingdee, so they are held against a server that takes
every form; each stream's number field is named in the settings, as for any form of one's own.

Left out of singer-sdk's suite:
- `record_missing_key_property` wants the run to end with `MissingKeyPropertiesError`; here such a record is a dead
  letter and the others go on (`test_bad_input.py`).
"""

from __future__ import annotations

import inspect
import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import singer_sdk
from singer_sdk.plugin_base import BaseSingerReader, PluginBase
from singer_sdk.singerlib.encoding.base import GenericSingerReader
from singer_sdk.sinks import BatchSink
from singer_sdk.testing import get_target_test_class
from singer_sdk.testing.suites import SingerTestSuite, target_tests
from singer_sdk.testing.target_tests import TargetRecordMissingKeyProperty
from target_kingdee.target import TargetKingdee

NUMBERS = {
    "test_array_data": "id", "ForecastingTypeToCategory": "Id", "TestCamelcase": "Id", "test_duplicate_records": "id",
    "test_strings": "id", "test_strings_in_objects": "id", "test_strings_in_arrays": "id", "test_no_pk": "id",
    "test_optional_attributes": "id", "example_stream": "id", "record_missing_fields": "id",
    "test_schema_updates": "id", "test:SpecialChars!in?attributes": "_id",
}  # fmt: skip
CONFIG: dict[str, Any] = {
    "acct_id": "5f3a0000000001",
    "username": "demo.user",
    "password": "demo-password",
    "forms": {stream: {"number": number} for stream, number in NUMBERS.items()},
}
STANDARD = [test for test in target_tests.tests if test is not TargetRecordMissingKeyProperty]


class EveryFormKingdee(BaseHTTPRequestHandler):
    """Knows every form and takes every document."""

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        service = self.path.removesuffix(".common.kdsvc").rpartition(".")[2]
        answer = json.dumps(getattr(self, service)(body)).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def ValidateUser(self, _body: dict[str, Any]) -> Any:  # noqa: N802 - Kingdee's name
        return {"LoginResultType": 1, "KDSVCSessionId": "session"}

    def QueryBusinessInfo(self, body: dict[str, Any]) -> Any:  # noqa: N802 - Kingdee's name
        return {"Result": {"NeedReturnData": {"Id": body["data"]["FormId"]}}}

    def ExecuteBillQuery(self, body: dict[str, Any]) -> Any:  # noqa: N802 - Kingdee's name
        numbers = re.findall(r"'([^']*)'", body["data"]["FilterString"])
        return [[index, number, "C"] for index, number in enumerate(numbers, 1)] or [[0]]

    def BatchSave(self, body: dict[str, Any]) -> Any:  # noqa: N802 - Kingdee's name
        models = body["data"]["Model"]
        entities = [{"Id": index + 1, "Number": None, "DIndex": index} for index in range(len(models))]
        return {"Result": {"ResponseStatus": {"IsSuccess": True, "SuccessEntitys": entities, "Errors": []}}}

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture(autouse=True)
def every_form(tmp_path):
    server = ThreadingHTTPServer(("127.0.0.1", 0), EveryFormKingdee)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    CONFIG["base_url"] = f"http://127.0.0.1:{server.server_port}/k3cloud/"
    CONFIG["ledger_path"] = str(tmp_path / "ledger.sqlite")
    yield
    server.shutdown()
    server.server_close()


TestTargetKingdee = get_target_test_class(
    TargetKingdee,
    config=CONFIG,
    custom_suites=[SingerTestSuite(kind="target", tests=STANDARD)],
    include_target_tests=False,
)


def test_all_standard_tests_but_one_are_run():
    assert len(STANDARD) == len(target_tests.tests) - 1 >= 15


def test_the_private_names_of_singer_sdk_are_what_the_target_takes_them_for():
    target = singer_sdk.Target
    for name in (
        "_process_schema_message", "_process_record_message", "_process_state_message", "_process_batch_message",
        "_process_activate_version_message",
    ):  # fmt: skip
        assert list(inspect.signature(getattr(target, name)).parameters) == ["self", "message_dict"]
    assert list(inspect.signature(target._handle_termination).parameters) == ["self", "signum", "frame"]
    assert list(inspect.signature(PluginBase._setup_signal_handlers).parameters) == ["self"]
    assert list(inspect.signature(target._assert_sink_exists).parameters) == ["self", "stream_name"]
    assert list(inspect.signature(BaseSingerReader._assert_line_requires).parameters)[1:] == [
        "message_dict",
        "requires",
    ]
    assert list(inspect.signature(GenericSingerReader.process_lines).parameters)[1:] == ["file_input", "callbacks"]
    source = inspect.getsource(target)
    assert all(name in source for name in ("self._sinks_active", "self._sinks_to_clear", "self._latest_state"))


def test_draining_writes_no_state_of_its_own_as_long_as_none_was_handed_over():
    # `_latest_state` stays None here: singer-sdk would write it before the batches in flight are settled.
    assert "if self._latest_state:" in inspect.getsource(singer_sdk.Target.drain_all)
    assert "_latest_state" not in inspect.getsource(TargetKingdee)


def test_a_sink_counts_what_it_wrote_by_the_tallies_the_target_uses():
    source = inspect.getsource(BatchSink.mark_drained)

    assert "_batch_records_read" in source
    assert "tally_record_written" in source

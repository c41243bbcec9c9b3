"""Pins on what erp_sdk overrides or calls in singer-sdk and requests that is not public: an upgrade must show here."""

import inspect

import pytest
import requests
from erp_sdk.stream import ErpStream, WindowedStream
from erp_sdk.tap import ErpTap
from singer_sdk import RESTStream, Stream, Tap
from singer_sdk.helpers._state import StateWriter
from singer_sdk.mapper import StreamMap
from singer_sdk.plugin_base import PluginBase


@pytest.mark.parametrize(
    ("ours", "theirs", "name"),
    [
        (ErpStream, Stream, "_sync_records"),
        (ErpStream, Stream, "_increment_stream_state"),
        (WindowedStream, Stream, "_write_starting_replication_value"),
        (ErpTap, PluginBase, "_validate_config"),
        (ErpTap, Tap, "_handle_termination"),
    ],
)
def test_an_overridden_private_method_still_has_the_parameters_we_know(ours, theirs, name):
    def shape(owner):
        return [(p.name, p.kind) for p in inspect.signature(getattr(owner, name)).parameters.values()]

    assert name in vars(theirs)
    assert shape(ours) == shape(theirs)


def test_the_record_loop_of_the_sdk_still_calls_what_we_override_and_does_what_we_do_at_its_end():
    loop = inspect.getsource(Stream._sync_records)

    for call in (
        "_increment_stream_state(",
        "_write_starting_replication_value(",
        "get_record_counter()",
        "get_sync_timer()",
        "_finalize_state(self.stream_state)",
        "_write_state_message()",
    ):
        assert f"self.{call}" in loop
    assert "self._sync_records(context=context)" in inspect.getsource(Stream.sync)
    assert "state_manager.finalize_state(state)" in inspect.getsource(Stream._finalize_state)


@pytest.mark.parametrize(
    ("owner", "name"),
    [
        (Stream, "get_context_state"),
        (Stream, "state_manager"),
        (Stream, "mask"),
        (Stream, "_write_state_message"),
        (Tap, "state_writer"),
        (StateWriter, "write_state"),
        (RESTStream, "build_prepared_request"),
        (RESTStream, "get_http_request_counter"),
        (PluginBase, "append_builtin_config"),
    ],
)
def test_a_method_we_call_is_there(owner, name):
    assert hasattr(owner, name)


def test_a_stream_version_and_flattening_are_known_where_we_look():
    assert "self._stream_version" in inspect.getsource(Stream.__init__)
    assert "flattening_enabled" in inspect.getsource(StreamMap.__init__)


def test_requests_takes_a_body_that_is_already_read():
    response = requests.Response()
    response._content = b"body"

    assert response.content == b"body"

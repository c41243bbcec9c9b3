"""The Singer target: messages in, acknowledged STATE out."""

from __future__ import annotations

import os
import sys
import time
from contextlib import suppress
from typing import IO, TYPE_CHECKING, Any, ClassVar, NoReturn

import msgspec
from erp_sdk.command import INTERRUPTED, TERMINATED, UserError
from erp_sdk.messages import encode
from erp_sdk.redaction import protect_settings
from singer_sdk import Target
from singer_sdk.helpers.capabilities import PluginCapabilities

from target_kingdee.acknowledgement import Acknowledgement
from target_kingdee.reader import ModelReader
from target_kingdee.run import Run
from target_kingdee.settings import SETTINGS, Settings
from target_kingdee.sink import DEAD_LETTERS, DeadLetterSink, FormSink, KingdeeSink

if TYPE_CHECKING:
    from types import FrameType

    from singer_sdk.helpers.capabilities import CapabilitiesEnum
    from singer_sdk.sinks import Sink


class _Declared(msgspec.Struct):
    """A SCHEMA, of which no more than this matters for a source stream."""

    stream: str
    schema: dict[str, Any]
    key_properties: list[str] | None = None


class TargetKingdee(Target):
    """Singer target for 金蝶 Kingdee: each record is a document, saved, submitted and audited exactly once.

    singer-sdk acknowledges STATE every five minutes or at the end; this target does so whenever all records before it
    are settled, since a checkpoint is what a broken run resumes from. It also leaves out what would take a Kingdee
    model apart: stream maps and flattening (a mapper's work) and validation of each record (Kingdee's).
    """

    name = "target-kingdee"
    config_jsonschema: ClassVar[dict[str, Any]] = SETTINGS.to_dict()
    default_sink_class = FormSink
    message_reader_class = ModelReader
    capabilities: ClassVar[list[CapabilitiesEnum]] = [
        PluginCapabilities.ABOUT,
        PluginCapabilities.STRUCTURED_LOGGING,
    ]

    def __init__(self, **options: Any) -> None:
        """Read the settings; nothing is opened before the first SCHEMA."""
        self._signal: int | None = None
        self._is_idle = True
        self._run: Run | None = None
        self._acknowledgement = Acknowledgement()
        super().__init__(**options)
        protect_settings(self.config, self.config_jsonschema)
        self.max_parallelism = 1  # forms keep their order
        self.settings = Settings(self.config)
        self._flush_seconds = self.settings.seconds("flush_seconds")

    @classmethod
    def append_builtin_config(cls, config_jsonschema: dict[str, Any]) -> None:
        """Add none of singer-sdk's settings: those that fit are here under Kingdee's names."""

    @property
    def run(self) -> Run:
        """The run, begun when it is first needed."""
        if self._run is None:
            self._run = Run(self.settings)
        return self._run

    def get_sink_class(self, stream_name: str) -> type[Sink]:
        """Return the sink of a form, or of dead letters."""
        return DeadLetterSink if stream_name == DEAD_LETTERS else FormSink

    @classmethod
    def invoke(  # type: ignore[override]  # as singer-sdk's own Target does
        cls,
        *,
        about: bool = False,
        about_format: str | None = None,
        config: Any = None,
        file_input: IO[str] | None = None,
    ) -> None:
        """Run as `meltano run` does: messages from standard input, or from a file."""
        if about:
            super().invoke(about=about, about_format=about_format)
        target = cls(config=config.config if config else {}, parse_env_config=bool(config and config.parse_env))
        try:
            target.listen(file_input)
        except BaseException:
            target._fail()  # also when the input itself cannot be read
            raise

    # Messages.

    def _process_schema_message(self, message_dict: dict[str, Any]) -> None:
        with _Busy(self):
            super()._process_schema_message(message_dict)
            self._keep_source_schemas(message_dict)
            if self._sinks_to_clear:
                self._send_all()  # what came under the old schema goes first

    def _keep_source_schemas(self, message: dict[str, Any]) -> None:
        """Keep how the source streams are declared, for replaying dead letters; without a mapper that is the stream."""
        own = [] if message["stream"] == DEAD_LETTERS else [message]
        try:
            sources = msgspec.convert(message.get("sources") or own, list[_Declared])
        except msgspec.ValidationError as error:
            raise UserError(
                f"the SCHEMA of {message['stream']} names no source streams ({error}); its `sources` are a mapper's."
            ) from None
        for source in sources:
            if source.schema.get("properties"):  # a replay of what was never declared tells nothing
                self.run.ledger.store_source_schema(source.stream, source.key_properties or [], source.schema)

    def _process_record_message(self, message_dict: dict[str, Any]) -> None:
        self._is_idle = False
        try:
            stream: str = message_dict["stream"]
            sink: Any = self._sinks_active.get(stream)
            if sink is None:
                self._assert_sink_exists(stream)
            sink.take(message_dict, self._acknowledgement.record())
            if sink.is_full:
                self._send_all()
        except BaseException:
            self._fail()
            raise
        self._is_idle = True
        if self._signal is not None:
            self._terminate()

    def _process_state_message(self, message_dict: dict[str, Any]) -> None:
        with _Busy(self):
            self._assert_line_requires(message_dict, requires={"value"})
            self._acknowledgement.state(encode(message_dict["value"]))
            if self._run is not None:
                self._run.collect()
                if self._has_waited_long():
                    self._send_all()
            self._acknowledge()

    def _process_activate_version_message(self, message_dict: dict[str, Any]) -> None:
        """Ignore it: documents in Kingdee are never removed because a source no longer has them."""
        self.logger.debug("ACTIVATE_VERSION of %s is ignored", message_dict.get("stream"))

    def _process_batch_message(self, message_dict: dict[str, Any]) -> None:
        raise UserError(
            f"BATCH messages are not supported (stream {message_dict.get('stream')!r}); remove the tap's batch_config."
        )

    def process_endofpipe(self) -> None:
        """Send what is left, acknowledge the last STATE, and say what the run did."""
        with _Busy(self):
            self._send_all()
            if self._run is not None:
                self._run.collect(everything=True)
                self._run.take_up_parked()
            self._acknowledge()
            super().process_endofpipe()
            self._finish("done")

    # Batches and STATE.

    def _sinks(self) -> list[KingdeeSink]:
        return [sink for sink in (*self._sinks_to_clear, *self._sinks_active.values()) if isinstance(sink, KingdeeSink)]

    def _send_all(self) -> None:
        """Send every batch, in the order in which their first records came."""
        waiting = [sink for sink in self._sinks() if sink.first_position is not None]
        for sink in sorted(waiting, key=lambda one: one.first_position or 0):
            self.drain_one(sink)
        self._sinks_to_clear = []
        self._acknowledge()

    def _has_waited_long(self) -> bool:
        """Whether a record waits in a batch for longer than it should."""
        latest = time.monotonic() - self._flush_seconds
        return any(sink.first_position is not None and sink.waiting_since <= latest for sink in self._sinks())

    def _acknowledge(self) -> None:
        """Write the newest STATE before which everything is settled."""
        unsettled = [sink.first_position for sink in self._sinks() if sink.first_position is not None]
        if self._run is not None and self._run.first_unsettled is not None:
            unsettled.append(self._run.first_unsettled)
        state = self._acknowledgement.due(min(unsettled, default=None))
        if state is not None:
            sys.stdout.write(f"{state.decode()}\n")
            sys.stdout.flush()

    # Ends.

    def _handle_termination(self, signum: int, frame: FrameType | None) -> None:  # noqa: ARG002 - singer-sdk's signature
        """Finish or abandon the batch under way, acknowledge nothing beyond it, and leave with 143 (SIGINT: 130).

        singer-sdk would drain all sinks from within whatever was interrupted, acknowledge, and exit 0.
        """
        if self._signal is not None:
            os._exit(_exit_code(signum))  # asked twice: at once
        self._signal = signum
        if self._run is not None:
            self._run.stop()
        if self._is_idle:
            self._terminate()

    def _terminate(self) -> NoReturn:
        signum = self._signal or 0
        self._is_idle = False
        self.logger.info("Stopped by signal %d; documents that were not sent come again with the next run", signum)
        if self._run is not None:
            self._run.salvage()
            self._acknowledge()
            self._finish("terminated")
        sys.exit(_exit_code(signum))

    def _fail(self) -> None:
        """Keep what is known before an error ends the run; an error that a signal caused is the signal's end."""
        if self._signal is not None:
            self._terminate()
        if self._run is not None:
            self._run.salvage()
            with suppress(OSError):  # the reader of our STATE may be what is gone
                self._acknowledge()
            self._finish("failed")

    def _finish(self, result: str) -> None:
        if self._run is not None:
            self._run.summary.read = self._acknowledgement.read
            self._run.finish(result)


class _Busy:
    """While a message is processed, a signal is only noted."""

    def __init__(self, target: TargetKingdee) -> None:
        self._target = target

    def __enter__(self) -> None:
        self._target._is_idle = False  # noqa: SLF001 - a part of the target

    def __exit__(self, kind: object, *_: object) -> None:
        target = self._target
        if kind is not None:
            target._fail()  # noqa: SLF001 - a part of the target
            return
        target._is_idle = True  # noqa: SLF001 - a part of the target
        if target._signal is not None:  # noqa: SLF001 - a part of the target
            target._terminate()  # noqa: SLF001 - a part of the target


def _exit_code(signum: int) -> int:
    return INTERRUPTED if signum == INTERRUPTED - 128 else TERMINATED

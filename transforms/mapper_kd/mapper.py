"""The Singer mapper: a tap's messages in, Kingdee models out."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, ClassVar

import click
import msgspec
from erp_sdk.command import SetupError, UserError, run
from erp_sdk.messages import MessageWriter, Source, decode, encode
from erp_sdk.redaction import protect
from singer_sdk.helpers.capabilities import PluginCapabilities
from singer_sdk.mapper_base import InlineMapper
from singer_sdk.singerlib import ActivateVersionMessage, RecordMessage, StateMessage

from mapper_kd import dead_letters
from mapper_kd.declarations import Declarations
from mapper_kd.flows import Flows, StreamFlows
from mapper_kd.merging.compiling import struct_attributes
from mapper_kd.reader import RawRecordReader
from mapper_kd.settings import CONFIG_JSONSCHEMA, flows_of, forms_of, merge_book_of, project_folder, shelf_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

    from singer_sdk.helpers.capabilities import CapabilitiesEnum
    from singer_sdk.singerlib import Message

    from mapper_kd.compiled import Companion
    from mapper_kd.flows import Outcome
    from mapper_kd.merging.merger import Merged, Merger


class _Mapped(msgspec.Struct, gc=False, omit_defaults=True, tag_field="type", tag="RECORD"):
    """A RECORD with its ``source``, in the order it goes on the wire; ``replay`` is handed on as it came."""

    stream: str
    record: Any
    source: Source | None = None
    time_extracted: str | None = None
    base_data: list[Companion] | None = None
    replay: bool = False


class MapperKd(InlineMapper):
    """Maps a tap's records to Kingdee models, one YAML file a flow."""

    name = "mapper-kd"
    config_jsonschema = CONFIG_JSONSCHEMA
    capabilities: ClassVar[list[CapabilitiesEnum]] = [PluginCapabilities.ABOUT, PluginCapabilities.STRUCTURED_LOGGING]
    message_reader_class = RawRecordReader
    message_writer_class = MessageWriter
    message_writer: MessageWriter

    def __init__(self, **kwargs: Any) -> None:
        """Read and check the mappings.

        Raises:
            SetupError: A mapping or a setting is wrong.
        """
        super().__init__(**kwargs)
        protect((self.config.get("databases") or {}).values())
        self._flows = Flows.read(flows_of(self.config), shelf_of(self.config), forms_of(self.config))
        self._flows.refuse_unnumbered()
        self._open: dict[str, StreamFlows] = {}
        self._seen: set[str] = set()
        self._passes = self.config["unmapped_streams"] == "pass"
        self._source: str = self.config["source"]
        self._declarations = Declarations(with_sources=self._source != "none")
        self._merger: Merger | None = None
        self._held_state: dict[str, Any] | None = None

    # --- SCHEMA

    def map_schema_message(self, message_dict: dict[str, Any]) -> Iterator[Message]:
        """Compile the stream's mappings and declare the forms they lead to."""
        _require(message_dict, stream=str, schema=dict)
        stream = message_dict["stream"]
        self._seen.add(stream)
        if stream not in self._flows.streams:
            self._pass_on(message_dict)
            return
        opened = self._flows.open(stream, message_dict["schema"], message_dict.get("key_properties") or ())
        self._open[stream] = opened
        for flow in opened.flows:
            if flow.merge is not None:
                self._opened_merger().open(flow, message_dict.get("key_properties") or ())
        yield from self._declarations.of(message_dict, opened.flows)

    def _opened_merger(self) -> Merger:
        if self._merger is None:
            # Only who merges waits until SQLAlchemy is there.
            from mapper_kd.merging.merger import Merger  # noqa: PLC0415 - see above

            self._merger = Merger(merge_book_of(self.config), project_folder())
        return self._merger

    # --- RECORD

    def _process_record_message(self, message_dict: dict[str, Any]) -> None:
        # As bytes: a message object for each record would cost a tenth of the mapper's time.
        for line in self._lines(message_dict):
            self.message_writer.write_line(line)

    def map_record_message(self, message_dict: dict[str, Any]) -> Iterator[Message]:
        """Yield what becomes of a record; for callers that want message objects instead of lines."""
        for line in self._lines(message_dict):
            yield RecordMessage.from_dict(decode(line))

    def _lines(self, message: dict[str, Any]) -> Iterator[bytes]:
        opened = self._open.get(message["stream"])
        if opened is None:
            self._unmapped(message)
            return
        raw, extracted, replay = message["record"], message["time_extracted"], message["replay"]
        key, outcomes = opened.map(raw)
        for outcome in outcomes:
            flow = outcome.flow
            mapping = flow.mapping
            if flow.merge is not None:
                taken = self._opened_merger().take(flow, key, outcome.model, outcome.failure, raw, is_replay=replay)
                for merged in taken:
                    yield from self._merged_lines(merged)
            elif outcome.model is not None:
                if mapping.documents is not None:
                    yield from self._exploded_lines(outcome, key, raw, extracted, is_replay=replay)
                    continue
                source = self._source_of(mapping.name, mapping.stream, key, raw)
                yield encode(_Mapped(mapping.form, outcome.model, source, extracted, outcome.base_data, replay))
            elif outcome.failure is not None:
                letter = dead_letters.dead_letter(mapping, key, outcome.failure, raw)
                yield encode(_Mapped(dead_letters.STREAM, letter, None, extracted))

    def _exploded_lines(
        self, outcome: Outcome, key: dict[str, Any], raw: msgspec.Raw, extracted: str | None, *, is_replay: bool
    ) -> Iterator[bytes]:
        """Yield the documents of one record, each with a key of its own; all of them name the record."""
        mapping, base_data = outcome.flow.mapping, outcome.base_data
        for model in outcome.model:
            number = getattr(model, struct_attributes(type(model))[str(mapping.number)])
            source = self._source_of(mapping.name, mapping.stream, {**key, "number": number}, raw, members=[key])
            yield encode(_Mapped(mapping.form, model, source, extracted, base_data, is_replay))

    def _merged_lines(self, merged: Merged) -> Iterator[bytes]:
        """Yield the documents that many records have become, or the dead letter."""
        mapping = merged.flow.mapping
        if merged.failure is not None:
            letter = dead_letters.dead_letter(mapping, merged.key, merged.failure, merged.record)
            yield encode(_Mapped(dead_letters.STREAM, letter))
        for model in merged.models:
            key = merged.key
            if mapping.documents is not None:
                key = {**key, "number": getattr(model, struct_attributes(type(model))[str(mapping.number)])}
            source = self._source_of(mapping.name, mapping.stream, key, merged.record, members=merged.members)
            yield encode(_Mapped(mapping.form, model, source, None, merged.base_data, merged.is_replay))

    def _source_of(
        self, mapping: str, stream: str, key: dict[str, Any], raw: msgspec.Raw, members: Any = ()
    ) -> Source | None:
        if self._source == "full":
            return Source(stream, key, mapping, raw, members) if members else Source(stream, key, mapping, raw)
        return Source(stream, key, mapping, members=members or []) if self._source == "key" else None

    def _unmapped(self, message: dict[str, Any]) -> None:
        stream = message["stream"]
        if stream not in self._seen:
            raise UserError(f"a RECORD of {stream} comes before its SCHEMA; the tap breaks the Singer order.")
        self._pass_on(message)

    def _pass_on(self, message: dict[str, Any]) -> None:
        if self._passes:
            self.message_writer.write_line(message["line"].rstrip(b"\r\n"))

    # --- the end of the input

    def process_endofpipe(self) -> None:
        """Write what was merged, and the STATE that has waited for it."""
        if self._merger is None:
            return
        for merged in self._merger.finish():
            for line in self._merged_lines(merged):
                self.message_writer.write_line(line)
        if self._held_state is not None:
            self.write_message(StateMessage(self._held_state))
        self.message_writer.flush()
        self._merger.settle()

    # --- the rest

    def map_state_message(self, message_dict: dict[str, Any]) -> Iterator[Message]:
        """Pass STATE on, in its place between the records; with merging, the last one behind the merged documents."""
        _require(message_dict, value=dict)
        if self._merger is not None:
            self._held_state = message_dict["value"]
        else:
            yield StateMessage(message_dict["value"])

    def map_activate_version_message(self, message_dict: dict[str, Any]) -> Iterator[Message]:
        """Pass versions on for unmapped streams only.

        A version says that older rows of its stream are gone. A form gets documents from several streams, and only
        some of each, so none of them can speak for the form.
        """
        _require(message_dict, stream=str, version=int)
        if message_dict["stream"] not in self._flows.streams and self._passes:
            yield ActivateVersionMessage(message_dict["stream"], message_dict["version"])

    def map_batch_message(self, message_dict: dict[str, Any]) -> Iterator[Message]:
        """Refuse BATCH.

        Raises:
            SetupError: Always.
        """
        stream = message_dict.get("stream")
        raise SetupError(f"the tap sends {stream} as BATCH files, which a mapper cannot map; remove its batch_config.")

    def _handle_termination(self, signum: int, frame: FrameType | None) -> None:  # noqa: ARG002 - as the SDK calls it
        # The SDK leaves with 0, as if the stream had been read to its end.
        sys.exit(128 + signum)

    @classmethod
    def get_singer_command(cls) -> click.Command:
        """Return the command, reading ``--input`` as bytes."""
        command = super().get_singer_command()
        command.epilog = "Commands for people who write mappings: check, preview, explain, test, import-qeasy, merged."
        for parameter in command.params:
            if parameter.name == "file_input":
                parameter.type = click.File("rb")
        return command


def _require(message: dict[str, Any], **parts: type) -> None:
    for name, kind in parts.items():
        if not isinstance(message.get(name), kind):
            raise UserError(f"a {message['type']} message of the tap has no {name}; the tap breaks the Singer format.")


def main() -> None:
    """Run as a Singer mapper, or as one of the commands for people who write mappings."""
    if len(sys.argv) > 1 and not sys.argv[1].startswith("-"):
        # What the commands need is as much again; a run of the mapper does not wait for it.
        from mapper_kd.cli import commands  # noqa: PLC0415 - see above

        if sys.argv[1] in commands.commands:
            run(commands, name="mapper-kd")
    run(MapperKd.get_singer_command(), name="mapper-kd")

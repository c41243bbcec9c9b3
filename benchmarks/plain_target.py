"""What is left of target-kingdee without delivery and ledger: ``python -m benchmarks.plain_target --config FILE``.

The same reader, the same message loop, batches of the same size, the same transport and session; but a batch is posted
once and its answer read, and that is all: no hash, no ledger, no look-up, nothing kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from erp_sdk.command import run
from target_kingdee.api.galaxy import Galaxy
from target_kingdee.api.session import Session
from target_kingdee.api.transport import Transport
from target_kingdee.sink import KingdeeSink
from target_kingdee.target import TargetKingdee

if TYPE_CHECKING:
    from collections.abc import Mapping

    import msgspec
    from singer_sdk.sinks import Sink


class PlainSink(KingdeeSink):
    """Models of one form, posted as they come."""

    def setup(self) -> None:
        """Sign in when the first batch is posted."""
        super().setup()
        settings = self._target.settings
        transport = Transport(settings.base_url, settings.seconds("request_timeout"))
        self._galaxy = Galaxy(Session(transport, settings.identity, settings.auth, settings.password))
        form = settings.form(self.stream_name)
        self._options = {**form.save_options, "IsAutoSubmitAndAudit": True}
        self._most = form.policy.batch_size
        self._models: list[msgspec.Raw] = []

    @property
    def current_size(self) -> int:
        """How many records wait."""
        return len(self._models)

    @property
    def max_size(self) -> int:
        """How many may."""
        return self._most

    def take(self, message: Mapping[str, Any], position: int) -> None:
        """Take one RECORD message."""
        if self.first_position is None:
            self._begin_batch(position)
        self._models.append(message["record"])

    def process_batch(self, context: dict[str, Any]) -> None:  # noqa: ARG002 - singer-sdk's signature
        """Post the batch."""
        self._galaxy.save(self.stream_name, self._models, self._options)
        count, self._models = len(self._models), []
        self.drained(count)


class PlainTarget(TargetKingdee):
    """target-kingdee with the plain sink."""

    def get_sink_class(self, stream_name: str) -> type[Sink]:  # noqa: ARG002 - singer-sdk's signature
        """Return the plain sink, whatever the stream."""
        return PlainSink

    def _keep_source_schemas(self, message: dict[str, Any]) -> None:
        """Keep nothing."""


if __name__ == "__main__":
    run(PlainTarget.get_singer_command(), name="plain-target")

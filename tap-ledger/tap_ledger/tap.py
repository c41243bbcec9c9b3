"""Settings and streams of tap-ledger."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from erp_sdk.command import SetupError, run
from erp_sdk.tap import ErpTap
from singer_sdk import typing as th
from sqlalchemy.engine import make_url
from target_kingdee.ledger_engine import LedgerError, ledger_url

from tap_ledger.replay import ReplayStream, make_plan, make_vault
from tap_ledger.streams import STREAMS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from singer_sdk import Stream
    from target_kingdee.privacy import Vault


class TapLedger(ErpTap):
    """target-kingdee's ledger: what was delivered to 金蝶 Kingdee, and what was not."""

    name = "tap-ledger"

    config_jsonschema: ClassVar[dict[str, Any]] = th.PropertiesList(
        th.Property(
            "ledger_path",
            th.StringType,
            default="kingdee-ledger.sqlite",
            description="The ledger's SQLite file: the ledger_path of target-kingdee. 台账文件",
        ),
        th.Property(
            "ledger_url",
            th.StringType,
            secret=True,
            description="The ledger's SQLAlchemy URL, instead of ledger_path: the ledger_url of target-kingdee.",
        ),
        th.Property(
            "replay",
            th.BooleanType,
            default=False,
            description="Instead of results, send the source records of open dead letters once more, stream by stream, "
            "for mapper-kd and target-kingdee behind it. 重放死信",
        ),
        th.Property(
            "account",
            th.StringType,
            description="Only what belongs to this account, acct_id@host; a replay needs it when the ledger holds "
            "several. 账套",
        ),
        th.Property(
            "form",
            th.StringType,
            description="Only what belongs to this form, by its FormId, for example SAL_OUTSTOCK. 单据",
        ),
        th.Property(
            "reason",
            th.StringType,
            description="Only dead letters of this reason, for example code_missing or base_data_missing; deliveries "
            "have none. 失败原因",
        ),
        th.Property("number", th.StringType, description="Only the document of this number. 单据编号"),
        th.Property(
            "since",
            th.DateTimeType,
            description="Only what changed (with replay: failed last) at this moment or later; Beijing time unless it "
            "has an offset (2026-01-01, 2026-01-01 08:00:00, 2026-01-01T00:00:00Z). A later bookmark counts instead. "
            "起始时间",
        ),
        th.Property(
            "until",
            th.DateTimeType,
            description="Only what changed (with replay: failed last) up to this moment; a date alone means the end of "
            "that day. 截止时间",
        ),
        th.Property(
            "personal_data_key",
            th.StringType,
            secret=True,
            description="For replay of encrypted dead letters: the personal_data_key of target-kingdee. 个人数据密钥",
        ),
        th.Property(
            "overlap_minutes",
            th.IntegerType(minimum=0),
            default=5,
            description="What changed within so many minutes before a run is read by the next run once more: a run of "
            "target-kingdee that is still writing may commit a row with an earlier time. 重叠分钟数",
        ),
    ).to_dict()

    @property
    def account(self) -> str:
        """Nobody counts calls here; the ledger's place, without its password."""
        return make_url(self.ledger_url).render_as_string()

    @cached_property
    def ledger_url(self) -> str:
        """The SQLAlchemy URL of the ledger.

        Raises:
            SetupError: The setting ledger_url is no URL.
        """
        try:
            return ledger_url(self.config.get("ledger_path"), self.config.get("ledger_url"))
        except LedgerError as error:
            raise SetupError(str(error)) from None

    @cached_property
    def vault(self) -> Vault:
        """What opens encrypted dead letters.

        Raises:
            SetupError: Its key is missing.
        """
        return make_vault(self)

    def discover_streams(self) -> Sequence[Stream]:
        """Return the streams of results, which need no ledger; for a replay, those that have open dead letters."""
        if not self.config["replay"]:
            return [stream(tap=self) for stream in STREAMS]
        plan = make_plan(self)
        if not plan.streams:
            self.logger.info("There is no open dead letter to replay")
        return [ReplayStream(self, plan, name) for name in plan.streams]


def main() -> None:
    """Run the command line."""
    run(TapLedger.get_singer_command(), name=TapLedger.name)

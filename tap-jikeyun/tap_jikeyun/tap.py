"""The tap's settings and streams."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, NoReturn

from erp_sdk.command import SetupError, run
from erp_sdk.settings import reading_settings
from erp_sdk.tap import ErpTap
from erp_sdk.trailing import trailing_settings
from singer_sdk import typing as th
from singer_sdk.exceptions import FatalAPIError

from tap_jikeyun.client import PRODUCTION, StreamRefusedError
from tap_jikeyun.streams import STREAMS

if TYPE_CHECKING:
    from typing import Any

    from singer_sdk import Stream

SETTINGS: list[th.Property[Any]] = [
    th.Property(
        "base_url", th.StringType, default=PRODUCTION, description="Address of the gateway, the whole of it. 接口地址"
    ),
    th.Property("appkey", th.StringType, required=True, description="Key of the application, digits. 应用 AppKey"),
    th.Property(
        "appsecret",
        th.StringType,
        required=True,
        secret=True,
        description="Secret of the application. 应用密钥 AppSecret",
    ),
    th.Property(
        "token",
        th.StringType,
        secret=True,
        description="For ISV applications: what the merchant has granted; a self-built application (自研应用) has "
        "none. 商家授权 token",
    ),
    th.Property(
        "member_name",
        th.StringType,
        description="For the stream refunds: the merchant's account name, without which the platforms' refunds are not "
        "shown. The stream is selected by default when it is set. 会员名",
    ),
    *trailing_settings(days=30),
    th.Property(
        "include_disabled",
        th.BooleanType,
        default=True,
        description="Read disabled and deleted base data too (停用, 已删除); old documents point at them.",
    ),
    th.Property(
        "archived_trades",
        th.BooleanType,
        default=False,
        description="Read sales orders that have been moved to the archive too (归档); one more call a window.",
    ),
    th.Property(
        "refused_streams",
        th.StringType,
        default="fail",
        allowed_values=["fail", "warn"],
        description="How a run ends in which a method was refused because it is not subscribed (未订阅) or its calls "
        "are used up (额度不足). The other streams are read in any case; fail ends with exit code 1, warn with 0.",
    ),
]


class TapJikeyun(ErpTap):
    """Singer tap for 吉客云 Jikeyun (Jackyun open platform)."""

    name = "tap-jikeyun"
    config_jsonschema: ClassVar[dict[str, Any]] = th.PropertiesList(
        *SETTINGS, *reading_settings(calls_per_minute=240, calls_per_second=5)
    ).to_dict()

    def __init__(self, **kwargs: Any) -> None:
        self._refused: list[str] = []
        super().__init__(**kwargs)

    @property
    def account(self) -> str:
        """Address and application."""
        return f"{self.config['base_url']}|{self.config['appkey']}"

    def discover_streams(self) -> list[Stream]:
        """Return all streams; what the application has not subscribed to is known only when it is asked for."""
        return [stream(tap=self) for stream in STREAMS]

    def missing_member_name(self) -> NoReturn:
        """Say what the refunds need; without it the vendor complains about times (contract 8.9)."""
        raise SetupError("stream refunds needs member_name (会员名): set it, or deselect the stream.")

    def refused(self, error: StreamRefusedError) -> None:
        """Note that a stream was not read, and let the others go on."""
        self.logger.error("%s The other streams go on.", error)
        self._refused.append(str(error))

    def sync_all(self) -> None:  # type: ignore[misc]  # final for type checkers only; nothing else is called at the end
        """Read all selected streams, then say which were refused.

        Raises:
            FatalAPIError: Some were, and refused_streams is not warn.
        """
        super().sync_all()
        self._say_refused()

    def run_connection_test(self) -> bool:  # type: ignore[misc]  # as above; --test ends with it
        """Read a row of each stream that has what it needs.

        Raises:
            FatalAPIError: Some were refused, and refused_streams is not warn.
        """
        passed = self.run_sync_dry_run(
            dry_run_record_limit=1, streams=[stream for stream in self.streams.values() if stream.selected_by_default]
        )
        self._say_refused()
        return passed

    def _say_refused(self) -> None:
        if not self._refused:
            return
        sentence = f"{len(self._refused)} of the streams could not be read, the others were: {' '.join(self._refused)}"
        if self.config["refused_streams"] != "warn":
            raise FatalAPIError(sentence)
        self.logger.warning("%s", sentence)


def main() -> NoReturn:
    """Run the command line."""
    run(TapJikeyun.cli, name=TapJikeyun.name)

"""Settings and streams of tap-kingdee."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import requests
from erp_sdk.command import SetupError, run
from erp_sdk.settings import reading_settings
from erp_sdk.tap import ErpTap
from singer_sdk import typing as th

from tap_kingdee.session import GalaxySession
from tap_kingdee.streams import STREAMS

if TYPE_CHECKING:
    from singer_sdk import Stream

# Shared settings that have no meaning here: the newest change bounds a run, and the vendor never counts rows.
_NOT_HERE = frozenset({"settle_minutes", "window_rows", "incomplete_pages"})
_NEEDED = {"password": ("password",), "app_secret": ("app_id", "app_secret"), "signed": ("app_id", "app_secret")}


class TapKingdee(ErpTap):
    """金蝶云星空 Kingdee Galaxy, read through ExecuteBillQuery."""

    name = "tap-kingdee"

    config_jsonschema: ClassVar[dict[str, Any]] = th.PropertiesList(
        th.Property(
            "base_url",
            th.StringType,
            required=True,
            description="The site's address; it ends in /k3cloud/, the open gateway's in /galaxyapi/. 服务器地址",
        ),
        th.Property("acct_id", th.StringType, required=True, description="The data centre's id. 账套ID"),
        th.Property("username", th.StringType, required=True, description="The integration user. 集成用户"),
        th.Property(
            "auth",
            th.StringType,
            default="signed",
            allowed_values=["password", "app_secret", "signed"],
            description="How to prove who calls: a login with the user's password, a login with the application's "
            "secret, or no login and a signature on each call. 认证方式",
        ),
        th.Property("password", th.StringType, secret=True, description="For auth password. 密码"),
        th.Property(
            "app_id",
            th.StringType,
            secret=True,  # the gateway's client secret can be read out of it
            description="For auth app_secret and signed: the whole id, six digits, an underscore and 32 characters. "
            "应用ID",
        ),
        th.Property("app_secret", th.StringType, secret=True, description="For auth app_secret and signed. 应用密钥"),
        th.Property("lcid", th.IntegerType, default=2052, description="Language of names and messages. 语言"),
        th.Property(
            "org_num",
            th.StringType,
            default="0",
            description="For auth signed: the organisation to call as; 0 is the user's own. 组织编码",
        ),
        th.Property(
            "filters",
            th.ObjectType(additional_properties=th.StringType),
            default={},
            description="A FilterString per stream that narrows it, in Kingdee's own words, for example "
            '{"materials": "FUseOrgId.FNumber=\'100\'"}. 过滤条件',
        ),
        *(setting for setting in reading_settings(calls_per_minute=0) if setting.name not in _NOT_HERE),
    ).to_dict()

    @property
    def account(self) -> str:
        """Site, data centre and user: what a call counts against."""
        return f"{self.config['base_url']} {self.config['acct_id']} {self.config['username']}"

    @cached_property
    def session(self) -> GalaxySession:
        """The server session that all streams share.

        Raises:
            SetupError: The chosen auth lacks its settings.
        """
        auth = self.config["auth"]
        if missing := [name for name in _NEEDED[auth] if not self.config.get(name)]:
            raise SetupError(f"auth is {auth}, which needs the setting {' and '.join(missing)}.")
        return GalaxySession(self.config, requests.Session(), timeout=float(self.config["request_timeout"]))

    @property
    def secrets_said(self) -> str:
        """The names of the settings that prove who calls."""
        return " and ".join(_NEEDED[self.config["auth"]])

    def discover_streams(self) -> list[Stream]:
        """Return one stream a form.

        Raises:
            SetupError: A filter names no stream.
        """
        streams: list[Stream] = [stream(tap=self) for stream in STREAMS]
        if unknown := set(self.config.get("filters", {})) - {stream.name for stream in streams}:
            raise SetupError(
                f"the setting filters names {', '.join(sorted(unknown))}; the streams are "
                f"{', '.join(stream.name for stream in streams)}."
            )
        return streams


def main() -> None:
    """Run the command line."""
    run(TapKingdee.get_singer_command(), name=TapKingdee.name)

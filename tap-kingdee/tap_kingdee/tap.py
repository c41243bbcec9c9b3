"""Settings and streams of tap-kingdee."""

from __future__ import annotations

import sqlite3
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, cast

import requests
from erp_sdk.command import SetupError, run
from erp_sdk.settings import reading_settings
from erp_sdk.tap import ErpTap
from singer_sdk import typing as th
from singer_sdk.exceptions import FatalAPIError, SingerSDKError

from tap_kingdee.client import FormQuestion
from tap_kingdee.deletions import Deletions
from tap_kingdee.forms import FORMS, configured
from tap_kingdee.known_ids import KnownIds
from tap_kingdee.metadata import FormInfo, read_form
from tap_kingdee.session import GalaxySession
from tap_kingdee.streams import STREAMS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from singer_sdk import Stream

    from tap_kingdee.reading import FormStream

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
        th.Property(
            "organizations",
            th.ArrayType(th.StringType),
            default=[],
            description="Codes of the organisations whose rows are read; default: all that the user may see. The "
            "session's own organisation narrows nothing. 组织",
        ),
        FORMS,
        th.Property(
            "sweep",
            th.ArrayType(th.StringType),
            default=[],
            description="Streams whose deleted documents are looked for in each run, told by the stream deletions. "
            "删除检查",
        ),
        th.Property(
            "known_ids_path",
            th.StringType,
            description="For sweep: the file of the keys that are known, one file a flow; it has to outlive the run.",
        ),
        th.Property(
            "sweep_limit_percent",
            th.NumberType,
            default=50,
            description="A sweep that misses more than this part of the known documents, and more than a hundred or "
            "all of them, fails instead: the user has rather lost rights.",
        ),
        *(setting for setting in reading_settings(calls_per_minute=0) if setting.name not in _NOT_HERE),
    ).to_dict()

    @property
    def account(self) -> str:
        """Site, data centre and user: what a call counts against."""
        return f"{self.config['base_url']} {self.config['acct_id']} {self.config['username']}"

    def make_shared(self) -> None:
        """Make the budget and the session, before there are threads."""
        super().make_shared()
        _ = self.session

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

    def form_info(self, form: str) -> FormInfo:
        """Return a form's metadata, asked for once.

        Raises:
            FatalAPIError: There is no such form, or the answer cannot be read.
        """
        if form not in self._forms_asked:
            try:
                self._forms_asked[form] = read_form(FormQuestion(self, form).answer())
            except (KeyError, TypeError, ValueError):
                raise FatalAPIError(f"the metadata of {form} that Kingdee tells cannot be read.") from None
        return self._forms_asked[form]

    def form_keys(self, form: str) -> list[str]:
        """Return the keys of a form's fields for a sentence; none when they cannot be had."""
        try:
            return list(self.form_info(form).field_keys())
        except (SingerSDKError, requests.RequestException):
            return []

    @cached_property
    def _forms_asked(self) -> dict[str, FormInfo]:
        return {}

    @cached_property
    def known_ids(self) -> KnownIds | None:
        """The file of known keys; None when nothing is swept.

        Raises:
            SetupError: It is not set, or cannot be used.
        """
        if not self.config.get("sweep"):
            return None
        path = self.config.get("known_ids_path")
        if not path:
            raise SetupError("sweep needs known_ids_path, a file that outlives the run (known keys 已知内码).")
        try:
            return KnownIds(path)
        except (OSError, sqlite3.Error) as error:
            raise SetupError(f"known_ids_path {path} cannot be used: {error}.") from None

    def note_known(self, stream: FormStream, keys: Sequence[int]) -> None:
        """Remember the keys of records about to be emitted, if their deletion is to be told."""
        if self.known_ids is not None and stream.name in self.config["sweep"]:
            self.known_ids.note(stream.known_as, keys)

    def discover_streams(self) -> list[Stream]:
        """Return one stream a form, and the deletions if something is swept.

        Raises:
            SetupError: A setting names no stream, or an entry of forms does not fit its form.
            FatalAPIError: A configured form is none.
        """
        made: dict[str, type[FormStream]] = {cast("Any", stream).name: stream for stream in STREAMS}
        plans = self.config.get("forms") or []
        names = [plan["name"] for plan in plans]
        if doubled := sorted({name for name in names if names.count(name) > 1 or name == Deletions.name}):
            raise SetupError(
                f"forms has the name {', '.join(doubled)} more than once or for a stream of the tap's own."
            )
        made |= {plan["name"]: configured(plan, dict(made), self.form_info) for plan in plans}
        streams = {name: stream(tap=self) for name, stream in made.items()}
        self._check_names("filters", self.config.get("filters") or {}, streams)
        sweep = self.config.get("sweep") or []
        self._check_names("sweep", sweep, [name for name, stream in streams.items() if not stream.text_key])
        if sweep and self.known_ids:
            return [*streams.values(), Deletions(self, [streams[name] for name in sweep], self.known_ids)]
        return list(streams.values())

    @staticmethod
    def _check_names(setting: str, named: Iterable[str], known: Iterable[str]) -> None:
        if unknown := sorted(set(named) - set(known)):
            raise SetupError(f"the setting {setting} names {', '.join(unknown)}; the streams are {', '.join(known)}.")


def main() -> None:
    """Run the command line."""
    run(TapKingdee.get_singer_command(), name=TapKingdee.name)

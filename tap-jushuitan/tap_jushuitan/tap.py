"""The tap's settings and streams."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

from erp_sdk.command import SetupError, run
from erp_sdk.cursors import cursor_settings
from erp_sdk.settings import reading_settings
from erp_sdk.tap import ErpTap
from singer_sdk import typing as th

from tap_jushuitan.streams import PURCHASE_IN_STATUSES, STREAMS, AllDistributorsLegacy, DistributorsLegacy
from tap_jushuitan.token_file import TokenFile
from tap_jushuitan.tokens import Tokens

if TYPE_CHECKING:
    from typing import Any, NoReturn

    from singer_sdk import Stream

PRODUCTION = "https://openapi.jushuitan.com"

ACCESS: list[th.Property[Any]] = [
    th.Property(
        "app_key", th.StringType, required=True, description="Key of the app in the open platform. 应用 AppKey"
    ),
    th.Property(
        "app_secret", th.StringType, required=True, secret=True, description="Secret of the app. 应用密钥 AppSecret"
    ),
    th.Property(
        "app_type",
        th.StringType,
        default="merchant",
        allowed_values=["merchant", "isv"],
        description="Whose app it is: merchant 商家自有/自研, which gets and refreshes its token by itself; or "
        "isv 服务商, which the merchant authorises in a browser: set auth_code or access_token.",
    ),
    th.Property(
        "access_token",
        th.StringType,
        secret=True,
        description="A token that was got elsewhere (授权令牌). Merchant apps do without; what comes after it is kept "
        "in token_path, until another one is set here.",
    ),
    th.Property(
        "refresh_token",
        th.StringType,
        secret=True,
        description="What refreshes access_token; merchant apps only. 刷新令牌",
    ),
    th.Property(
        "auth_code",
        th.StringType,
        secret=True,
        description="For app_type isv: the code that the merchant's authorisation has delivered; it is changed into a "
        "token once. 授权码",
    ),
    th.Property(
        "token_path",
        th.StringType,
        description="File that keeps the token between runs; processes that read the same account share it, so that "
        "one of them refreshes. For app_type isv: one file a merchant. Default: a file in the user's state folder.",
    ),
    th.Property(
        "base_url",
        th.StringType,
        default=PRODUCTION,
        description="Address of the interface; the vendor's test environment is https://dev-api.jushuitan.com. "
        "接口地址",
    ),
]

CHOICES: list[th.Property[Any]] = [
    th.Property(
        "filter_by",
        th.StringType,
        default="modified",
        allowed_values=["modified", "document_date"],
        description="Which time the windows are about: modified 修改时间 shows every later change; document_date "
        "单据日期 (下单时间, 出库时间, 入库日期 …; for goods 创建时间) is for a period of the books, and misses later "
        "changes. Streams without such a filter are read by modified.",
    ),
    th.Property(
        "purchase_in_statuses",
        th.ArrayType(th.StringType),
        default=list(PURCHASE_IN_STATUSES),
        description="States of the purchase-ins to read (采购入库单状态). With Confirmed alone they are read by row "
        "version; with others by windows, since the vendor allows no state beside a row version.",
    ),
    th.Property(
        "purchase_in_route",
        th.StringType,
        default="current",
        allowed_values=["current", "older"],
        description="Which of the vendor's two interfaces purchase-ins are read from; apps are usually granted one "
        "(API 授权): current (purchaseinquery) or older (purchasein/query).",
    ),
    th.Property(
        "inventory_warehouses",
        th.ArrayType(th.IntegerType),
        default=[0],
        description="wms_co_id (分仓编号) of the warehouses whose stock is read, each for itself; 0 is all of them "
        "together. 库存所属仓库",
    ),
    th.Property(
        "distributors_whole",
        th.BooleanType,
        default=False,
        description="Read distributors_legacy as a whole each time instead of by time of change, where the interface "
        "takes no window. 分销商全量",
    ),
]


class TapJushuitan(ErpTap):
    """Singer tap for 聚水潭 Jushuitan."""

    name = "tap-jushuitan"
    config_jsonschema: ClassVar[dict[str, Any]] = th.PropertiesList(
        *ACCESS, *CHOICES, *cursor_settings(), *reading_settings(calls_per_minute=100, calls_per_second=5)
    ).to_dict()

    @property
    def base_url(self) -> str:
        """The vendor's host, without a slash at the end."""
        return str(self.config["base_url"]).rstrip("/")

    @property
    def account(self) -> str:
        """Address and app; for an ISV's app, which many merchants share, what tells this merchant from others too."""
        ways = ("token_path", "auth_code", "access_token") if self.config.get("app_type") == "isv" else ()
        merchant = next((str(self.config[way]) for way in ways if self.config.get(way)), "")
        return f"{self.base_url}|{self.config['app_key']}|{merchant}"

    def make_shared(self) -> None:
        """Make the budget and the tokens, before there are threads."""
        super().make_shared()
        _ = self.tokens

    @cached_property
    def tokens(self) -> Tokens:
        """The account's access_token."""
        file = TokenFile(self.config.get("token_path"), self.account)
        return Tokens(self.config, base_url=self.base_url, file=file, take_place=self.budget.take)

    def discover_streams(self) -> list[Stream]:
        """Return the streams."""
        whole = self.config.get("distributors_whole")
        return [(AllDistributorsLegacy if whole and s is DistributorsLegacy else s)(tap=self) for s in STREAMS]

    def _validate_config(self, *, raise_errors: bool = True) -> list[str]:
        errors = super()._validate_config(raise_errors=raise_errors)
        if raise_errors and self.config["app_type"] == "isv" and not self._is_authorised:
            raise SetupError(
                "an ISV app (app_type isv, 服务商应用) cannot get a token by itself: set auth_code (授权码) or "
                "access_token."
            )
        return errors

    @property
    def _is_authorised(self) -> bool:
        return bool(self.config.get("auth_code") or self.config.get("access_token") or self.config.get("token_path"))


def main() -> NoReturn:
    """Run the command line."""
    run(TapJushuitan.cli, name=TapJushuitan.name)

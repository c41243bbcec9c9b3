"""The tap's settings and streams."""

from __future__ import annotations

import math
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

from erp_sdk.command import SetupError, run
from erp_sdk.settings import reading_settings
from erp_sdk.tap import ErpTap
from singer_sdk import typing as th

from tap_wangdiantong.dialects import Dialect, dialect_of
from tap_wangdiantong.streams import STREAMS

if TYPE_CHECKING:
    from typing import Any, NoReturn

    from singer_sdk import Stream

SETTINGS: list[th.Property[Any]] = [
    th.Property(
        "dialect",
        th.StringType,
        required=True,
        allowed_values=["openapi", "flagship", "qimen"],
        description="Which interface is spoken: openapi 企业版, flagship 旗舰版, or qimen 奇门. The direct interfaces "
        "never show orders of Taobao and Tmall shops (淘系); 奇门 does. Sellers with both kinds of shop run two taps.",
    ),
    th.Property(
        "scene",
        th.StringType,
        default="enterprise",
        allowed_values=["enterprise", "flagship"],
        description="For dialect qimen: which ERP stands behind the gateway, enterprise 企业奇门 or flagship 旗舰奇门.",
    ),
    th.Property(
        "base_url",
        th.StringType,
        description="Address of the interface. Default: the vendor's production address of the dialect. 接口地址",
    ),
    th.Property("sid", th.StringType, description="Seller account. 卖家账号"),
    th.Property(
        "appkey",
        th.StringType,
        description="Interface account; an employee of the ERP whose rights (仓库权限, 店铺权限) limit what is shown. "
        "Dialects openapi, flagship, and qimen with scene flagship. 接口账号",
    ),
    th.Property(
        "appsecret",
        th.StringType,
        secret=True,
        description="Secret of the interface account; for flagship both parts, secret:salt (密钥:盐值). 接口密钥",
    ),
    th.Property("app_key", th.StringType, description="For dialect qimen: key of your Taobao app. 奇门应用 AppKey"),
    th.Property(
        "app_secret",
        th.StringType,
        secret=True,
        description="For dialect qimen: secret of your Taobao app. 奇门应用 AppSecret",
    ),
    th.Property(
        "target_app_key",
        th.StringType,
        description="For dialect qimen: 旺店通's own app key, from the authorisation mail. 目标 AppKey",
    ),
    th.Property(
        "sign_method",
        th.StringType,
        default="md5",
        allowed_values=["md5", "hmac", "hmac-sha256"],
        description="For dialect qimen: how calls to the gateway are signed. 签名方法",
    ),
    th.Property(
        "statuses",
        th.ArrayType(th.CustomType({"type": ["string", "integer"]})),
        description="States of the sales stock-outs to read. 出库单状态. Default for openapi and qimen enterprise: "
        "95 已发货, 105 部分打款, 110 已完成, 113 异常发货, 5 已取消; for flagship: 90 延时发货, 110 已完成, 5 已取消.",
    ),
    th.Property(
        "status_list",
        th.BooleanType,
        default=False,
        description="Ask for all statuses in one call (95,105,…) instead of one call a status; saves calls where the "
        "server allows it. Openapi and qimen enterprise; flagship always does.",
    ),
    th.Property(
        "filter_by",
        th.StringType,
        default="modified",
        allowed_values=["modified", "consign_time"],
        description="Which time of a sales stock-out the windows are about: modified 最后修改时间 shows every later "
        "change; consign_time 发货时间 is for builds that know no is_by_modified, and misses changes older than the "
        "lookback.",
    ),
    th.Property(
        "confirm_empty",
        th.BooleanType,
        description="Ask once more before believing that a list is empty. Default: on for dialect qimen, whose gateway "
        "answers so when it is busy; off elsewhere. 空结果复核",
    ),
    th.Property(
        "include_disabled",
        th.BooleanType,
        default=True,
        description="Read disabled shops, warehouses, suppliers and carriers too; old documents point at them. "
        "包含停用",
    ),
    th.Property(
        "include_deleted",
        th.BooleanType,
        default=True,
        description="Read deleted goods, suites and suppliers too, marked by `deleted`. 包含已删除",
    ),
    th.Property(
        "refund_process_status_from",
        th.IntegerType,
        default=0,
        description="Leave out refund stock-ins (退货入库单) whose refund has a `process_status` below this: with 80 "
        "only settled ones (已结算) come. Default: all states come. 退换单状态下限",
    ),
    th.Property(
        "consign_lookback_days",
        th.NumberType,
        default=7,
        description="How many days before the bookmark transfer stock-outs (调拨出库单) are read again: the vendor "
        "lists them by the time of shipping, which a later edit does not change. 发货时间回看天数",
    ),
    th.Property(
        "history_days",
        th.NumberType,
        description="After how many days the vendor archives documents: windows older than that are read from the "
        "history methods too, which doubles their calls. Sales stock-outs, refund stock-ins, orders, raw orders. "
        "Default: the history is not read. 归档天数",
    ),
]


class TapWangdiantong(ErpTap):
    """Singer tap for 旺店通 Wangdiantong: 企业版, 旗舰版 and 奇门."""

    name = "tap-wangdiantong"
    config_jsonschema: ClassVar[dict[str, Any]] = th.PropertiesList(
        *SETTINGS, *reading_settings(calls_per_minute=50)
    ).to_dict()

    @cached_property
    def dialect(self) -> Dialect:
        """The wire that the settings name."""
        return dialect_of(self.config)

    @property
    def workers(self) -> int:
        """Through 奇门 no more than the budget needs: calls side by side are what it answers emptily (contract 6)."""
        if self.config.get("concurrency") is None and self.dialect.confirm_empty:
            return max(1, math.ceil(int(self.config["calls_per_minute"]) / 60))
        return super().workers

    @property
    def account(self) -> str:
        """Address, seller and key."""
        return self.dialect.account

    def discover_streams(self) -> list[Stream]:
        """Return the streams that the dialect has."""
        return [stream(tap=self) for stream in STREAMS if stream.declared(self.dialect) is not None]

    def _validate_config(self, *, raise_errors: bool = True) -> list[str]:
        errors = super()._validate_config(raise_errors=raise_errors)
        missing = self.dialect.missing() if raise_errors else []
        if missing:
            raise SetupError(
                f"dialect {self.dialect.title} needs {', '.join(missing)}: set what is missing, in the config file or "
                "as TAP_WANGDIANTONG_… in the environment."
            )
        return errors


def main() -> NoReturn:
    """Run the command line."""
    run(TapWangdiantong.cli, name=TapWangdiantong.name)

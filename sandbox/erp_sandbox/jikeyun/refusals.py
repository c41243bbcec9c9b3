"""The vendor's refusals: one row each. Numbers marked *ours* are not public; the switch ``codes`` sets them."""

from __future__ import annotations

from typing import NamedTuple


class Refusal(Exception):  # noqa: N818 - the vendor refuses; the sandbox has no error
    """A call the vendor refuses.

    Args:
        name: a row of `REFUSALS`.
        details: what the row's words have in braces.
    """

    def __init__(self, name: str, /, **details: object) -> None:
        super().__init__(name)
        self.name = name
        self.details = details


class Words(NamedTuple):
    """How the vendor says it; without a ``sub_code`` the answer has none."""

    sub_code: str
    message: str


REFUSALS: dict[str, Words] = {
    # who is calling
    "sign_wrong": Words("0858030801", "签名错误"),
    "timestamp_wrong": Words("0858030801", "签名错误：timestamp超出允许的时间范围"),
    "appkey_unknown": Words("0858030802", "appkey不存在或已停用"),
    "token_wrong": Words("0858030803", "token无效或已过期"),
    "public_missing": Words("0858030804", "缺少公共参数：{name}"),  # ours
    "public_unknown": Words("0858030804", "不支持的公共参数：{name}"),  # ours
    "public_wrong": Words("0858030804", "公共参数{name}的值不正确：{value}"),  # ours
    "post_only": Words("0858030804", "仅支持POST请求"),  # ours
    "not_subscribed": Words("0130020310", "应用不存在或未订阅该接口，appKey={appkey},method={method}"),
    # how often
    "quota": Words("0130000609", "应用未开通或调用额度不足"),
    "throttled": Words("0859999999", "服务繁忙，请稍后重试"),
    "short_circuited": Words("", "{method} short-circuited and fallback failed."),
    "unknown_error": Words("0130020001", "未知错误"),
    # what is asked, by family
    "erp": Words("0030000001", "参数错误：{problem}"),  # ours
    "oms": Words("0040139996", "参数错误：{problem}"),
    "wms": Words("0050030002", "参数错误：{problem}"),
}

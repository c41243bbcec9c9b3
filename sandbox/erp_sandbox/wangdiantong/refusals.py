"""The vendor's refusals: one row each, with the number and words of the 企业版 and of the 旗舰版 family.

Numbers that public material does not show are our choice (contract 5.3, last paragraph) and can be changed with the
switch ``codes``.
"""

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
    """How each family says it; a family that cannot meet the refusal has the other one's words."""

    enterprise_code: int
    enterprise: str
    flagship_status: int
    flagship: str


TOO_OFTEN = "超过每分钟最大调用频率限制{comma}请稍后重试"
TOO_MANY = "超过每分钟最大并发次数限制{comma}请稍后重试"

REFUSALS: dict[str, Words] = {
    # who is calling
    "sid_unknown": Words(2030, "sid不存在", 1, "sid is not exists"),
    "appkey_unknown": Words(2030, "appkey不存在", 1, "验证失败"),
    "appkey_disabled": Words(2090, "接口账号已停用", 1, "app auth fail"),
    "salt_wrong": Words(2030, "salt错误", 1, "验证失败"),
    "sign_wrong": Words(2060, "签名错误", 1, "验证失败"),
    "timestamp_wrong": Words(2100, "时间戳错误", 7, "时间戳错误"),
    "timestamp_no_number": Words(2100, "时间戳错误", 1, 'For input string: "{value}"'),
    "one_time_password": Words(2100, "需要动态口令", 3, "需要动态口令"),
    "address_refused": Words(2100, "ip限制", 6, "ip限制"),
    "version_wrong": Words(2100, "版本错误", 8, "版本错误"),
    # how often
    "throttled": Words(1020, TOO_OFTEN, 100, TOO_OFTEN),
    "too_many_at_once": Words(1020, TOO_MANY, 100, TOO_MANY),
    "busy": Words(1020, "系统异常，请稍后再试", 4, "数据库错误"),
    # what is asked
    "method_unknown": Words(100, "接口不存在", 100, "接口不存在：{method}"),
    "method_internal": Words(100, "接口不存在", 100, "The API used internal only: {method}"),
    "content_type": Words(100, "参数错误", 1, "参数错误"),
    "arguments_wrong": Words(100, "参数错误", 1, "参数错误"),
    "argument_count": Words(100, "参数错误", 1, "参数个数错误"),
    "argument_type": Words(100, "参数错误", 1, "argument type mismatch"),
    "parameter_unknown": Words(2830, "{name}", 2, "{name}"),
    "value_wrong": Words(2830, "{name}参数值不合法", 100, "{name}不合法"),
    "value_missing": Words(2900, "{name}不能为空", 100, "{name}must not be null"),
    # paging
    "pager_missing": Words(2220, "page_no/page_size不能为空", 100, "此方法仅支持分页查询：{method}"),
    "page_no_wrong": Words(2830, "page_no参数值不合法", 100, "page_nomust be greater than or equal to {least}"),
    "page_size_wrong": Words(2220, "page_size必须为正整数", 100, "page_sizemust be greater than or equal to 1"),
    "page_size_over": Words(2220, "page_size不能大于{most}", 100, "page_sizemust be less than or equal to {most}"),
    # times
    "conditions_missing": Words(2900, "时间区间与单据编号不能同时为空", 100, "参数中必须包含起止时间"),
    "time_missing": Words(2102, "{name}不能为空", 100, "参数中必须包含起止时间"),
    "time_wrong": Words(2160, "{name}不是有效的时间", 100, "Unparseable date: {value}"),
    "times_equal": Words(2105, "开始时间不能等于结束时间", 100, "开始时间不能等于结束时间"),
    "times_reversed": Words(2830, "开始时间不能大于结束时间", 100, "开始时间不能大于结束时间"),
    "window_too_wide": Words(
        2104, "您的查询时间过宽,查询时间不能大于{span}", 100, "您的查询时间过宽,查询时间不能大于{span}"
    ),
    "night_only": Words(20, "该接口仅支持在00:00-02:00调用", 100, "该接口仅支持在00:00-02:00调用"),
    # values
    "status_wrong": Words(2830, "status参数值不合法", 100, "状态应该是由逗号分隔开的整数数组"),
    "shop_unknown": Words(2310, "店铺编号不存在或已停用", 100, "店铺编号不存在或已停用"),
    "shops_all_unknown": Words(2310, "传入店铺编号全部错误", 100, "传入店铺编号全部错误"),
    "warehouse_unknown": Words(2830, "仓库不存在", 100, "仓库不存在"),
    "warehouse_no_right": Words(100, "无仓库访问权限", 100, "无仓库访问权限"),
}  # fmt: skip


class TopWords(NamedTuple):
    """A refusal of the Taobao gateway itself (contract 5.4)."""

    code: int
    message: str
    sub_code: str
    sub_message: str


TOP_REFUSALS: dict[str, TopWords] = {
    "app_call_limited": TopWords(
        7, "App Call Limited", "accesscontrol.limited-by-app-access-count", "This ban will last for 1 more seconds"
    ),
    "method_missing": TopWords(21, "Missing Method", "isv.missing-method", "缺少方法名参数"),
    "method_invalid": TopWords(22, "Invalid Method", "isv.invalid-method", "不存在的方法名：{value}"),
    "format_invalid": TopWords(23, "Invalid Format", "isv.invalid-format", "无效数据格式：{value}"),
    "sign_missing": TopWords(24, "Missing Signature", "isv.missing-signature", "缺少签名参数"),
    "sign_invalid": TopWords(25, "Invalid Signature", "isv.invalid-signature", "签名错误"),
    "app_key_missing": TopWords(28, "Missing App Key", "isv.missing-app-key", "缺少AppKey参数"),
    "app_key_invalid": TopWords(29, "Invalid App Key", "isv.appkey-not-exists", "无效的AppKey参数"),
    "timestamp_missing": TopWords(30, "Missing Timestamp", "isv.missing-timestamp", "缺少时间戳参数"),
    "timestamp_invalid": TopWords(31, "Invalid Timestamp", "isv.invalid-timestamp", "非法的时间戳参数：{value}"),
    "version_missing": TopWords(32, "Missing Version", "isv.missing-version", "缺少版本参数"),
    "version_invalid": TopWords(33, "Invalid Version", "isv.invalid-version", "非法的版本参数：{value}"),
    "argument_missing": TopWords(
        40, "Missing Required Arguments", "isv.missing-parameter:{value}", "缺少必选参数：{value}"
    ),
    "argument_invalid": TopWords(41, "Invalid Arguments", "isv.invalid-parameter:{value}", "非法的参数：{value}"),
}  # fmt: skip


class TopRefusal(Exception):  # noqa: N818 - the gateway refuses; the sandbox has no error
    """A call the Taobao gateway refuses before Wangdiantong sees it.

    Args:
        name: a row of `TOP_REFUSALS`.
        value: what the row's words have in braces.
    """

    def __init__(self, name: str, value: str = "") -> None:
        super().__init__(name)
        self.name = name
        words = TOP_REFUSALS[name]
        self.words = words._replace(
            sub_code=words.sub_code.replace("{value}", value), sub_message=words.sub_message.replace("{value}", value)
        )

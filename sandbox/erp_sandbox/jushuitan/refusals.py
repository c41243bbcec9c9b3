"""The vendor's refusals: number and words (contract 5).

A number that public material does not show is our choice, and each can be changed with the switch ``codes``.
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
    """``code`` and ``msg`` of an answer, and its HTTP status."""

    code: int
    message: str
    http: int = 200


REFUSALS: dict[str, Words] = {
    # the request itself
    "form_wanted": Words(130, "传输数据不能为空：请以POST表单(application/x-www-form-urlencoded)提交"),
    "path_unknown": Words(404, "接口不存在：{path}", 404),
    "field_missing": Words(130, "传输数据不能为空：{name}"),
    "version_wrong": Words(130, "传输数据错误：version必须为2"),
    "charset_wrong": Words(130, "传输数据错误：charset必须为utf-8"),
    # who is calling
    "app_key_unknown": Words(10, "验证失败！无效的app_key"),
    "timestamp_wrong": Words(140, "验证失败！无效的timestamp"),
    "sign_wrong": Words(10, "验证失败！无效签名"),
    "token_wrong": Words(100, "验证失败！无效的access_token或access_token已过期"),
    "address_refused": Words(110, "验证失败！IP {address} 该IP不在白名单列表"),
    "not_granted": Words(190, "验证失败！无API权限"),
    # how often
    "too_often": Words(199, "调用频次超过限制!请稍后再试"),
    "quota": Words(200, "调用频次超过限制"),
    "internal": Words(150, "内部处理错误"),
    "too_many_requests": Words(429, "Too Many Requests", 429),
    # tokens
    "grant_type_wrong": Words(130, "传输数据错误：grant_type"),
    "scope_wrong": Words(130, "传输数据错误：scope必须为all"),
    "code_wrong": Words(100, "验证失败！无效的code"),
    "refresh_token_wrong": Words(100, "验证失败！无效的refresh_token或refresh_token已过期"),
    "isv_refresh": Words(150, "服务商应用禁止刷新token，请商家重新授权"),
    "app_kind_wrong": Words(150, "该应用类型不支持此授权方式"),
    # what is asked
    "biz_wrong": Words(130, "传输数据错误：biz不是JSON对象"),
    "value_wrong": Words(130, "参数无法转换：{name}"),
    "too_many_values": Words(130, "{name}最多{most}个"),
    "page_wrong": Words(130, "{name}必须大于0"),
    "page_size_over": Words(130, "page_size不能大于{most}"),
    "column_unknown": Words(130, "{name}不存在：{value}"),
    "cursor_alone": Words(130, "{cursor}只能与分页参数一起使用：{name}"),
    "conditions_missing": Words(170, "查询条件不能为空：{names}"),
    "window_half": Words(170, "modified_begin和modified_end必须同时存在"),
    "window_reversed": Words(170, "modified_begin不能大于modified_end"),
    "window_too_wide": Words(170, "时间间隔不能超过{days}天"),
    "window_with_cursor": Words(170, "{cursor}与修改时间不能同时使用"),
}

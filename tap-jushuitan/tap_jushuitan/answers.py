"""What 聚水潭 says when it does not deliver (vendor contract 5).

Two generations of its table of codes are about, and three numbers have changed their meaning; so a row looks at the
text where the text is known, and at the number where it is not.
"""

from __future__ import annotations

from erp_sdk.answers import Action, Answer, AnswerTable

MINUTE_SECONDS = 60.0

SIGNATURE = (
    "聚水潭 does not accept the signature ({code}: {text}); check app_key (应用 AppKey) and app_secret (应用密钥)."
)
UNKNOWN_APP = "聚水潭 does not know this app ({code}: {text}); check app_key (应用 AppKey) and base_url."
NOT_AUTHORISED = "聚水潭 does not accept the access_token ({code}: {text}); have the app authorised again (授权)."
CLOCK = "聚水潭 refuses the request's time ({code}: {text}); set this machine's clock (it accepts 10 minutes)."
ADDRESS = "聚水潭 does not let this machine's address in ({code}: {text}); put it on the app's white list (IP 白名单)."
RIGHTS = (
    "聚水潭 denies the right to this interface ({code}: {text}); have it granted to the app in the console (API 授权)."
)
TOO_FAST = "聚水潭 says that calls come too fast ({text}); lower calls_per_second, or run fewer taps on this account."
QUOTA = "聚水潭 says that the minute's calls are used up ({text}); lower calls_per_minute, or run fewer taps on it."
BUSY = "聚水潭 is busy ({code}: {text}); run again later, reading goes on where it stopped."
ISV_REFRESH = (
    "聚水潭 lets no ISV app (服务商应用) refresh its token ({code}: {text}); have the merchant authorise the app "
    "again, and set auth_code or access_token."
)
WINDOW = "聚水潭 does not allow a window like this ({code}: {text}); set window_minutes to what it allows."
PAGE_SIZE = "聚水潭 refuses the page size ({code}: {text}); set page_size smaller."
NO_PATH = "聚水潭 does not know this interface ({code}: {text}); check base_url."
WRONG_PARAMETER = "聚水潭 refuses a parameter ({code}: {text})."

REFRESH_REFUSED = "聚水潭 does not accept the refresh_token ({code}: {text})."
CODE_REFUSED = "聚水潭 does not accept the authorisation code ({code}: {text}); have the app authorised again (授权)."

_COMMON = (
    Answer(Action.RETRY, TOO_FAST, codes=("199", "10004", "429")),
    Answer(Action.WAIT, QUOTA, codes=("200",), seconds=MINUTE_SECONDS),
    Answer(Action.RETRY, TOO_FAST, text=r"频次|频率|频繁"),
    Answer(Action.FATAL, ISV_REFRESH, text=r"(服务商|isv).*(刷新|refresh)|(刷新|refresh).*(服务商|isv)"),
    Answer(Action.FATAL, UNKNOWN_APP, text=r"app_?key"),
    Answer(Action.FATAL, SIGNATURE, codes=("10",)),
    Answer(Action.FATAL, SIGNATURE, text=r"签名|(?<![a-z])sign(?![a-z])"),
    Answer(Action.FATAL, CLOCK, text=r"timestamp|时间戳"),
    Answer(Action.FATAL, CLOCK, codes=("180",)),
    Answer(Action.FATAL, ADDRESS, codes=("110",)),
    Answer(Action.FATAL, ADDRESS, text=r"白名单"),
    Answer(Action.FATAL, NO_PATH, codes=("404",)),
)

ANSWERS = AnswerTable(
    rows=(
        Answer(Action.REFRESH, NOT_AUTHORISED, codes=("100",)),
        Answer(Action.REFRESH, NOT_AUTHORISED, text=r"access_token"),
        *_COMMON,
        Answer(Action.FATAL, RIGHTS, codes=("190",)),
        Answer(Action.RETRY, BUSY, codes=("150",)),
        Answer(Action.RETRY, BUSY, text=r"系统异常|系统繁忙|稍后再?试|内部处理错误"),
        Answer(Action.FATAL, WINDOW, text=r"时间间隔|时间.*(不能超过|大于)|modified_(begin|end)"),
        Answer(Action.FATAL, PAGE_SIZE, text=r"page_size"),
        Answer(Action.FATAL, WRONG_PARAMETER, codes=("130", "140", "170", "10015", "-4")),
    ),
    otherwise=Answer(Action.FATAL, "聚水潭 refuses the call with code {code}: {text}"),
)
"""For business calls."""

TOKEN_ANSWERS = AnswerTable(
    rows=(
        Answer(Action.FATAL, REFRESH_REFUSED, text=r"refresh_token"),
        Answer(Action.FATAL, CODE_REFUSED, text=r"(?<![a-z_])code"),
        *_COMMON,
        Answer(Action.RETRY, BUSY, text=r"系统异常|系统繁忙|稍后再?试|内部处理错误"),
    ),
    otherwise=Answer(Action.FATAL, "聚水潭 grants no token, code {code}: {text}"),
)
"""For the calls that get and refresh tokens."""

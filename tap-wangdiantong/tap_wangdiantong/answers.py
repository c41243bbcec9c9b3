"""What 旺店通 and the Taobao gateway say when they do not deliver (vendor contract 5.2 to 5.4).

Codes differ between the dialects and few are published, so most rows look at the text; where a code is known too, it
has a row of its own. Rate limits are told with a full-width comma in one place and a half-width one in another: only
the stem is matched.
"""

from __future__ import annotations

from erp_sdk.answers import Action, Answer, AnswerTable

TOO_FAST = "旺店通 says that calls come too fast ({text}); lower calls_per_minute, or run fewer taps on this account."
BUSY = "旺店通 is busy ({code}: {text}); run again later, reading goes on where it stopped."
CLOCK = "旺店通 refuses the request's time ({code}: {text}); set this machine's clock (it accepts 2 to 5 minutes)."
UNKNOWN_ACCOUNT = (
    "旺店通 does not know this seller or interface account ({code}: {text}); check sid (卖家账号) and appkey "
    "(接口账号), and that base_url is the address of the same environment."
)
NOT_ALLOWED = (
    "旺店通 does not let this appkey in ({code}: {text}); have the interface account (接口账号) allowed for this sid "
    "and for this machine's address."
)
SIGNATURE = "旺店通 does not accept the signature ({code}: {text}); check appkey (接口账号) and appsecret (接口密钥)."
LOGIN = "旺店通 refuses the login ({code}: {text}); check sid (卖家账号), appkey (接口账号), appsecret (接口密钥)."
DISABLED = "旺店通 says that the interface account is disabled ({code}: {text}); have it enabled in the ERP (接口账号)."
DYNAMIC_CODE = "旺店通 asks for a one-time password ({text}); switch 动态口令 off for the interface account."
BALANCE = "旺店通 says that the account's balance is used up ({code}: {text}); renew the subscription (续费)."
WINDOW = "旺店通 does not allow a window this long ({code}: {text}); set window_minutes to what it allows."
TOO_BROAD = "旺店通 finds the query too broad ({code}: {text}); set window_minutes or page_size smaller."
PAGE_SIZE = "旺店通 refuses the page size ({code}: {text}); set page_size smaller."
RIGHTS = (
    "旺店通 denies the right to this ({code}: {text}); give the interface account the rights to the warehouses, "
    "shops and methods (仓库权限, 店铺权限, 接口权限)."
)
QIMEN_ONLY = "旺店通 serves this only through 奇门 ({text}); use dialect qimen for it."

ANSWERS = AnswerTable(
    rows=(
        Answer(Action.RETRY, TOO_FAST, text=r"超过每分钟最大|频率|并发"),
        Answer(Action.RETRY, BUSY, text=r"系统异常|系统繁忙|稍后再?试|请勿重复操作|数据库错误"),
        Answer(Action.RETRY, BUSY, codes=("1020", "4", "5", "99")),
        Answer(Action.FATAL, CLOCK, text=r"时间戳|timestamp|For input string"),
        Answer(Action.FATAL, CLOCK, codes=("7", "2100")),
        Answer(Action.FATAL, UNKNOWN_ACCOUNT, text=r"sid.*not (exist|found)|(账号|appkey|sid).*不存在"),
        Answer(Action.FATAL, NOT_ALLOWED, text=r"app auth fail|ip ?限制"),
        Answer(Action.FATAL, DISABLED, text=r"停用.*(appkey|账号)|(appkey|账号).*停用"),
        Answer(Action.FATAL, DISABLED, codes=("1007", "2090")),
        Answer(Action.FATAL, SIGNATURE, text=r"验证失败|签名|\bsign"),
        Answer(Action.FATAL, LOGIN, codes=("2030", "2060")),
        Answer(Action.FATAL, DYNAMIC_CODE, text=r"动态口令"),
        Answer(Action.FATAL, BALANCE, text=r"余额|欠费"),
        Answer(Action.FATAL, BALANCE, codes=("1060",)),
        Answer(Action.FATAL, WINDOW, text=r"(时间|跨度).*(过宽|过长|大于|超过|不能超)|30天|60分钟"),
        Answer(Action.FATAL, WINDOW, codes=("2104", "2180", "11000000")),
        Answer(Action.FATAL, TOO_BROAD, text=r"太过宽|范围过大"),
        Answer(Action.FATAL, PAGE_SIZE, text=r"page_size"),
        Answer(Action.FATAL, RIGHTS, text=r"权限"),
        Answer(Action.FATAL, QIMEN_ONLY, text=r"used internal only"),
    ),
    otherwise=Answer(Action.FATAL, "旺店通 refuses the call with code {code}: {text}"),
)

_TOP = "the Taobao gateway 奇门网关"

GATEWAY_ANSWERS = AnswerTable(
    rows=(
        Answer(Action.RETRY, f"{_TOP} says that calls come too fast ({{text}}); lower calls_per_minute.", codes=("7",)),
        Answer(Action.RETRY, f"{_TOP} is not available ({{text}}); run again later.", codes=("10",)),
        Answer(Action.RETRY, f"{_TOP} did not reach the ERP ({{text}}); run again later.", text=r"\bisp\."),
        Answer(
            Action.FATAL,
            f"{_TOP} does not accept the signature ({{code}}: {{text}}); check app_secret.",
            codes=("24", "25"),
        ),
        Answer(
            Action.FATAL,
            f"{_TOP} does not know app_key or target_app_key ({{code}}: {{text}}); check both.",
            codes=("28", "29"),
        ),
        Answer(
            Action.FATAL,
            f"{_TOP} refuses the request's time ({{code}}: {{text}}); set this machine's clock (10 minutes).",
            codes=("30", "31"),
        ),
        Answer(
            Action.FATAL,
            f"{_TOP} denies the right to this method ({{text}}); have the 奇门 scene authorised for app_key.",
            codes=("11",),
        ),
        Answer(
            Action.FATAL,
            f"{_TOP} does not know this method or its parameters ({{code}}: {{text}}); check scene (enterprise "
            "企业奇门 or flagship 旗舰奇门) and base_url.",
            codes=("21", "22", "40", "41"),
        ),
    ),
    otherwise=Answer(Action.FATAL, f"{_TOP} refuses the call with code {{code}}: {{text}}"),
)

"""What 吉客云 says when it does not deliver (vendor contract 5): HTTP 200, ``code`` 0, a ``subCode`` and a text."""

from __future__ import annotations

from erp_sdk.answers import Action, Answer, AnswerTable

BUSY = "吉客云 is busy ({code}: {text}); run again later, reading goes on where it stopped."
TOO_FAST = "吉客云 says that calls come too fast ({code}: {text}); lower calls_per_second or calls_per_minute."
CLOCK = "吉客云 refuses the request's time ({code}: {text}); set this machine's clock (it accepts some minutes)."
SIGNATURE = (
    "吉客云 does not accept the signature ({code}: {text}); check appsecret (应用密钥), and whether it was changed in "
    "the developer console (密钥轮换)."
)
APPKEY = (
    "吉客云 does not know this application, or it is disabled ({code}: {text}); check appkey (应用 AppKey) and whether "
    "the application must be verified again in the developer console."
)
MERCHANT = (
    "吉客云 does not accept the merchant's token ({code}: {text}); have it granted again and set token "
    "(商家授权 token)."
)
NOT_SUBSCRIBED = (
    "吉客云 does not let this application call the method ({code}: {text}); subscribe to it (订阅接口) in the "
    "developer console, or deselect the stream."
)
QUOTA = (
    "吉客云 says that the method is not opened or its calls are used up ({code}: {text}); buy calls (接口额度) or wait "
    "until they are renewed; nothing was asked again."
)
WINDOW = "吉客云 refuses the times asked for ({code}: {text}); set window_minutes smaller."
PARAMETERS = "吉客云 refuses the parameters ({code}: {text}); set window_minutes or page_size smaller, or report it."
CURSOR = "吉客云 does not know its scrollId any more ({code}: {text}); set window_minutes smaller."
PUBLIC = "吉客云 misses or does not know a parameter ({code}: {text}); check base_url, and report it."

STREAM_ONLY = frozenset({"0130020310", "0130000609"})
"""Refusals that are about one method: the other streams can be read all the same."""

ANSWERS = AnswerTable(
    rows=(
        Answer(Action.FATAL, NOT_SUBSCRIBED, codes=("0130020310",)),
        Answer(Action.FATAL, QUOTA, codes=("0130000609",)),
        Answer(Action.RETRY, BUSY, text=r"short-?circuited|fallback failed|熔断"),
        Answer(Action.RETRY, TOO_FAST, codes=("0859999999",), text=r"频|限流|too (fast|many)|throttl"),
        Answer(Action.RETRY, BUSY, codes=("0859999999", "0130020001")),
        Answer(Action.FATAL, CLOCK, text=r"timestamp|时间戳"),
        Answer(Action.FATAL, SIGNATURE, codes=("0858030801",)),
        Answer(Action.FATAL, APPKEY, codes=("0858030802",)),
        Answer(Action.FATAL, MERCHANT, codes=("0858030803",)),
        Answer(Action.FATAL, APPKEY, text=r"appkey"),
        Answer(Action.FATAL, CURSOR, text=r"scrollId"),
        Answer(Action.FATAL, WINDOW, codes=("0050030002",)),
        Answer(Action.FATAL, PARAMETERS, codes=("0040139996",)),
        Answer(Action.FATAL, PARAMETERS, text=r"page_?size|每页|分页"),
        Answer(Action.FATAL, PUBLIC, text=r"参数"),
    ),
    otherwise=Answer(Action.FATAL, "吉客云 refuses the call with code {code}: {text}"),
)

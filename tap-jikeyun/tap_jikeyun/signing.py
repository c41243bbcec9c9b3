"""吉客云 request signature 签名: pure functions of the parameters that will be posted (vendor contract, section 4)."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

SIGNATURE_PARAMETER = "sign"
UNSIGNED = frozenset({SIGNATURE_PARAMETER, "token", "contextid"})
"""What travels beside the signed parameters: the signature, an ISV's merchant token 授权令牌, a trace id 上下文."""


def sign(secret: str, parameters: Mapping[str, str | int | None]) -> str:
    """Return the ``sign`` 签名: MD5, 32 lower-case hex characters.

    The vendor lower-cases the whole text before hashing, the secret and ``bizcontent`` included. So two requests that
    differ in nothing but the case of letters have one signature.

    Args:
        secret: 应用密钥 AppSecret; stands before and behind the parameters.
        parameters: The form parameters before URL encoding. ``bizcontent`` 业务参数 is the very JSON text that is
            posted. `UNSIGNED` ones are left out, and so are those without a value (None), which must then not be sent
            either (`signed_form` drops them). Empty text is a value.
    """
    signed = "".join(
        f"{name}{parameters[name]}"
        for name in sorted(parameters)
        if name not in UNSIGNED and parameters[name] is not None
    )
    return hashlib.md5(f"{secret}{signed}{secret}".lower().encode("utf-8")).hexdigest()  # noqa: S324 - vendor algorithm


def signed_form(secret: str, parameters: Mapping[str, str | int | None]) -> dict[str, str]:
    """Return the form that is to be posted: the parameters that have a value, as text, and their ``sign``."""
    form = {name: str(value) for name, value in parameters.items() if value is not None}
    return {**form, SIGNATURE_PARAMETER: sign(secret, parameters)}

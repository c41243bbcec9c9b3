"""聚水潭 request signatures 签名: pure functions of the form that will be posted (vendor contract, section 4).

openweb / OpenAPI v2   sign, signed_form     every business call, the token calls and the consent page
legacy gateway         sign_legacy           open.erp321.com, named here only so that old scripts can be checked
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

SIGNATURE_FIELD = "sign"


def sign(app_secret: str, form: Mapping[str, str | int | None]) -> str:
    """Return the ``sign`` 签名 of an openweb form: MD5, 32 lower-case hex characters (contract 4.1).

    Args:
        app_secret: 应用密钥; stands once, in front of the fields.
        form: The form fields 表单参数 before URL encoding. ``biz`` is the very JSON text that is posted: another
            spacing, key order or escaping of the same content is another signature. A ``sign`` among them is left
            out, and so are empty and missing values, which must then not be sent either (`signed_form` drops them).
    """
    sent = _sent(form)
    signed = app_secret + "".join(name + sent[name] for name in sorted(sent))
    return _md5(signed)


def signed_form(app_secret: str, form: Mapping[str, str | int | None]) -> dict[str, str]:
    """Return the form that is to be posted: the fields that have a value, as text, and their ``sign``."""
    return {**_sent(form), SIGNATURE_FIELD: sign(app_secret, form)}


def sign_legacy(partner_key: str, *, method: str, partner_id: str, token: str, timestamp: int | str) -> str:
    """Return the ``sign`` of the legacy gateway 老版接口, over the query string; its JSON body is not signed.

    Args:
        partner_key: 合作方密钥; stands once, at the end.
        method: The operation, for example ``shops.query``.
        partner_id: 合作方编号.
        token: 授权码 of the merchant.
        timestamp: ``ts``, Unix seconds.
    """
    return _md5(f"{method}{partner_id}token{token}ts{timestamp}{partner_key}")


def _sent(form: Mapping[str, str | int | None]) -> dict[str, str]:
    return {
        name: str(value)
        for name, value in form.items()
        if name != SIGNATURE_FIELD and value is not None and value != ""
    }


def _md5(text: str) -> str:
    return hashlib.md5(text.encode("utf-8")).hexdigest()  # noqa: S324 - the vendor's algorithm

"""The two apps that the sandbox's merchant has authorised: fixed, obviously fake, and the same every time."""

from __future__ import annotations

from typing import Any, NamedTuple

PATH = "/jushuitan"
"""Where the vendor's host begins: ``base_url`` + ``/open/…`` or ``/openWeb/auth/…``."""

CO_ID = 90001
"""公司编号 of the merchant."""


class App(NamedTuple):
    """An app of the open platform: the merchant's own 商家自有, or a service provider's 服务商 (``isv``).

    ``code`` is what the provider's callback was given when the merchant authorised it; ``not_granted`` are paths whose
    permission the app never asked for (contract 8.12: newer apps have the newer path only).
    """

    key: str
    secret: str
    isv: bool = False
    code: str = ""
    not_granted: frozenset[str] = frozenset()


MERCHANT = App("demo-jst-own-app", "not-a-real-secret-own-app")
ISV = App(
    "demo-jst-isv-app",
    "not-a-real-secret-isv-app",
    isv=True,
    code="demo-code",
    not_granted=frozenset({"/open/purchasein/query"}),
)


class Partner(NamedTuple):
    """An 合作方 of the older gateway, and the merchant's token for it."""

    partnerid: str
    partnerkey: str
    token: str


LEGACY_PATH = f"{PATH}/api/open/query.aspx"
LEGACY = Partner("demo-jst-partner", "not-a-real-key-partner", "not-a-real-token-partner")
APPS = {app.key: app for app in (MERCHANT, ISV)}


def tokens(app: App, generation: int) -> tuple[str, str]:
    """Return the access_token and refresh_token of an app's so-many-th authorisation, from 1 on."""
    return f"not-a-real-access-{app.key}-{generation}", f"not-a-real-refresh-{app.key}-{generation}"


def credentials(base_url: str) -> dict[str, Any]:
    """Return what a client needs, by kind of app and for the older gateway; the tokens are the first ones."""
    found: dict[str, Any] = {}
    for name, app in (("merchant", MERCHANT), ("isv", ISV)):
        access_token, refresh_token = tokens(app, 1)
        found[name] = {
            "base_url": base_url + PATH,
            "app_key": app.key,
            "app_secret": app.secret,
            "access_token": access_token,
            "refresh_token": refresh_token,
            **({"code": app.code} if app.isv else {}),
        }
    found["legacy"] = {"url": base_url + LEGACY_PATH, **LEGACY._asdict()}
    return found

"""授权: a merchant's authorisation of an app, and the three calls that get and renew it (contract 3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from erp_sandbox.jushuitan import accounts
from erp_sandbox.jushuitan.refusals import Refusal

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Mapping

    from erp_sandbox.jushuitan.accounts import App
    from erp_sandbox.jushuitan.erp import Erp

    Grant = Callable[["Erp", App, Mapping[str, str]], dict[str, Any]]

TABLE = """
CREATE TABLE IF NOT EXISTS jst_tokens (
    app_key TEXT PRIMARY KEY,
    generation INTEGER NOT NULL,
    expires INTEGER NOT NULL
)
"""
GRANT_TYPES = frozenset({"authorization_code", "refresh_token"})


class Authorisation(NamedTuple):
    """An app's tokens, and when they expire in unix seconds."""

    access_token: str
    refresh_token: str
    generation: int
    expires: int


def held(erp: Erp, app: App) -> Authorisation:
    """Return an app's authorisation; the merchant gave the first one when the sandbox first met the app."""
    db = erp.context.db
    row = db.execute("SELECT generation, expires FROM jst_tokens WHERE app_key = ?", (app.key,)).fetchone()
    generation, expires = row or _write(erp, app, 1, erp.now() + erp.settings.token_seconds)
    return Authorisation(*accounts.tokens(app, generation), generation, expires)


def check(erp: Erp, app: App, access_token: str) -> None:
    """Refuse an access_token that is wrong or expired."""
    authorisation = held(erp, app)
    if access_token != authorisation.access_token or authorisation.expires <= erp.now():
        raise Refusal("token_wrong")


def expire(erp: Erp, seconds: int = 0) -> int:
    """Let every app's authorisation end in so many seconds, and return the moment."""
    moment = erp.now() + seconds
    for app in accounts.APPS.values():
        _write(erp, app, held(erp, app).generation, moment)
    return moment


def forget(db: sqlite3.Connection) -> None:
    """Begin again with the first tokens."""
    with db:
        db.execute("DELETE FROM jst_tokens")


def _get_init_token(erp: Erp, app: App, form: Mapping[str, str]) -> dict[str, Any]:
    if app.isv:
        raise Refusal("app_kind_wrong")
    return _authorise(erp, app, form)


def _access_token(erp: Erp, app: App, form: Mapping[str, str]) -> dict[str, Any]:
    if not app.isv:
        raise Refusal("app_kind_wrong")
    if form["code"] != app.code:
        raise Refusal("code_wrong")
    return _authorise(erp, app, form)


def _refresh_token(erp: Erp, app: App, form: Mapping[str, str]) -> dict[str, Any]:
    if app.isv:
        raise Refusal("isv_refresh")
    if form["grant_type"] != "refresh_token":
        raise Refusal("grant_type_wrong")
    if form["scope"] != "all":
        raise Refusal("scope_wrong")
    authorisation = held(erp, app)
    if form["refresh_token"] != authorisation.refresh_token or authorisation.expires <= erp.now():
        raise Refusal("refresh_token_wrong")
    return _renewed(erp, app, authorisation.generation + _is_new(erp))


CALLS: dict[str, tuple[frozenset[str], Grant]] = {
    "/openWeb/auth/getInitToken": (frozenset({"grant_type", "code"}), _get_init_token),
    "/openWeb/auth/accessToken": (frozenset({"grant_type", "code"}), _access_token),
    "/openWeb/auth/refreshToken": (frozenset({"grant_type", "refresh_token", "scope"}), _refresh_token),
}
"""Path → the fields it needs beside app_key, timestamp, charset and sign, and what it does."""


def _authorise(erp: Erp, app: App, form: Mapping[str, str]) -> dict[str, Any]:
    known = {"authorization_code"} if erp.settings.grant_type == "documented" else GRANT_TYPES
    if form["grant_type"] not in known:
        raise Refusal("grant_type_wrong")
    authorisation = held(erp, app)
    if authorisation.expires <= erp.now() or _is_new(erp):
        return _renewed(erp, app, authorisation.generation + 1)
    return _answer(authorisation, erp.now())


def _is_new(erp: Erp) -> bool:
    return erp.settings.token_values == "new"  # noqa: S105 - no secret


def _renewed(erp: Erp, app: App, generation: int) -> dict[str, Any]:
    now = erp.now()
    _, expires = _write(erp, app, generation, now + erp.settings.token_seconds)
    return _answer(Authorisation(*accounts.tokens(app, generation), generation, expires), now)


def _answer(authorisation: Authorisation, now: int) -> dict[str, Any]:
    return {
        "access_token": authorisation.access_token,
        "expires_in": authorisation.expires - now,  # seconds left, not a total
        "refresh_token": authorisation.refresh_token,
        "scope": "all",
    }


def _write(erp: Erp, app: App, generation: int, expires: int) -> tuple[int, int]:
    with erp.context.db as db:
        db.execute("INSERT OR REPLACE INTO jst_tokens VALUES (?, ?, ?)", (app.key, generation, expires))
    return generation, expires

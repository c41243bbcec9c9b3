"""The one account of the sandbox's Kingdee: fixed, obviously made up, the same every time."""

from __future__ import annotations

from typing import Any

from erp_sandbox.kingdee import signing

ACCT_ID = "5f3a0000000001"
ACCOUNT_NAME = "演示账套"
USER_NAME = "演示用户"
USER_NUMBER = "demo"
PERSON_NUMBER = "accountant"
"""The user who works in Kingdee's own client; no client of the WebAPI signs in as this one."""
PASSWORD = "sandbox-password"  # noqa: S105 - a made-up one, printed by `erp-sandbox credentials`
APP_ID = f"200001_{signing.mask(b'sandbox-client-secret-01')}"
APP_SECRET = "0123456789abcdef0123456789abcdef"  # noqa: S105 - a made-up one, printed by `erp-sandbox credentials`
LCID = 2052
LCIDS = frozenset({"2052", "1033", "3076"})
ORG_NUM = "0"
DEFAULT_ORG = "100"


def credentials(base_url: str, directory: str) -> dict[str, Any]:
    """Return what an operator reads off 「第三方系统登录授权」, and the base URL."""
    return {
        "galaxy": {
            "base_url": f"{base_url}/{directory}/",
            "acct_id": ACCT_ID,
            "username": USER_NAME,
            "password": PASSWORD,
            "app_id": APP_ID,
            "app_secret": APP_SECRET,
            "lcid": LCID,
            "org_num": ORG_NUM,
        }
    }

"""The two accounts 账套 of the sandbox's Kingdee: fixed, obviously made up, the same every time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from erp_sandbox.kingdee import signing

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


@dataclass(frozen=True, slots=True)
class Account:
    """One account: a data centre with its own site, tables, organisations and documents.

    Args:
        vendor: its name in the sandbox, which its tables' names begin with.
        id: the 账套 id that clients sign in with.
        name: its title.
        directory: the site's virtual directory.
        head_org: the organisation that makes the base data, and that a session begins in.
        presets: the files of base data, the later ones in place of the earlier ones' forms.
        ids_from: added to the first internal id of everything, so that accounts do not share ids.
        trades: it holds the retailer's own documents beside base data.
    """

    vendor: str
    id: str
    name: str
    directory: str
    head_org: str
    presets: tuple[str, ...] = ("preset.yml",)
    ids_from: int = 0
    trades: bool = False

    def credentials(self, base_url: str) -> dict[str, Any]:
        """Return what an operator reads off 「第三方系统登录授权」, and the base URL."""
        return {
            "galaxy": {
                "base_url": f"{base_url}/{self.directory}/",
                "acct_id": self.id,
                "username": USER_NAME,
                "password": PASSWORD,
                "app_id": APP_ID,
                "app_secret": APP_SECRET,
                "lcid": LCID,
                "org_num": ORG_NUM,
            }
        }


FIRST = Account(
    vendor="kingdee", id="5f3a0000000001", name="演示账套", directory="k3cloud", head_org="100", trades=True
)
SECOND = Account(
    vendor="kingdee_b",
    id="5f3a0000000002",
    name="演示账套二",
    directory="k3cloud-b",
    head_org="109",
    presets=("preset.yml", "preset_b.yml"),
    ids_from=7_000_000,
)

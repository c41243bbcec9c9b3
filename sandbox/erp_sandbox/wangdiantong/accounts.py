"""The one account each dialect has: fixed, obviously fake, and the same every time."""

from __future__ import annotations

from typing import Any

ENTERPRISE_SID = "demo2"
ENTERPRISE_APPKEY = "demo2-ot"
ENTERPRISE_SECRET = "not-a-real-secret-enterprise"  # noqa: S105 - opens nothing but this sandbox

FLAGSHIP_SID = "demo3"
FLAGSHIP_KEY = "demo3-key"
FLAGSHIP_SECRET = "not-a-real-secret-flagship"  # noqa: S105 - opens nothing but this sandbox
FLAGSHIP_SALT = "not-a-real-salt-flagship"

QIMEN_APP_KEY = "30000001"
QIMEN_SECRET = "not-a-real-secret-qimen"  # noqa: S105 - opens nothing but this sandbox
QIMEN_TARGET = "30009001"
QIMEN_FLAGSHIP_TARGET = "30009002"

ENTERPRISE_PATH = "/openapi2"
FLAGSHIP_PATH = "/openapi"
QIMEN_PATH = "/router/qm"
QIMEN_FLAGSHIP_PATH = "/qimen/flagship/router/qm"


def credentials(base_url: str) -> dict[str, Any]:
    """Return what a client needs, by dialect."""
    flagship = {"sid": FLAGSHIP_SID, "appkey": FLAGSHIP_KEY, "appsecret": f"{FLAGSHIP_SECRET}:{FLAGSHIP_SALT}"}
    top = {"app_key": QIMEN_APP_KEY, "app_secret": QIMEN_SECRET}
    return {
        "openapi": {
            "base_url": f"{base_url}{ENTERPRISE_PATH}/",
            "sid": ENTERPRISE_SID,
            "appkey": ENTERPRISE_APPKEY,
            "appsecret": ENTERPRISE_SECRET,
        },
        "flagship": {"base_url": f"{base_url}{FLAGSHIP_PATH}", **flagship},
        "qimen": {
            "base_url": f"{base_url}{QIMEN_PATH}",
            "sid": ENTERPRISE_SID,
            **top,
            "target_app_key": QIMEN_TARGET,
            "scene": "enterprise",
        },
        "qimen_flagship": {
            "base_url": f"{base_url}{QIMEN_FLAGSHIP_PATH}",
            **top,
            "target_app_key": QIMEN_FLAGSHIP_TARGET,
            **flagship,
            "scene": "flagship",
        },
    }

"""The applications that may call: fixed, obviously fake, and the same every time."""

from __future__ import annotations

from typing import Any, NamedTuple

PATH = "/open/openapi/do"
MEMBER = "demo-member"
"""吉客号: the name of the merchant, which listrefund asks for."""


class Application(NamedTuple):
    """An application 应用; ``token`` is what an ISV application was granted for the merchant, else None."""

    secret: str
    token: str | None = None


OWN_KEY, ISV_KEY, VECTOR_KEY = "10000010", "10000020", "10000001"
APPLICATIONS = {
    OWN_KEY: Application("Not-A-Real-Secret-Jikeyun"),
    ISV_KEY: Application("Not-A-Real-Secret-Jikeyun-ISV", "not-a-real-token-jikeyun"),
    # the one that the vendor contract signs its examples for
    VECTOR_KEY: Application("a1B2c3D4e5F60718293a4b5c6d7e8f90"),
}


def credentials(base_url: str) -> dict[str, Any]:
    """Return what a client needs, by kind of application: 自研应用 and ISV 应用."""
    shared = {"base_url": f"{base_url}{PATH}", "member_name": MEMBER}
    isv = APPLICATIONS[ISV_KEY]
    return {
        "openapi": {**shared, "appkey": OWN_KEY, "appsecret": APPLICATIONS[OWN_KEY].secret},
        "isv": {**shared, "appkey": ISV_KEY, "appsecret": isv.secret, "token": isv.token},
    }

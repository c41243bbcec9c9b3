from __future__ import annotations

from typing import TYPE_CHECKING

from erp_sandbox.wangdiantong.vendor import WANGDIANTONG

if TYPE_CHECKING:
    from erp_sandbox.vendor import Vendor


def _vendors() -> dict[str, Vendor]:
    vendors: list[Vendor] = [WANGDIANTONG]
    try:
        from erp_sandbox.kingdee.vendor import KINGDEE  # noqa: PLC0415 - until the package is there
    except ImportError:
        return {vendor.name: vendor for vendor in vendors}
    return {vendor.name: vendor for vendor in [*vendors, KINGDEE]}


VENDORS: dict[str, Vendor] = _vendors()
"""Every ERP of the sandbox by name, in the order in which they are seeded."""

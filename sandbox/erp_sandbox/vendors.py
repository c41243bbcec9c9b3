from __future__ import annotations

from typing import TYPE_CHECKING

from erp_sandbox.kingdee.vendor import KINGDEE
from erp_sandbox.wangdiantong.vendor import WANGDIANTONG

if TYPE_CHECKING:
    from erp_sandbox.vendor import Vendor

VENDORS: dict[str, Vendor] = {vendor.name: vendor for vendor in (WANGDIANTONG, KINGDEE)}
"""Every ERP of the sandbox by name, in the order in which they are seeded and routed: Kingdee's site takes the rest."""

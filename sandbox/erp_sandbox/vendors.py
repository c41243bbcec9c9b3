from __future__ import annotations

from typing import TYPE_CHECKING

from erp_sandbox.jikeyun.vendor import JIKEYUN
from erp_sandbox.jushuitan.vendor import JUSHUITAN
from erp_sandbox.kingdee.vendor import KINGDEE, KINGDEE_B
from erp_sandbox.wangdiantong.vendor import WANGDIANTONG

if TYPE_CHECKING:
    from erp_sandbox.vendor import Vendor

VENDORS: dict[str, Vendor] = {vendor.name: vendor for vendor in (WANGDIANTONG, JUSHUITAN, JIKEYUN, KINGDEE_B, KINGDEE)}
"""Every ERP of the sandbox by name, in the order they are seeded and routed: Kingdee's first site takes the rest."""

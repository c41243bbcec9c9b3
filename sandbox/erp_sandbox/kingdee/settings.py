"""The switches of the sandbox's Kingdee: what tenants and builds do differently, and what the record leaves open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import msgspec

from erp_sandbox.errors import SandboxError
from erp_sandbox.kingdee.account import FIRST

if TYPE_CHECKING:
    from collections.abc import Mapping

    from erp_sandbox.kingdee.account import Account


class Settings(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Each switch is described in this package's README; the first value of a choice is the default."""

    auto_audit: Literal["rollback", "stays-saved"] = "rollback"
    stays_saved_in: Literal["A", "B"] = "B"
    closed_until: dict[str, str] = {}
    closed_at: Literal["save", "audit"] = "save"
    unique_numbers: bool = True
    key_case: Literal["insensitive", "sensitive"] = "insensitive"
    shared_org: str = "100"
    one_of: Literal["required", "optional"] = "required"
    broken_link: Literal["ignore", "refuse"] = "ignore"
    stock_control: bool = False
    auto_receivable: bool = False
    session_minutes: float = 20.0
    strict_signature: bool = False
    virtual_directories: tuple[str, ...] = ("k3cloud",)
    gateway: bool = False
    gateway_clock_minutes: float = 10.0
    view_without_session: Literal["error", "empty"] = "error"
    query_ceiling: int = 10_000
    shuffle_unordered: bool = False
    async_polls: int = 0
    calls_per_minute: int = 0
    modify_date: Literal["steps", "save"] = "steps"
    pushed_down: dict[str, list[str]] = {}
    refuse_audit: dict[str, dict[str, str]] = {}
    locked: dict[str, list[str]] = {}
    no_permission: list[str] = []

    def changed(self, changes: Mapping[str, Any]) -> Settings:
        """Return the settings with these changes.

        Raises:
            SandboxError: an unknown name or a value of the wrong kind.
        """
        merged = {**msgspec.to_builtins(self), **changes}
        try:
            return msgspec.convert(merged, Settings, strict=False)
        except msgspec.ValidationError as error:
            raise SandboxError(f"Kingdee's settings are wrong: {error}.") from None


NAMES = frozenset(Settings.__struct_fields__)
OF_ONE_ACCOUNT = frozenset({"virtual_directories", "shared_org"})
"""What accounts never have alike: the command line says it of the first one."""


def of_account(account: Account) -> Settings:
    """Return an account's settings as long as nobody changes them."""
    return Settings(virtual_directories=(account.directory,), shared_org=account.head_org)


def from_command_line(switches: Mapping[str, Any], account: Account = FIRST) -> Settings:
    """Return the settings that the serve command line says; switches that are not Kingdee's are left out."""
    own = {name: value for name, value in switches.items() if name in NAMES and value is not None}
    own |= switches.get(FIRST.vendor, {})
    if account is not FIRST:
        own = {name: value for name, value in own.items() if name not in OF_ONE_ACCOUNT}
        own |= switches.get(account.vendor, {})
    return of_account(account).changed(own)

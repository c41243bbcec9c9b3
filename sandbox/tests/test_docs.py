"""The README, held against the code."""

from pathlib import Path

import pytest
from erp_sandbox import fault_kinds
from erp_sandbox.cli import cli
from erp_sandbox.jikeyun import show as jikeyun
from erp_sandbox.jushuitan import show as jushuitan
from erp_sandbox.vendors import VENDORS
from erp_sandbox.wangdiantong import show as wangdiantong
from erp_sandbox.wangdiantong import show_rows
from erp_sandbox.wangdiantong.endpoints import ENTERPRISE, FLAGSHIP
from erp_sandbox.wangdiantong.settings import Settings

README = (Path(__file__).parents[1] / "README.md").read_text("utf-8")


def options():
    for command in cli.commands.values():
        for parameter in command.params:
            if parameter.param_type_name == "option":
                yield max(parameter.opts, key=len)


@pytest.mark.parametrize("option", sorted(set(options())))
def test_every_option_is_described(option):
    assert option in README


@pytest.mark.parametrize("command", sorted(cli.commands))
def test_every_command_is_described(command):
    assert f"| `{command} " in README


@pytest.mark.parametrize("switch", Settings.__struct_fields__)
def test_every_switch_is_described_with_its_default(switch):
    default = getattr(Settings(), switch)
    shown = {"": "empty", "False": "`false`"}.get(str(default), f"`{default}`")

    assert f"| `{switch}` | {shown} |" in README


@pytest.mark.parametrize("kind", sorted(fault_kinds.names().union(*(vendor.own_faults for vendor in VENDORS.values()))))
def test_every_fault_kind_is_described(kind):
    assert f"`{kind}`" in README


@pytest.mark.parametrize("endpoint", [*ENTERPRISE, *FLAGSHIP], ids=lambda endpoint: endpoint.name)
def test_every_interface_is_listed_by_both_names(endpoint):
    assert f"`{endpoint.qimen_name}`" in README
    assert f"`{endpoint.name}.php`" in README or f"`{endpoint.name}`" in README


@pytest.mark.parametrize(
    ("vendor", "shown"),
    [
        ("旺店通 Wangdiantong", [*wangdiantong.SHOWN, *show_rows.STREAMS]),
        ("聚水潭 Jushuitan", [*jushuitan.FORMS, *jushuitan.BASE_DATA]),
        ("吉客云 Jikeyun", [*jikeyun.DOCUMENTS, *jikeyun.ROWS]),
    ],
)
def test_everything_that_is_shown_is_named_in_its_vendors_section(vendor, shown):
    section = README.partition(f"## {vendor}\n")[2].partition("\n## ")[0]

    assert [name for name in shown if f"`{name}`" not in section] == []


def test_every_vendor_is_named():
    assert [name for name in VENDORS if f"`{name}`" not in README] == []

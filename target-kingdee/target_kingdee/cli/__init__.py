"""The command line: a Singer target when called as one, and the commands for people around it."""

from __future__ import annotations

import logging
import os
from typing import Any, NoReturn

import click
from erp_sdk.command import run

from target_kingdee.cli.dead_letters import dead_letters
from target_kingdee.cli.forms import form
from target_kingdee.cli.ledger import ledger
from target_kingdee.cli.queries import check, query
from target_kingdee.cli.reconcile import reconcile
from target_kingdee.target import TargetKingdee

COMMANDS = (query, check, form, dead_letters, ledger, reconcile)


def build() -> click.Group:
    """Return the command line of the target: singer-sdk's own options, and the commands below."""
    singer = TargetKingdee.cli

    @click.pass_context
    def singer_or_command(context: click.Context, /, **options: Any) -> None:
        if context.invoked_subcommand is None:
            TargetKingdee.invoke(**options)
        else:
            logging.getLogger().setLevel(os.environ.get("LOGLEVEL", "WARNING").upper())
            context.obj = options["config"]

    group = click.Group(
        TargetKingdee.name,
        params=singer.params,
        callback=singer_or_command,
        invoke_without_command=True,
        help="Deliver Singer records into 金蝶 Kingdee; without a command, read messages from standard input.",
    )
    for command in COMMANDS:
        group.add_command(command)
    return group


def main() -> NoReturn:
    """Run the command line."""
    run(build(), name=TargetKingdee.name)

"""Commands for people who write mappings: ``mapper-kd check``, ``preview`` and the like."""

from __future__ import annotations

import click

from mapper_kd.cli.check import check
from mapper_kd.cli.explain import explain
from mapper_kd.cli.import_qeasy import import_qeasy
from mapper_kd.cli.preview import preview
from mapper_kd.cli.test import run_cases
from mapper_kd.merging.command import merged


@click.group()
def commands() -> None:
    """Check mappings and look at what they do."""


for _command in (check, preview, import_qeasy, explain, run_cases, merged):
    commands.add_command(_command)

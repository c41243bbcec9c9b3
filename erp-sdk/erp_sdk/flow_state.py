"""``erp-state``: the bookmarks of a Meltano project's flows, shown and set back.

Meltano keeps one state for each pair of tap and target (``dev:tap-x-to-target-y``), as JSON in which a person has to
find the stream. This command knows the project's jobs, so that a flow is named as ``meltano run`` names it. It reads
and writes through ``meltano state`` alone, so any state backend will do.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from functools import cached_property
from pathlib import Path
from typing import Any

import click

from erp_sdk.command import SetupError, UserError, run
from erp_sdk.times import parse_time, rfc3339

State = dict[str, Any]

_NONE = {"never": "none yet: start_date holds", "whole": "none: read from start_date on, or as a whole each time"}


class Meltano:
    """The project's own Meltano, in one environment."""

    def __init__(self, environment: str | None) -> None:
        self.environment = environment

    def __call__(self, *arguments: str, text: str | None = None) -> str:
        """Run a Meltano command; returns what it printed.

        Raises:
            UserError: It failed; its own last sentence says why.
        """
        command = _meltano()
        chosen = ["--environment", self.environment] if self.environment else []
        done = subprocess.run(
            [command, "--log-level=error", *chosen, *arguments], capture_output=True, text=True, check=False, input=text
        )
        if done.returncode != 0:
            said = [line for line in done.stderr.strip().splitlines() if line.strip()] or ["no reason given"]
            raise UserError(f"meltano {' '.join(arguments[:2])} failed: {said[-1].strip()}")
        return done.stdout

    def flows(self) -> dict[str, list[str]]:
        """Return the blocks of each job: ``tap-x mapper target-y``."""
        listed = json.loads(self("job", "list", "--format=json"))
        return {job["job_name"]: [_block(task) for task in job["tasks"]] for job in listed["jobs"]}

    def state_id(self, block: str) -> str:
        """Return the id under which Meltano keeps the state of a block's tap and target."""
        tap, *_, target = block.split()
        environment = self.environment or _default_environment()
        return f"{environment}:{tap}-to-{target}"

    def read(self, state_id: str) -> State:
        """Return the state; empty before the first run."""
        if state_id not in self._state_ids:
            return {}
        return dict(json.loads(self("state", "get", state_id)))

    @cached_property
    def _state_ids(self) -> list[str]:
        return self("state", "list").split()

    def write(self, state_id: str, state: State) -> None:
        """Replace the state."""
        self("state", "set", "--force", state_id, json.dumps(state, ensure_ascii=False))


def bookmarks(state: State) -> dict[str, dict[str, Any]]:
    """Return the bookmarks of a state by stream, whether Meltano's wrapper is around them or not."""
    found: dict[str, dict[str, Any]] = state.get("singer_state", state).get("bookmarks", {})
    return found


@click.group()
@click.option("--environment", envvar="MELTANO_ENVIRONMENT", help="Environment of the project; its default otherwise.")
@click.pass_context
def cli(ctx: click.Context, environment: str | None) -> None:
    """Bookmarks 增量位点 of the flows in this Meltano project: show them, set them back.

    A FLOW is a job of meltano.yml, or the blocks of a run in quotes: "tap-x mapper-kd target-kingdee".
    """
    ctx.obj = Meltano(environment)


@cli.command()
@click.argument("flow", required=False)
@click.option("--json", "as_json", is_flag=True, help="JSON Lines instead of a table.")
@click.pass_obj
def show(meltano: Meltano, flow: str | None, *, as_json: bool) -> None:
    """Print each stream's bookmark: up to where its flow has delivered everything."""
    flows = {flow: _blocks(meltano, flow)} if flow else meltano.flows()
    rows = [
        {"flow": name, "stream": stream, "bookmark": bookmark.get("replication_key_value"), "state_id": state_id}
        for name, blocks in flows.items()
        for state_id in map(meltano.state_id, blocks)
        for stream, bookmark in (bookmarks(meltano.read(state_id)) or {"-": {}}).items()
    ]
    for row in rows:
        if as_json:
            click.echo(json.dumps(row, ensure_ascii=False))
        else:
            where = row["bookmark"] or _NONE["never" if row["stream"] == "-" else "whole"]
            click.echo(f"{row['flow']:38} {row['stream']:28} {where}")


@cli.command()
@click.argument("flow")
@click.argument("stream")
@click.argument("moment", metavar="DATE")
@click.pass_obj
def reset(meltano: Meltano, flow: str, stream: str, moment: str) -> None:
    """Let the next run of FLOW read STREAM from DATE on again, whether that is before or after its bookmark.

    DATE is 2026-03-30 or '2026-03-30 08:00:00', Beijing time; 'start' takes the bookmark away, so that start_date
    holds. What has been delivered already is not delivered again: the target knows it by its content.
    """
    value = None if moment == "start" else _moment(moment)
    changed = []
    for block in _blocks(meltano, flow):
        state_id = meltano.state_id(block)
        state = meltano.read(state_id)
        known = bookmarks(state)
        if stream not in known:
            continue
        before = known[stream].get("replication_key_value")
        key = known[stream].get("replication_key")
        if value is None:
            del known[stream]
        elif key is None:
            raise SetupError(f"{stream} of {flow} has no bookmark to set: it is read as a whole each time.")
        else:
            known[stream] = {"replication_key": key, "replication_key_value": value}
        meltano.write(state_id, state)
        changed.append(state_id)
        click.echo(f"{stream} of {flow}: {value or 'no bookmark, start_date holds'} (was {before or 'none'}).")
    if not changed:
        streams = sorted({name for block in _blocks(meltano, flow) for name in _streams(meltano, block)})
        raise SetupError(
            f"{flow} has no bookmark of {stream}; it has "
            + (f"{', '.join(streams)}." if streams else "none yet: its first run starts at start_date.")
        )


def _streams(meltano: Meltano, block: str) -> list[str]:
    return list(bookmarks(meltano.read(meltano.state_id(block))))


def _blocks(meltano: Meltano, flow: str) -> list[str]:
    """Return the blocks of a job, or the blocks that were written out."""
    if " " in flow:
        return [flow]
    flows = meltano.flows()
    if flow not in flows:
        raise SetupError(f"there is no job {flow} in meltano.yml; the jobs are {', '.join(flows) or 'none'}.")
    return flows[flow]


def _block(task: str | list[str]) -> str:
    return task if isinstance(task, str) else " ".join(task)


def _moment(text: str) -> str:
    try:
        moment = parse_time(text)
    except ValueError:
        moment = None
    if moment is None:
        raise SetupError(f"{text!r} is no date; write 2026-03-30 or '2026-03-30 08:00:00' (Beijing time), or start.")
    return rfc3339(moment)


def _meltano() -> str:
    beside = Path(sys.executable).with_name("meltano")
    found = str(beside) if beside.exists() else shutil.which("meltano")
    if found is None:
        raise SetupError("there is no meltano command here; install it, or add it to the PATH.")
    return found


def _default_environment() -> str:
    """Return the project's default environment, which ``meltano state`` does not take by itself."""
    for folder in (Path.cwd(), *Path.cwd().parents):
        project = folder / "meltano.yml"
        if project.exists():
            for line in project.read_text(encoding="utf-8").splitlines():
                name, _, value = line.partition(":")
                if name == "default_environment":
                    return value.partition("#")[0].strip()
    raise SetupError("no environment: run this in a Meltano project, or give --environment.")


def main() -> None:
    """Run the command line."""
    run(cli, name="erp-state")

from __future__ import annotations

import contextlib
import logging
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from erp_sandbox import faults, seeding, server, store
from erp_sandbox.clock import Clock
from erp_sandbox.context import Context
from erp_sandbox.control import vendor_named
from erp_sandbox.errors import SandboxError
from erp_sandbox.fault_drawing import Drawn
from erp_sandbox.kingdee.vendor import KINGDEE
from erp_sandbox.limits import Limits
from erp_sandbox.retail import codes as code_tables
from erp_sandbox.vendors import VENDORS
from erp_sandbox.wangdiantong.vendor import WANGDIANTONG

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

DEFAULT_STATE = Path(".sandbox/erp.sqlite")
DEFAULT_PORT = 8650
DEFAULT_URL = f"http://127.0.0.1:{DEFAULT_PORT}"


class _Group(click.Group):
    """A command group that ends with one sentence where the user asked for what cannot be done."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except SandboxError as error:
            click.echo(f"erp-sandbox: {error}", err=True)
            ctx.exit(error.exit_code)
        except BrokenPipeError:
            sys.stdout = None  # whoever read us has gone; nothing is left to flush
            ctx.exit(1)
        except KeyboardInterrupt:
            ctx.exit(128 + signal.SIGINT)


def seed_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say which data."""
    command = click.option("--until", metavar="YYYY-MM-DD", help="The last trading day; default: yesterday.")(command)
    return click.option(
        "--taobao-shops", type=int, default=0, show_default=True, help="So many shops sell on Taobao (platform 1)."
    )(command)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--state", type=click.Path(dir_okay=False, path_type=Path), default=DEFAULT_STATE, show_default=True,
              help="The SQLite file that holds what the ERPs hold.")  # fmt: skip
@click.version_option(package_name="erp-sandbox")
@click.pass_context
def cli(ctx: click.Context, state: Path) -> None:
    """旺店通, 聚水潭, 吉客云 and 金蝶 on loopback, with one real retailer's year."""
    ctx.obj = state


@cli.command()
@click.option("--days", type=int, default=7, show_default=True, help="The last N days of the year; 365 is all of it.")
@seed_options
@click.option("--reset", is_flag=True, help="Empty the state first.")
@click.pass_obj
def seed(state: Path, /, *, days: int, until: str | None, taobao_shops: int, reset: bool) -> None:
    """Fill the state with the retailer's last days. The same options give the same data."""
    last_day = seeding.parse_until(until)
    with store.alone(state), contextlib.closing(store.open_state(state, create=True)) as db:
        held, fresh = seeding.seed(db, days=days, until=last_day, taobao_shops=taobao_shops, reset=reset)
    verb = "Seeded" if fresh else "Already seeded, left as it is:"
    shops = f", {held.taobao_shops} Taobao shops" if held.taobao_shops else ""
    click.echo(f"{verb} {state}: {held.days} days until {held.until}{shops}.")


@cli.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Loopback unless you say otherwise.")
@click.option("--port", type=click.IntRange(0, 65535), default=DEFAULT_PORT, show_default=True,
              help="0 takes a free port; the JSON line on stdout names it.")  # fmt: skip
@click.option("--limits", type=click.Choice(["real", "off"]), default="real", show_default=True,
              help="The vendors' rate limits.")  # fmt: skip
@click.option("--faults", "plan", type=click.Path(dir_okay=False, path_type=Path), metavar="PLAN.yml",
              help="Which calls go wrong, and how.")  # fmt: skip
@click.option("--fault-seed", type=int, metavar="N",
              help="Draw the plan from a seed: the same faults for the same seed.")  # fmt: skip
@click.option("--fault-intensity", type=click.FloatRange(min=0, max=1, min_open=True), default=0.1, show_default=True,
              help="About how many of the calls a drawn fault hits.")  # fmt: skip
@click.option("--clock-skew", type=float, default=0.0, show_default=True, metavar="SECONDS",
              help="How far the vendors' clock is ahead of this machine's; negative: behind.")  # fmt: skip
@click.option("--auto-audit", type=click.Choice(["rollback", "stays-saved"]), default="rollback", show_default=True,
              help="What Kingdee does with a document that IsAutoSubmitAndAudit cannot audit.")  # fmt: skip
@click.option("--session-minutes", type=click.FloatRange(min=0, min_open=True), default=20.0, show_default=True,
              help="How long an idle Kingdee session lives.")  # fmt: skip
@click.option("--gateway/--no-gateway", default=False, show_default=True,
              help="Kingdee behind the open-platform gateway: signed calls only.")  # fmt: skip
@click.option("--wdt", multiple=True, metavar="NAME=VALUE",
              help="A Wangdiantong switch, such as page_size_over=error; may be repeated.")  # fmt: skip
@click.option("--jst", multiple=True, metavar="NAME=VALUE",
              help="A Jushuitan switch, such as page_size_over=error; may be repeated.")  # fmt: skip
@click.option("--jky", multiple=True, metavar="NAME=VALUE",
              help="A Jikeyun switch, such as money=cents; may be repeated.")  # fmt: skip
@click.option("--kingdee", multiple=True, metavar="NAME=VALUE",
              help="A Kingdee switch, such as unique_numbers=false; may be repeated.")  # fmt: skip
@click.option("--seed-days", type=int, help="Seed so many days first when the state is empty.")
@seed_options
@click.pass_obj
def serve(
    state: Path,
    /,
    *,
    host: str,
    port: int,
    plan: Path | None,
    fault_seed: int | None,
    fault_intensity: float,
    seed_days: int | None,
    until: str | None,
    taobao_shops: int,
    **switches: Any,
) -> None:
    """Answer as the vendors do until stopped. One JSON line on stdout says where, as soon as it listens."""
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s")
    last_day = seeding.parse_until(until)
    if plan is not None and fault_seed is not None:
        raise SandboxError("Give either --faults or --fault-seed.")
    fault_plan = None if plan is None else faults.read_plan(plan)
    if fault_seed is not None:
        fault_plan = {"seed": fault_seed, "intensity": fault_intensity}
    with (
        store.alone(state),
        contextlib.closing(server.listen(host, port)) as bound,
        contextlib.closing(store.open_state(state, create=seed_days is not None)) as db,
    ):
        if seed_days is not None:
            seeding.seed(db, days=seed_days, until=last_day, taobao_shops=taobao_shops)
        elif store.seeded(db) is None:
            raise SandboxError(f"The sandbox state {state} is empty: run `erp-sandbox --state {state} seed` first.")
        with db:
            for vendor in VENDORS.values():
                vendor.create_tables(db)
        context = _context(db, state, switches)
        context.faults.replace(fault_plan)
        code = server.serve(context, bound, lambda url: click.echo(server.announcement(url)))
    raise SystemExit(code)


def _context(db: sqlite3.Connection, state: Path, switches: dict[str, Any]) -> Context:
    limits = Limits(enabled=switches.pop("limits") == "real")
    switches[WANGDIANTONG.name] = _pairs(switches.pop("wdt"))
    switches["jushuitan"] = _pairs(switches.pop("jst"))
    switches["jikeyun"] = _pairs(switches.pop("jky"))
    switches[KINGDEE.name] = _pairs(switches.pop("kingdee"))
    clock = Clock(switches.pop("clock_skew"))
    return Context(db=db, state=state, faults=_empty_plan(), limits=limits, settings=switches, clock=clock)


def _empty_plan() -> faults.FaultPlan:
    own = {name: vendor.own_faults for name, vendor in VENDORS.items()}
    return faults.FaultPlan(own, {name: vendor.drawn_calls for name, vendor in VENDORS.items()})


@cli.command()
@click.option("--json", "as_json", is_flag=True, help="JSON instead of a list to read.")
@click.option("--url", default=DEFAULT_URL, show_default=True, help="Where the sandbox is served.")
def credentials(url: str, *, as_json: bool) -> None:
    """Print each vendor's base URL and credentials, for any client."""
    found = {name: vendor.credentials(url.rstrip("/")) for name, vendor in VENDORS.items()}
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(found), indent=2))
        return
    for name, products in found.items():
        for product, fields in products.items():
            click.echo(f"{name} {product}")
            for key, value in fields.items():
                click.echo(f"  {key:16} {value}")


@cli.command()
@click.argument("vendor")
@click.argument("what")
@click.option("--json", "as_json", is_flag=True, help="JSON Lines, one whole document a line (the default).")
@click.option("--number", help="Only the document with this number.")
@click.option("--lines", is_flag=True, help="One line of output for each line of a document.")
@click.option("--summary", is_flag=True, help="Counts and sums instead of documents.")
@click.option("--where", multiple=True, metavar="NAME=VALUE", help="A further query parameter, as in the URL.")
@click.pass_obj
def show(
    state: Path,
    /,
    *,
    vendor: str,
    what: str,
    number: str | None,
    where: tuple[str, ...],
    lines: bool,
    summary: bool,
    **_: bool,
) -> None:
    """Print what a vendor really holds, such as `show kingdee SAL_OUTSTOCK`."""
    query: dict[str, str] = _pairs(where)
    if number is not None:
        query["number"] = number
    if lines:
        query["lines"] = "1"
    erp = vendor_named(vendor)
    out = sys.stdout.buffer
    with store.reading(state) as db:
        if summary:
            out.write(msgspec.json.encode(erp.summary(db, what, query)) + b"\n")
            return
        encode = msgspec.json.Encoder().encode
        for document in erp.show(db, what, query):
            out.write(encode(document) + b"\n")


@cli.command("faults")
@click.option("--seed", type=int, required=True, help="The same faults for the same seed.")
@click.option("--intensity", type=click.FloatRange(min=0, max=1, min_open=True), default=0.1, show_default=True,
              help="About how many of the calls a drawn fault hits.")  # fmt: skip
@click.option("--vendor", "vendors", multiple=True, help="Only faults of this vendor; may be repeated.")
@click.option("--kind", "kinds", multiple=True, help="Only faults of this kind; may be repeated.")
def draw_faults(seed: int, intensity: float, vendors: tuple[str, ...], kinds: tuple[str, ...]) -> None:
    """Print the fault plan that a seed gives, as YAML for `serve --faults`."""
    drawn = Drawn(seed=seed, intensity=intensity, vendors=list(vendors), kinds=list(kinds))
    click.echo(faults.write_plan(_empty_plan().draw(drawn)), nl=False)


@cli.command()
@click.option("--output", type=click.Path(file_okay=False, path_type=Path), required=True, metavar="DIR",
              help="Where the CSV files go; made when missing.")  # fmt: skip
def codes(output: Path) -> None:
    """Write the code tables a seller of this data keeps: sale_org, warehouse, customer."""
    for path in code_tables.write(output):
        click.echo(path)


def _pairs(texts: tuple[str, ...]) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals:
            raise SandboxError(f"{text!r} is not NAME=VALUE.")
        pairs[name] = value
    return pairs

"""The main job, end to end: ``python -m demo``.

Exit codes: 0 the two sides reconcile exactly, 1 they do not or a step failed, 2 wrong usage.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

from demo.reconciliation import Reconciliation, reconcile
from demo.report import console, print_reconciliation, step
from demo.stage import BIN, ROOT, DemoError, Stage, documents, summary

RUN = ("run", "tap-wangdiantong", "mapper-kd", "target-kingdee")
CODE_TABLES = {  # file: form and fields, each under the name that the mapping uses
    "customer_seller.csv": ["BD_Customer", "customer=FNumber", "seller=FSELLER.FNumber"],
    "sale_order_entry.csv": [
        "SAL_SaleOrder",
        "bill_no=FBillNo",
        "material=FMaterialId.FNumber",
        "fid=FID",
        "entry_id=FSaleOrderEntry_FEntryID",
    ],
}


def read_code_tables(stage: Stage, env: dict[str, str]) -> None:
    """Read from Kingdee what mappings look up there: a customer's salesman, a sale order's entry ids."""
    stage.codes.mkdir(parents=True, exist_ok=True)
    for name, (form, *fields) in CODE_TABLES.items():
        table = stage.command("target-kingdee", "query", form, *fields, env=env)
        (stage.codes / name).write_text(table, encoding="utf-8")


def run_pipeline(stage: Stage, url: str, env: dict[str, str]) -> None:
    """Run Meltano and show how far it is; its own log goes to a file."""
    total = summary(url, "wangdiantong/sales_stockouts")["documents"]
    command = [str(BIN / "meltano"), *RUN]
    path = f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}"
    with stage.log.open("w") as log, console.status("starting") as status:
        process = subprocess.Popen(
            command, cwd=stage.project, env={**os.environ, **env, "PATH": path}, stderr=log, stdout=log
        )
        while process.poll() is None:
            held = summary(url, "kingdee/SAL_OUTSTOCK")["documents"]
            status.update(f"{held:,} of {total:,} documents are in Kingdee")
            time.sleep(0.5)
    if process.returncode != 0:
        raise DemoError(f"meltano run failed with exit code {process.returncode}; its log is {stage.log}.")


def verdict(stage: Stage, url: str, env: dict[str, str]) -> Reconciliation:
    """Compare both sides' truth with the ledger's dead letters."""
    reasons: dict[str, str] = {}
    for line in stage.command("target-kingdee", "dead-letters", "export", env=env).splitlines():
        letter = json.loads(line)
        key = letter["source_key"]
        key = json.loads(key) if isinstance(key, str) else key
        reasons[str(key["stockout_id"])] = letter["reason"]
    source = documents(url, "wangdiantong/sales_stockouts")
    return reconcile(source, documents(url, "kingdee/SAL_OUTSTOCK"), reasons)


def demo(stage: Stage, days: int, until: date | None) -> int:
    """Run all steps; returns the exit code."""
    step(f"Seeding the sandbox with {days} trading days of one real retailer ({stage.state})")
    stage.seed(days, until)
    with stage.sandbox() as url:
        env = stage.environment(url)
        before = summary(url, "kingdee/SAL_OUTSTOCK")["documents"]
        step("Reading code tables from Kingdee: target-kingdee query …")
        read_code_tables(stage, env)
        step(f"meltano {' '.join(RUN)}")
        started = time.monotonic()
        run_pipeline(stage, url, env)
        delivered = summary(url, "kingdee/SAL_OUTSTOCK")["documents"] - before
        news = f"{delivered:,} new documents" if delivered else "Nothing new: every document was already there"
        step(f"{news} ({time.monotonic() - started:.0f} s)")
        result = verdict(stage, url, env)
        print_reconciliation(result)
    if not result.is_exact:
        console.print("[bold red]The two sides do not reconcile.[/]")
        return 1
    console.print("[bold green]Reconciled: source = delivered + dead-lettered, to the cent.[/]")
    say_what_next(stage)
    return 0


def say_what_next(stage: Stage) -> None:
    """Print where things are and what to try."""
    home = Path(os.path.relpath(stage.home))
    console.print(
        f"""
Ledger: {stage.ledger}

Try next
  . {home}/env                              the settings of this demo, for this shell
  target-kingdee dead-letters list         what was not delivered, and why
  meltano --environment=dev state list     the bookmark; get | set | clear
  make demo                                again: delivers nothing new
With the sandbox up (erp-sandbox --state {home}/erp.sqlite serve --port {stage.port}), in another shell
  meltano {" ".join(RUN)}
  target-kingdee query SAL_OUTSTOCK FBillNo FDate FDocumentStatus
""".rstrip(),
        markup=False,
    )


def main() -> int:
    """Read the command line and run the demo."""
    parser = argparse.ArgumentParser(prog="demo", description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--home", type=Path, default=ROOT / ".demo", help="where everything is written")
    parser.add_argument("--project", type=Path, default=ROOT, help="the Meltano project")
    parser.add_argument("--days", type=int, default=7, help="how many trading days (1 to 365)")
    parser.add_argument("--until", type=date.fromisoformat, help="the last trading day; yesterday by default")
    parser.add_argument("--port", type=int, default=8650, help="where the sandbox listens on 127.0.0.1")
    options = parser.parse_args()
    try:
        stage = Stage(options.home.resolve(), options.project.resolve(), options.port)
        return demo(stage, options.days, options.until)
    except DemoError as error:
        console.print(f"demo: {error}", style="red", markup=False)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())

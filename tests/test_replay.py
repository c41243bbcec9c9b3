"""Dead letters and results through Meltano: `meltano run tap-ledger …`."""

from __future__ import annotations

import json
from datetime import date

import psycopg

from demo.__main__ import read_code_tables, verdict

DELIVER = ("meltano", "run", "tap-wangdiantong", "mapper-kd", "target-kingdee")
REPLAY = ("meltano", "run", "tap-ledger", "mapper-kd", "target-kingdee")
RESULTS = ("meltano", "run", "tap-ledger--results", "target-postgres")


def test_mended_dead_letters_are_replayed_and_results_land_in_postgres(flow, postgres_database):
    flow.stage.seed(1, date.fromisoformat("2026-03-31"))
    with flow.stage.sandbox() as url:
        env = flow.stage.environment(url)
        read_code_tables(flow.stage, env)
        customers = flow.stage.project / "transforms" / "codes" / "customer.csv"
        mended = customers.read_text(encoding="utf-8")
        lines = mended.splitlines()
        customers.write_text("\n".join(line for line in lines if not line.endswith("7")) + "\n", encoding="utf-8")

        def command(*args: str, **settings: str) -> str:
            done = flow.run(*args, **{**env, **settings})
            assert done.returncode == 0, done.stdout + done.stderr
            return done.stdout

        def open_letters() -> list[dict]:
            told = command("target-kingdee", "dead-letters", "list", "--reason", "code_missing", "--json")
            return [json.loads(line) for line in told.splitlines()]

        command(*DELIVER)
        broken = open_letters()
        customers.write_text(mended, encoding="utf-8")
        command(*REPLAY, TAP_LEDGER_REASON="code_missing")
        left = open_letters()
        command(*REPLAY, TAP_LEDGER_REASON="code_missing")  # nothing is left, so that there is no stream
        loaded = command(
            *RESULTS,
            TARGET_POSTGRES_SQLALCHEMY_URL=postgres_database.url.replace("+psycopg", "+psycopg2"),
            TARGET_POSTGRES_DEFAULT_TARGET_SCHEMA="kingdee",
        )

        assert broken, loaded
        assert left == []
        assert verdict(flow.stage, url, env).is_exact

    with psycopg.connect(postgres_database.url.replace("+psycopg", "")) as connection:
        replayed = "select count(*) from kingdee.dead_letters where state = 'delivered' and reason = 'code_missing'"
        delivered = "select count(*) from kingdee.deliveries where status = 'delivered' and kingdee_id is not null"
        assert connection.execute(replayed).fetchall() == [(len(broken),)]
        assert connection.execute(delivered).fetchall()[0][0] > len(broken)

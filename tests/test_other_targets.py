"""The same tap into somebody else's target."""

from __future__ import annotations

from decimal import Decimal

import psycopg2

from demo.stage import summary


def test_stock_outs_land_in_postgres_with_exact_amounts(flow, postgres_database):
    with flow.served() as (url, env):
        settings = {
            **env,
            "TARGET_POSTGRES_SQLALCHEMY_URL": postgres_database.url.replace("+psycopg", "+psycopg2"),
            "TARGET_POSTGRES_DEFAULT_TARGET_SCHEMA": "wdt",
        }
        loaded = flow.run("meltano", "run", "tap-wangdiantong", "target-postgres", **settings)
        assert loaded.returncode == 0, loaded.stdout + loaded.stderr
        truth = summary(url, "wangdiantong/sales_stockouts", dialect="openapi")

    with psycopg2.connect(postgres_database.url.replace("+psycopg", "")) as connection, connection.cursor() as cursor:
        cursor.execute(
            """
            select count(distinct s.stockout_id), count(*), sum((line->>'goods_count')::numeric),
                   sum(round((line->>'goods_count')::numeric * (line->>'sell_price')::numeric, 2))
            from wdt.sales_stockouts s, unnest(s.details_list) line
            where s.status in ('95', '105', '110', '113')
            """
        )
        documents, lines, quantity, amount = cursor.fetchone()
    shipped = [truth["by_status"][status] for status in ("95", "105", "110", "113") if status in truth["by_status"]]
    assert documents == sum(part["documents"] for part in shipped)
    assert lines == sum(part["lines"] for part in shipped)
    assert quantity == sum(Decimal(part["quantity"]) for part in shipped)
    assert amount == sum(Decimal(part["amount"]) for part in shipped)

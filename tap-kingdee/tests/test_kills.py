"""A backfill that is killed, again and again, ends with the same documents."""

import random


def test_a_backfill_killed_at_any_moment_ends_with_every_document(tap, erp_sandbox, tmp_path):
    chance = random.Random(1)
    held = {
        document["FID"]: [line["FEntryID"] for line in document["FSaleOrderEntry"]]
        for document in erp_sandbox.show("kingdee", "SAL_SaleOrder")
    }
    settings = {"window_minutes": 240, "page_size": 40, "lookback_minutes": 0}
    read, state, kills, over = {}, None, 0, False

    while not over:
        # What a target has taken when the pipe breaks; after some kills the rest is let through.
        lines = chance.randrange(2, len(held) // 2) if kills < 3 else 10**6
        reading, over = tap.killed(tmp_path, "sale_orders", lines=lines, state=state, **settings)
        for order in reading.records("sale_orders"):
            read[order["FID"]] = [line["FEntryID"] for line in order["FSaleOrderEntry"]]
        state = reading.states[-1] if reading.states else state
        kills += not over
        assert kills < 5

    assert kills
    assert read == held

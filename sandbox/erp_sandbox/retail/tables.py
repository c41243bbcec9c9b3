"""The tables of what happened at the retailer."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3

TABLES = """
CREATE TABLE IF NOT EXISTS retail_facts (
    kind TEXT NOT NULL,
    id INTEGER NOT NULL,
    status TEXT NOT NULL,
    warehouse INTEGER NOT NULL,
    to_warehouse INTEGER NOT NULL,
    store INTEGER NOT NULL,
    household INTEGER NOT NULL,
    supplier INTEGER NOT NULL,
    reference INTEGER NOT NULL,
    basket INTEGER NOT NULL,
    happened INTEGER NOT NULL,       -- unix seconds, as created and modified
    created INTEGER NOT NULL,
    modified INTEGER NOT NULL,
    version INTEGER NOT NULL,
    remark TEXT NOT NULL,
    items BLOB NOT NULL,             -- MessagePack of the lines
    line_count INTEGER NOT NULL,
    quantity INTEGER NOT NULL,
    amount INTEGER NOT NULL,         -- cents
    PRIMARY KEY (kind, id)
);
CREATE INDEX IF NOT EXISTS retail_facts_modified ON retail_facts (kind, modified, id);
CREATE INDEX IF NOT EXISTS retail_facts_created ON retail_facts (kind, created, id);
CREATE INDEX IF NOT EXISTS retail_facts_happened ON retail_facts (kind, happened, id);
CREATE INDEX IF NOT EXISTS retail_facts_version ON retail_facts (kind, version);
CREATE TABLE IF NOT EXISTS retail_stock (
    product_id INTEGER NOT NULL,
    warehouse INTEGER NOT NULL,
    quantity INTEGER NOT NULL,
    locked INTEGER NOT NULL,         -- sold and not shipped yet
    modified INTEGER NOT NULL,
    version INTEGER NOT NULL,
    PRIMARY KEY (product_id, warehouse)
);
CREATE INDEX IF NOT EXISTS retail_stock_modified ON retail_stock (modified, product_id, warehouse);
CREATE INDEX IF NOT EXISTS retail_stock_version ON retail_stock (version);
CREATE TABLE IF NOT EXISTS retail_products (
    product_id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    department TEXT NOT NULL,
    brand TEXT NOT NULL,
    size TEXT NOT NULL,
    price INTEGER NOT NULL,          -- last shelf price, 1/10000 yuan
    disabled INTEGER NOT NULL,
    created INTEGER NOT NULL,
    modified INTEGER NOT NULL,
    version INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS retail_products_modified ON retail_products (modified, product_id);
CREATE INDEX IF NOT EXISTS retail_products_version ON retail_products (version);
CREATE TABLE IF NOT EXISTS retail_stores (
    store_id INTEGER PRIMARY KEY,
    created INTEGER NOT NULL,
    modified INTEGER NOT NULL
);
"""


def create_tables(db: sqlite3.Connection) -> None:
    """Create the tables that are not there."""
    for statement in TABLES.split(";\n"):
        if statement.strip():
            db.execute(statement)

"""The sandbox's SQLite file: one connection a thread, every change one short transaction."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SCHEMA = """
CREATE TABLE IF NOT EXISTS orders (
    id TEXT PRIMARY KEY, amount INTEGER NOT NULL, amount_paid INTEGER NOT NULL DEFAULT 0,
    currency TEXT NOT NULL, receipt TEXT, status TEXT NOT NULL DEFAULT 'created',
    attempts INTEGER NOT NULL DEFAULT 0, notes TEXT NOT NULL, created_at REAL NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS orders_receipt ON orders (receipt);
CREATE TABLE IF NOT EXISTS payments (
    id TEXT PRIMARY KEY, order_id TEXT NOT NULL REFERENCES orders (id),
    amount INTEGER NOT NULL, currency TEXT NOT NULL, status TEXT NOT NULL, method TEXT NOT NULL,
    captured INTEGER NOT NULL DEFAULT 0, amount_refunded INTEGER NOT NULL DEFAULT 0,
    email TEXT, contact TEXT, description TEXT, notes TEXT NOT NULL, fee INTEGER, tax INTEGER,
    error_code TEXT, error_description TEXT, error_source TEXT, error_step TEXT, error_reason TEXT,
    capture_at REAL, created_at REAL NOT NULL, refund_mode TEXT
) STRICT;
CREATE INDEX IF NOT EXISTS payments_order ON payments (order_id);
CREATE INDEX IF NOT EXISTS payments_due ON payments (capture_at) WHERE capture_at IS NOT NULL;
CREATE TABLE IF NOT EXISTS refunds (
    id TEXT PRIMARY KEY, payment_id TEXT NOT NULL REFERENCES payments (id),
    amount INTEGER NOT NULL, currency TEXT NOT NULL, status TEXT NOT NULL, speed TEXT NOT NULL,
    receipt TEXT, notes TEXT NOT NULL, idempotency_key TEXT UNIQUE, asked TEXT NOT NULL,
    created_at REAL NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS refunds_payment ON refunds (payment_id);
CREATE TABLE IF NOT EXISTS events (
    id TEXT PRIMARY KEY, event TEXT NOT NULL, body TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0, next_at REAL, delivered_at REAL, last_answer TEXT,
    created_at REAL NOT NULL, copies INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX IF NOT EXISTS events_due ON events (next_at) WHERE next_at IS NOT NULL;
CREATE TABLE IF NOT EXISTS settlement_lines (
    entity_id TEXT PRIMARY KEY, type TEXT NOT NULL, debit INTEGER NOT NULL, credit INTEGER NOT NULL,
    amount INTEGER NOT NULL, currency TEXT NOT NULL, fee INTEGER NOT NULL, tax INTEGER NOT NULL,
    created_at REAL NOT NULL, settled_at REAL NOT NULL, settlement_id TEXT NOT NULL, payment_id TEXT,
    settlement_utr TEXT NOT NULL, order_id TEXT, order_receipt TEXT, method TEXT
) STRICT;
CREATE INDEX IF NOT EXISTS settlement_lines_day ON settlement_lines (settled_at);
"""

# What a file of an earlier version lacks.
ADDED = (("payments", "refund_mode", "TEXT"), ("events", "copies", "INTEGER NOT NULL DEFAULT 1"))


class Store:
    """Opens the file; `changed` is set after every commit so the worker need not poll."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.changed = threading.Event()
        self._local = threading.local()
        path.parent.mkdir(parents=True, exist_ok=True)
        self._connection().executescript(SCHEMA)
        self._add_columns()

    def _connection(self) -> sqlite3.Connection:
        found: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if found is not None:
            return found
        connection = sqlite3.connect(self.path, timeout=10, isolation_level=None)
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA foreign_keys = ON")
        self._local.connection = connection
        return connection

    def _add_columns(self) -> None:
        for table, column, kind in ADDED:
            there = self._connection().execute(f"PRAGMA table_info({table})").fetchall()
            if column not in {row["name"] for row in there}:
                self._connection().execute(f"ALTER TABLE {table} ADD COLUMN {column} {kind}")

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """One snapshot: an order and its payments always agree."""
        yield from self._transaction("BEGIN")

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """Takes the write lock at once, so that what is checked is still true when it is written."""
        yield from self._transaction("BEGIN IMMEDIATE")
        self.changed.set()

    def _transaction(self, begin: str) -> Iterator[sqlite3.Connection]:
        connection = self._connection()
        connection.execute(begin)
        try:
            yield connection
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")

"""Settlements: captured money less the fee goes to the merchant's bank, and a report says of what.

By itself that happens when the report is asked for, `--settle-after-days` after the capture; by hand
on the page /v1/settlements/play, where each way a report can differ from the merchant's books is a
box to tick. A day of the report is one in India, as Razorpay's is.
"""

import sqlite3
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone

from .entities import Entity
from .errors import ApiError
from .ledger import fee_and_tax
from .signing import new_id

INDIA = timezone(timedelta(hours=5, minutes=30))
DAY = 86400.0
# An amount the sandbox's merchant never asked for.
STRANGE_AMOUNT = 54321
_PAYMENTS = """SELECT p.id, 'payment' AS type, p.amount, p.currency, p.method, p.created_at, NULL AS payment_id,
    o.id AS order_id, o.receipt AS order_receipt FROM payments p JOIN orders o ON o.id = p.order_id
    WHERE p.captured = 1"""
_REFUNDS = """SELECT r.id, 'refund' AS type, r.amount, r.currency, p.method, r.created_at, p.id AS payment_id,
    o.id AS order_id, o.receipt AS order_receipt FROM refunds r JOIN payments p ON p.id = r.payment_id
    JOIN orders o ON o.id = p.order_id WHERE r.status = 'processed'"""
_OPEN = """SELECT * FROM ({rows}) WHERE created_at <= ?
    AND id NOT IN (SELECT entity_id FROM settlement_lines) ORDER BY created_at, id"""


@dataclass(frozen=True)
class Mischief:
    """How the report shall differ: ids it leaves out, other amounts, a payment nobody knows."""

    leave_out: Sequence[str] = ()
    amounts: Mapping[str, int] = field(default_factory=dict)
    stranger: bool = False


def waiting(db: sqlite3.Connection, until: float) -> list[sqlite3.Row]:
    """Captured payments and processed refunds up to a moment that are in no report yet."""
    return db.execute(_OPEN.format(rows=f"{_PAYMENTS} UNION ALL {_REFUNDS}"), (until,)).fetchall()


def settle(
    db: sqlite3.Connection,
    *,
    only: Sequence[str] | None = None,
    until: float | None = None,
    at: float | None = None,
    mischief: Mischief | None = None,
) -> str | None:
    """One settlement of what waits (of `only` these, when given); its id, None when nothing does."""
    wrong = mischief or Mischief()
    now = time.time()
    rows = [row for row in waiting(db, until or now) if only is None or row["id"] in only]
    lines = [_line(row, wrong) for row in rows if row["id"] not in wrong.leave_out]
    if wrong.stranger:
        lines.append(_stranger(now))
    if not lines:
        return None
    settlement, settled_at = new_id("setl"), at or now
    utr = f"{int(settled_at)}{settlement[-6:].lower()}"
    db.executemany(
        "INSERT INTO settlement_lines VALUES (:entity_id, :type, :debit, :credit, :amount,"
        " :currency, :fee, :tax, :created_at, :settled_at, :settlement_id, :payment_id,"
        " :settlement_utr, :order_id, :order_receipt, :method)",
        [
            {**line, "settlement_id": settlement, "settlement_utr": utr, "settled_at": settled_at}
            for line in lines
        ],
    )
    return settlement


def settle_due(db: sqlite3.Connection, days: float) -> None:
    """What the bank would have by now."""
    settle(db, until=time.time() - days * DAY)


def report(
    db: sqlite3.Connection, day: tuple[int, int, int | None], count: int, skip: int
) -> list[Entity]:
    """The lines of a day, or of a month."""
    begins, ends = _span(*day)
    rows = db.execute(
        "SELECT * FROM settlement_lines WHERE settled_at >= ? AND settled_at < ?"
        " ORDER BY settled_at, rowid LIMIT ? OFFSET ?",
        (begins, ends, count, skip),
    )
    return [_entity(row) for row in rows]


def _span(year: int, month: int, day: int | None) -> tuple[float, float]:
    try:
        first = date(year, month, day or 1)
    except ValueError:
        raise ApiError("The day does not exist.", field="day") from None
    after = first + timedelta(days=1 if day else 32)
    last = after if day else after.replace(day=1)
    begins, ends = (datetime(d.year, d.month, d.day, tzinfo=INDIA) for d in (first, last))
    return begins.timestamp(), ends.timestamp()


def _line(row: sqlite3.Row, wrong: Mischief) -> Entity:
    amount = wrong.amounts.get(row["id"], row["amount"])
    fee, tax = fee_and_tax(amount) if row["type"] == "payment" else (0, 0)
    given = row["type"] == "refund"
    return {
        "entity_id": row["id"], "type": row["type"], "amount": amount, "currency": row["currency"],
        "debit": amount if given else 0, "credit": 0 if given else amount - fee, "fee": fee,
        "tax": tax, "created_at": row["created_at"], "payment_id": row["payment_id"],
        "order_id": row["order_id"], "order_receipt": row["order_receipt"], "method": row["method"],
    }  # fmt: skip


def _stranger(now: float) -> Entity:
    fee, tax = fee_and_tax(STRANGE_AMOUNT)
    return {
        "entity_id": new_id("pay"), "type": "payment", "amount": STRANGE_AMOUNT, "currency": "INR",
        "debit": 0, "credit": STRANGE_AMOUNT - fee, "fee": fee, "tax": tax, "created_at": now,
        "payment_id": None, "order_id": new_id("order"), "order_receipt": None, "method": "card",
    }  # fmt: skip


def _entity(row: sqlite3.Row) -> Entity:
    whole = {name: int(row[name]) for name in ("created_at", "settled_at")}
    nothing = dict.fromkeys(("posted_at", "description", "card_network", "card_issuer",
                             "card_type", "dispute_id"))  # fmt: skip
    return {**dict(row), **whole, **nothing, "on_hold": False, "settled": True,
            "credit_type": "default", "notes": "[]"}  # fmt: skip

"""Papers for pages and for the accountant: plain values, nothing of a session."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select

from bookingapp.db import db, read
from bookingapp.papers import rules
from bookingapp.papers.models import CreditNote, Invoice
from bookingapp.papers.rules import PaperLine, TaxSum

# Built once: most of a small read's time is the building of its statement.
_invoice, _note = Invoice.__table__.c, CreditNote.__table__.c
_SAID = ("number", "issued_at", "currency", "total", "tax", "content")
_INVOICE = select(*(_invoice[name] for name in _SAID)).where(
    _invoice.booking_id == bindparam("booking")
)
_NOTES = (
    select(*(_note[name] for name in _SAID))
    .join_from(CreditNote.__table__, Invoice.__table__, _invoice.id == _note.invoice_id)
    .where(_invoice.booking_id == bindparam("booking"))
    .order_by(_note.id)
)
_NUMBER = select(_invoice.number).where(_invoice.booking_id == bindparam("booking"))


@dataclass(frozen=True)
class Paper:
    """An invoice or a credit note, all of it."""

    number: str
    issued_at: datetime
    currency: str
    total: int
    tax: int
    content: dict[str, Any]

    @property
    def starts_at(self) -> datetime:
        """When the film was to begin."""
        return datetime.fromisoformat(self.content["supply"]["starts_at"])

    @property
    def lines(self) -> list[PaperLine]:
        """Seat by seat, then the fee."""
        return [PaperLine(*line) for line in self.content["lines"]]

    @property
    def taxes(self) -> list[TaxSum]:
        """By rate."""
        return rules.by_rate(self.lines)


@dataclass(frozen=True)
class Papers:
    """A booking's invoice with the notes that take parts of it back."""

    invoice: Paper
    notes: list[Paper]


def of_booking(booking_id: int) -> Papers | None:
    """The papers of a booking; None when it has none."""
    row = read(_INVOICE, booking=booking_id).one_or_none()
    if row is None:
        return None
    return Papers(Paper(*row), [Paper(*note) for note in read(_NOTES, booking=booking_id)])


def number(booking_id: int) -> str:
    """The number of a booking's invoice; empty without one."""
    return read(_NUMBER, booking=booking_id).scalar_one_or_none() or ""


def between(since: datetime, until: datetime) -> Iterator[tuple[str, Paper]]:
    """What was issued in a span, by number: ("invoice" or "credit_note", paper)."""
    for series, model in (("invoice", Invoice), ("credit_note", CreditNote)):
        columns = model.__table__.c
        rows = db.session.execute(
            select(*(columns[name] for name in _SAID))
            .where(columns.issued_at >= since, columns.issued_at < until)
            .order_by(columns.fiscal_year, columns.sequence)
        )
        for row in rows:
            yield series, Paper(*row)

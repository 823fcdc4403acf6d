"""Steps that issue papers, inside the transaction of what they are about.

The number comes last: its counter is locked until the commit, and whoever confirms next waits there. A
deed that is rolled back gives its number back, so there is no gap.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import bindparam, insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from bookingapp import clock
from bookingapp.db import ask, is_sqlite, table
from bookingapp.papers import rules
from bookingapp.papers.models import CreditNote, Invoice, PaperCounter, Series
from bookingapp.papers.rules import PaperLine
from bookingapp.settings import current

# What a seat in a cinema is called in the tax books of the country whose money it is.
SERVICE_CODES = {"INR": "999614"}
# Built once: most of a small statement's time is its building.
_COUNTER = table(PaperCounter)


def _next(insert: Any) -> Any:  # noqa: ANN401 (either dialect's insert)
    return (
        insert(_COUNTER)
        .values(series=bindparam("series"), fiscal_year=bindparam("year"), last=1)
        .on_conflict_do_update(
            index_elements=["series", "fiscal_year"], set_={"last": _COUNTER.c.last + 1}
        )
        .returning(_COUNTER.c.last)
    )


_NEXT_SQLITE, _NEXT_POSTGRESQL = _next(sqlite.insert), _next(postgresql.insert)
_INVOICE, _CREDIT_NOTE = insert(table(Invoice)), insert(table(CreditNote))
_invoice, _note = Invoice.__table__.c, CreditNote.__table__.c
_OF_BOOKING = select(_invoice.id, _invoice.number, _invoice.currency, _invoice.content).where(
    _invoice.booking_id == bindparam("booking")
)
_OF_REFUND = select(_note.number).where(_note.refund_id == bindparam("refund"))


def invoice(
    session: Session,
    booking_id: int,
    lines: Sequence[PaperLine],
    facts: dict[str, Any],
    now: datetime,
) -> str:
    """An invoice for these lines; its number. `facts`: the theater, the showing, currency, zone."""
    content = {"seller": _seller(facts), "supply": facts["supply"], "zone": facts["zone"]}
    stamp = _Stamp(Series.INVOICE, facts["currency"], facts["zone"], now)
    return _issue(session, stamp, lines, content, booking_id=booking_id)


def credit_note(
    session: Session,
    booking_id: int,
    refund_id: int,
    lines: Sequence[PaperLine],
    now: datetime,
) -> str:
    """Take lines of a booking's invoice back, once a refund; the note's number.

    Empty when there is no invoice: the booking is older than these books.
    """
    known = ask(session, _OF_BOOKING, booking=booking_id).one_or_none()
    if known is None:
        return ""
    again = ask(session, _OF_REFUND, refund=refund_id).scalar_one_or_none()
    if again is not None:
        return str(again)
    frozen = {name: known.content[name] for name in ("seller", "supply", "zone")}
    content = {**frozen, "invoice": known.number}
    stamp = _Stamp(Series.CREDIT_NOTE, known.currency, frozen["zone"], now)
    return _issue(session, stamp, lines, content, invoice_id=known.id, refund_id=refund_id)


def number_of(session: Session, booking_id: int) -> str:
    """The number of a booking's invoice; empty without one."""
    row = ask(session, _OF_BOOKING, booking=booking_id).one_or_none()
    return str(row.number) if row else ""


class _Stamp(NamedTuple):
    """What kind of paper, in what money, where and when."""

    series: Series
    currency: str
    zone: str
    now: datetime


def _issue(
    session: Session,
    stamp: _Stamp,
    lines: Sequence[PaperLine],
    content: dict[str, Any],
    **whose: int,
) -> str:
    day = clock.local(stamp.now, stamp.zone).date()
    year = rules.fiscal_year(day, current().fiscal_year_month)
    counted = _NEXT_SQLITE if is_sqlite(session) else _NEXT_POSTGRESQL
    sequence = ask(session, counted, series=stamp.series, year=year).scalar_one()
    number = rules.number(stamp.series, year, sequence)
    ask(
        session,
        _INVOICE if stamp.series is Series.INVOICE else _CREDIT_NOTE,
        number=number,
        fiscal_year=year,
        sequence=sequence,
        issued_at=stamp.now,
        currency=stamp.currency,
        total=sum(line.price for line in lines),
        tax=sum(line.tax for line in lines),
        content={**content, "lines": [list(line) for line in lines]},
        **whose,
    )
    return number


def _seller(facts: dict[str, Any]) -> dict[str, str]:
    """Who sells, as the settings say; the theater where they say nothing."""
    settings = current()
    return {
        "name": settings.seller_name or facts["theater"],
        "address": settings.seller_address or facts["address"],
        "tax_id": settings.seller_tax_id,
        "service_code": settings.seller_service_code or SERVICE_CODES.get(facts["currency"], ""),
    }

"""Tax laws as rows: read for a sale, for a page, and written by whoever keeps the books."""

from collections.abc import Iterable
from datetime import date, timedelta
from itertools import groupby

from sqlalchemy import bindparam, delete, select
from sqlalchemy.orm import Session

from bookingapp.catalogue.kept import kept, kept_in_deeds
from bookingapp.catalogue.models import TaxBand, TaxRule
from bookingapp.catalogue.tax import Band, Law, LawThere, check_law, law_of
from bookingapp.db import Rows, ask, read
from bookingapp.settings import current

# What another process changes shows here after so long. Nothing sold hangs on it: a law that something
# was sold under is never changed, and a new one begins tomorrow.
SECONDS = 10.0
A_DAY = timedelta(days=1)
# Built once, over the bare tables: most of a small read's time is the building of its statement.
_rule, _band = (table.__table__.c for table in (TaxRule, TaxBand))
_LAWS = (
    select(_rule.since, _rule.fee_rate, _band.upto, _band.rate)
    .join_from(TaxRule.__table__, TaxBand.__table__, _band.tax_rule_id == _rule.id)
    .where(_rule.currency == bindparam("currency"))
    .order_by(_rule.since.desc(), _band.upto.is_(None), _band.upto)
)


def law(session: Session, day: date) -> Law:
    """The law a sale of this day is made under; read inside the sale's transaction, or lately."""
    currency = current().currency
    return law_of(
        kept_in_deeds(
            ("laws", currency), session, lambda: _laws(ask(session, _LAWS, currency=currency)), SECONDS
        ),
        day,
    )  # fmt: skip


def laws() -> tuple[Law, ...]:
    """All laws, newest first, for pages."""
    currency = current().currency
    return kept(("laws", currency), lambda: _laws(read(_LAWS, currency=currency)))


def law_on(day: date) -> Law:
    """The law of a day, for pages."""
    return law_of(laws(), day)


def add(session: Session, new: Law) -> None:
    """Write a law down. Raises LawUnclear, LawThere."""
    check_law(new)
    if find(session, new.since) is not None:
        raise LawThere(since=new.since)
    row = TaxRule(currency=current().currency, since=new.since, fee_rate=new.fee_rate)
    session.add(row)
    session.flush()
    session.add_all(TaxBand(tax_rule_id=row.id, upto=b.upto, rate=b.rate) for b in new.bands)
    session.flush()


def remove(session: Session, row: TaxRule) -> None:
    """A law that was never in force, or under which nothing was sold."""
    session.execute(delete(TaxBand).where(TaxBand.tax_rule_id == row.id))
    session.delete(row)
    session.flush()


def find(session: Session, since: date) -> TaxRule | None:
    """The row of the law that begins on a day."""
    return session.scalars(
        select(TaxRule).where(TaxRule.since == since, TaxRule.currency == current().currency)
    ).one_or_none()


def _laws(rows: Rows) -> tuple[Law, ...]:
    """One law from its rows; they come law by law, bands in order."""
    grouped = groupby(rows, key=lambda row: (row.since, row.fee_rate))
    return tuple(
        Law(since, fee_rate, _bands((row.upto, row.rate) for row in group))
        for (since, fee_rate), group in grouped
    )


def _bands(rows: Iterable[tuple[int | None, int]]) -> tuple[Band, ...]:
    return tuple(Band(upto, rate) for upto, rate in rows)

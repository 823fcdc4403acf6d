"""Reads of what can be sold: the site every page names, and prices. See also programme.py, plans.py.

Plain values come out, never rows of the session: pages and letters may keep them.
"""

import re
from dataclasses import dataclass, field
from datetime import date, datetime, time

from flask import Flask, current_app, g
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from bookingapp import clock
from bookingapp.catalogue.models import Price, Showtime, Theater, TicketType
from bookingapp.db import db


@dataclass(frozen=True)
class Site:
    """The cinema as its pages name it. `id` is None before a theater exists."""

    id: int | None = None
    name: str = "Matinee"
    address: str = ""
    phone: str = ""
    zone: str = "UTC"
    day_starts_at: time = field(default=time(4, 0))
    opening_note: str = ""
    entry_note: str = ""
    doors_minutes: int = 20
    currency: str = "INR"

    @property
    def phone_href(self) -> str:
        """The telephone link: digits, and the plus of an international number."""
        return "tel:" + re.sub(r"(?!^\+)\D", "", self.phone.strip())

    @property
    def today(self) -> date:
        """The programme day it is now: until four in the morning still yesterday's."""
        return self.day_of(clock.now())

    def day_of(self, instant: datetime) -> date:
        """The programme day an instant belongs to."""
        return clock.cinema_day(instant, self.zone, self.day_starts_at)

    def after_midnight(self, instant: datetime) -> bool:
        """Whether the calendar says one day more than the programme: a 00:15 show of the night."""
        return clock.local(instant, self.zone).date() != self.day_of(instant)

    def span(self, day: date) -> tuple[datetime, datetime]:
        """First instant of a programme day and the first of the next."""
        return clock.day_span(day, self.zone, self.day_starts_at)


@dataclass(frozen=True)
class PriceOption:
    """What a ticket type costs in one seat category, tax included, in minor units."""

    ticket_type_id: int
    name: str
    amount: int


def site() -> Site:
    """The one theater; read once a request."""
    if "site" not in g:
        g.site = _read_site()
    found: Site = g.site
    return found


def install(app: Flask) -> None:
    """Give every template `site`."""
    app.context_processor(lambda: {"site": _site_or_plain()})


def price_options(showtime_id: int) -> dict[int, list[PriceOption]]:
    """Per seat category what may be bought there, in the order of the ticket types.

    The first option is what a seat starts with. A category without a price is not there.
    """
    statement = (
        select(Price.category_id, Price.ticket_type_id, TicketType.name, Price.amount)
        .join(TicketType, TicketType.id == Price.ticket_type_id)
        .join(Showtime, Showtime.price_card_id == Price.price_card_id)
        .where(Showtime.id == showtime_id)
        .order_by(TicketType.position, TicketType.id)
    )
    options: dict[int, list[PriceOption]] = {}
    for category, kind, name, amount in db.session.execute(statement):
        options.setdefault(category, []).append(PriceOption(kind, name, amount))
    return options


def _read_site() -> Site:
    columns = (
        Theater.id, Theater.name, Theater.address, Theater.phone, Theater.time_zone,
        Theater.day_starts_at, Theater.opening_note, Theater.entry_note, Theater.doors_minutes,
    )  # fmt: skip
    row = db.session.execute(select(*columns).order_by(Theater.id).limit(1)).one_or_none()
    currency = current_app.config["SETTINGS"].currency
    return Site(*row, currency) if row else Site(currency=currency)


def _site_or_plain() -> Site:
    """The page that says "something broke" must stand even when the database is what broke."""
    try:
        return site()
    except SQLAlchemyError:
        return Site(currency=current_app.config["SETTINGS"].currency)

"""Reads of what can be sold: the site every page names, and prices. See also programme.py, plans.py.

Plain values come out, never rows of the session: pages and letters may keep them.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any

from flask import Flask, current_app, g
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from bookingapp import clock
from bookingapp.catalogue.kept import kept
from bookingapp.catalogue.models import Price, Theater, TicketType
from bookingapp.db import read

# Built once, over the bare tables: most of a small read's time is the building of its statement.
_theater, _price, _type = (table.__table__.c for table in (Theater, Price, TicketType))
_SITE = (
    select(
        _theater.id, _theater.name, _theater.address, _theater.phone,
        _theater.time_zone.label("zone"), _theater.day_starts_at, _theater.opening_note,
        _theater.entry_note, _theater.doors_minutes,
    )
    .order_by(_theater.id)
    .limit(1)
)  # fmt: skip
_OPTIONS = (
    select(
        _price.price_card_id, _price.category_id, _price.ticket_type_id, _type.name, _price.amount
    )
    .join_from(Price.__table__, TicketType.__table__, _type.id == _price.ticket_type_id)
    .order_by(_type.position, _type.id)
)


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


Options = Mapping[int, Sequence[PriceOption]]


def site() -> Site:
    """The one theater; read once a request."""
    if "site" not in g:
        g.site = kept("site", _read_site)
    found: Site = g.site
    return found


def install(app: Flask) -> None:
    """Give every template `site`."""
    app.context_processor(lambda: {"site": _site_or_plain()})


def price_options(price_card_id: int) -> Options:
    """Per seat category what may be bought there, in the order of the ticket types.

    The first option is what a seat starts with. A category without a price is not there.
    """
    return kept("price_options", _read_options).get(price_card_id, {})


def _read_options() -> dict[int, dict[int, list[PriceOption]]]:
    """All cards at once: they are few, and showings of every hour share them."""
    cards: dict[int, dict[int, list[PriceOption]]] = {}
    for card, category, kind, name, amount in read(_OPTIONS):
        options = cards.setdefault(card, {}).setdefault(category, [])
        options.append(PriceOption(kind, name, amount))
    return cards


def _read_site() -> Site:
    row = read(_SITE).one_or_none()
    facts: dict[str, Any] = dict(row._mapping) if row else {}  # noqa: SLF001 (its public name)
    return Site(**facts, currency=current_app.config["SETTINGS"].currency)


def _site_or_plain() -> Site:
    """The page that says "something broke" must stand even when the database is what broke."""
    try:
        return site()
    except SQLAlchemyError:
        return Site(currency=current_app.config["SETTINGS"].currency)

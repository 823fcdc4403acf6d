"""Promo codes in the office: made, seen in use, stopped."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select

from bookingapp import clock, money
from bookingapp.admin.blueprint import pages
from bookingapp.booking import service
from bookingapp.booking.models import Booking
from bookingapp.booking.promo_models import PromoCode, PromoUse
from bookingapp.booking.promo_rules import PromoUnclear
from bookingapp.booking.promos import COUNTS
from bookingapp.booking.service import NewCode
from bookingapp.catalogue.models import Movie
from bookingapp.catalogue.queries import site
from bookingapp.db import db
from bookingapp.errors import Refused
from bookingapp.settings import current
from bookingapp.web.access import access, me
from bookingapp.web.errors import sentence, status, title
from bookingapp.web.i18n import gettext as _

FIELDS = (
    "code",
    "worth",
    "unit",
    "max_uses",
    "max_per_email",
    "valid_from",
    "valid_until",
    "movie",
)
MOST = 1_000_000


@dataclass(frozen=True)
class CodeLine:
    """A code with what it is for and how often it was used."""

    id: int
    code: str
    percent: int | None
    amount: int | None
    max_uses: int | None
    max_per_email: int | None
    valid_from: datetime | None
    valid_until: datetime | None
    film: str | None
    weekdays: list[int]
    stopped: bool
    uses: int
    discounts: int


@pages.get("/promos")
@access("manager")
def promos() -> ResponseReturnValue:
    """All codes, the newest first, and a form for the next."""
    return _page({})


@pages.post("/promos")
@access("manager")
def promos_add() -> ResponseReturnValue:
    """A new code."""
    typed = {name: request.form.get(name, "").strip() for name in FIELDS}
    new, errors = _read(typed)
    if not errors:
        try:
            service.add_code(new, _me())
        except PromoUnclear as refusal:
            errors[refusal.values["field"]] = f"{title(refusal)}. {sentence(refusal)}"
        except Refused as refusal:
            return _page(typed, {"code": f"{title(refusal)}. {sentence(refusal)}"}, status(refusal))
    if errors:
        return _page(typed, errors, 422)
    flash(_("The code is made. Customers type it on the page before paying."), "ok")
    return redirect(url_for("admin.promos"), 303)


@pages.post("/promos/<int:code_id>/stop")
@access("manager")
def promos_stop(code_id: int) -> ResponseReturnValue:
    """Nobody can use it from now on."""
    service.stop_code(code_id, _me())
    flash(_("The code is stopped. Who holds seats with it keeps the price."), "ok")
    return redirect(url_for("admin.promos"), 303)


def _page(
    typed: Mapping[str, str], errors: Mapping[str, str] | None = None, code: int = 200
) -> ResponseReturnValue:
    films = db.session.execute(select(Movie.id, Movie.title).order_by(Movie.title)).all()
    page = render_template(
        "admin/promos.html",
        lines=_lines(),
        films=films,
        typed=typed,
        days=request.form.getlist("day"),
        errors=errors or {},
        currency=current().currency,
        now=clock.now(),
    )
    return page, code


def _lines() -> list[CodeLine]:
    counted = {
        row[0]: (row[1], row[2])
        for row in db.session.execute(
            select(PromoUse.promo_code_id, func.count(), func.sum(Booking.discount))
            .join(Booking, Booking.id == PromoUse.booking_id)
            .where(COUNTS)
            .group_by(PromoUse.promo_code_id),
            {"now": clock.now()},
        )
    }
    rows = db.session.execute(
        select(PromoCode, Movie.title)
        .outerjoin(Movie, Movie.id == PromoCode.movie_id)
        .order_by(PromoCode.id.desc())
    )
    return [
        CodeLine(
            row.id, row.code, row.percent, row.amount, row.max_uses, row.max_per_email,
            row.valid_from, row.valid_until, film,
            [day for day in range(7) if (row.weekdays or 0) >> day & 1],
            row.stopped_at is not None, *counted.get(row.id, (0, 0)),
        )
        for row, film in rows
    ]  # fmt: skip


def _read(typed: Mapping[str, str]) -> tuple[NewCode, dict[str, str]]:
    worth = _worth(typed)
    counts = {name: _count(typed[name]) for name in ("max_uses", "max_per_email")}
    # the last day counts as a whole: to where the next begins, and the clocks may change between
    since, until = _begin(typed["valid_from"]), _begin(typed["valid_until"], after=1)
    errors = {
        name: _("Write a whole number above nought, or leave it empty.")
        for name in counts
        if typed[name] and counts[name] is None
    }
    if worth is None:
        errors["worth"] = _("Write what it takes off: 10 per cent, or a sum such as 50.")
    for name, found in (("valid_from", since), ("valid_until", until)):
        if typed[name] and found is None:
            errors[name] = _("Choose a day, or leave it empty.")
    percent = worth if typed["unit"] != "sum" else None
    amount = worth if typed["unit"] == "sum" else None
    return NewCode(
        typed["code"], percent=percent, amount=amount, **counts, valid_from=since, valid_until=until,
        movie_id=_count(typed["movie"]), weekdays=_weekdays(),
    ), errors  # fmt: skip


def _worth(typed: Mapping[str, str]) -> int | None:
    if typed["unit"] == "sum":
        return money.from_text(typed["worth"], current().currency) or None
    percent = _count(typed["worth"].removesuffix("%").strip())
    return percent if percent and percent <= 100 else None


def _weekdays() -> int | None:
    days = {int(day) for day in request.form.getlist("day") if day in "0123456" and len(day) == 1}
    return sum(1 << day for day in days) if 0 < len(days) < 7 else None


def _count(text: str) -> int | None:
    found = int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0
    return found if 0 < found <= MOST else None


def _begin(text: str, *, after: int = 0) -> datetime | None:
    """When a day begins on the theater's wall, or one so many days after it."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    if not 2000 <= day.year <= 9000:
        return None
    return clock.from_local(day + timedelta(days=after), time(0), site().zone)


def _me() -> int:
    person = me()
    return person.id if person else 0

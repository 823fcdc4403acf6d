"""Tonight's list: whose ticket mail failed, is held or waits, by showing; to phone, to print, as CSV."""

from collections.abc import Iterator

from flask import render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from bookingapp import clock
from bookingapp.admin import csv_file, mail_words, tonight_list
from bookingapp.admin.blueprint import pages
from bookingapp.admin.tonight_list import Showing
from bookingapp.catalogue.queries import site
from bookingapp.email.lines import MailLine
from bookingapp.web.access import access
from bookingapp.web.filters import clock_time, day_short


@pages.get("/outbox/tonight")
@access("box_office")
def tonight() -> ResponseReturnValue:
    """The list, also as it is printed."""
    now = clock.now()
    return render_template(
        "admin/tonight.html", showings=tonight_list.read(now), read_at=now, why=_why
    )


@pages.get("/outbox/tonight.csv")
@access("box_office")
def tonight_csv() -> ResponseReturnValue:
    """The list for a spreadsheet."""
    head = (
        _("Day"), _("Time"), _("Film"), _("Hall"), _("Name"), _("Phone"), _("Seats"), _("Booking"),
        _("E-mail"), _("Why"),
    )  # fmt: skip
    rows = _lines(tonight_list.read(clock.now()))
    return csv_file.answer(f"tonight-{site().today}.csv", head, rows)


def _lines(showings: list[Showing]) -> Iterator[list[str]]:
    zone = site().zone
    for showing in showings:
        begins = clock.local(showing.starts_at, zone)
        for guest in showing.guests:
            yield [
                begins.date().isoformat(), clock_time(showing.starts_at, zone), showing.movie,
                showing.screen, guest.name, guest.phone, " ".join(guest.seats), guest.number,
                guest.email, _why(guest.mail),
            ]  # fmt: skip


def _why(mail: MailLine) -> str:
    """Why the ticket is not there. Where nothing happened yet: since when it waits."""
    zone, made = site().zone, mail.created_at
    if said := mail_words.why(mail):
        return said
    since = clock_time(made, zone)
    if site().day_of(made) != site().today:
        since = f"{day_short(made, zone)}, {since}"
    return str(_("It has been waiting to be sent since %(time)s.", time=since))

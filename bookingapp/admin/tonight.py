"""Tonight's list: whose ticket mail failed, by showing; to phone, to print for the desk, as CSV."""

import csv
import io
import re
from collections.abc import Iterator

from flask import Response, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from bookingapp import clock
from bookingapp.admin import mail_words, tonight_list
from bookingapp.admin.blueprint import pages
from bookingapp.admin.tonight_list import Showing
from bookingapp.catalogue.queries import site
from bookingapp.web.access import access
from bookingapp.web.filters import clock_time

# Signs with which a spreadsheet begins to calculate; a telephone number may begin with its plus.
FORMULA = re.compile(r"[=+\-@\t\r]")
PHONE = re.compile(r"\+[\d\s().\-/]+")


@pages.get("/outbox/tonight")
@access("box_office")
def tonight() -> ResponseReturnValue:
    """The list, also as it is printed."""
    now = clock.now()
    return render_template("admin/tonight.html", showings=tonight_list.read(now), read_at=now)


@pages.get("/outbox/tonight.csv")
@access("box_office")
def tonight_csv() -> ResponseReturnValue:
    """The list for a spreadsheet; the byte order mark tells it that this is UTF-8."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([
        _("Day"), _("Time"), _("Film"), _("Hall"), _("Name"), _("Phone"), _("Seats"), _("Booking"),
        _("E-mail"), _("Why"),
    ])  # fmt: skip
    writer.writerows(_lines(tonight_list.read(clock.now())))
    answer = Response("\ufeff" + out.getvalue(), content_type="text/csv; charset=utf-8")
    answer.headers.set("Content-Disposition", "attachment", filename=f"tonight-{site().today}.csv")
    return answer


def _lines(showings: list[Showing]) -> Iterator[list[str]]:
    zone = site().zone
    for showing in showings:
        begins = clock.local(showing.starts_at, zone)
        for guest in showing.guests:
            yield [
                _safe(cell)
                for cell in (
                    begins.date().isoformat(), clock_time(showing.starts_at, zone), showing.movie,
                    showing.screen, guest.name, guest.phone, " ".join(guest.seats), guest.number,
                    guest.email, mail_words.why(guest.mail),
                )
            ]  # fmt: skip


def _safe(cell: str) -> str:
    """Text that no spreadsheet takes for a formula."""
    return f"'{cell}" if FORMULA.match(cell) and not PHONE.fullmatch(cell) else cell

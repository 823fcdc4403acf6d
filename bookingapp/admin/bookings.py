"""Bookings: found by whatever a caller at the counter knows, and one with all that happened to it."""

from flask import render_template
from flask.typing import ResponseReturnValue

from bookingapp.admin import asked, dossier, queries, words
from bookingapp.admin.blueprint import pages
from bookingapp.booking.models import BookingState
from bookingapp.email import queries as mails
from bookingapp.errors import NotFound
from bookingapp.papers import queries as papers
from bookingapp.web.access import access


@pages.get("/bookings")
@access("box_office")
def bookings() -> ResponseReturnValue:
    """The newest bookings, or those that match."""
    wish = asked.read()
    state = BookingState(wish.state) if wish.state in set(BookingState) else None
    lines = queries.bookings(wish.q, state, before=wish.before, size=asked.SIZE + 1)
    shown = lines[: asked.SIZE]
    older = shown[-1].id if len(lines) > len(shown) else None
    return render_template("admin/bookings.html", asked=wish, lines=shown, older=older)


@pages.get("/bookings/<number>")
@access("box_office")
def booking(number: str) -> ResponseReturnValue:
    """One booking: facts, seats, money, mails, what staff did."""
    line = queries.booking(number)
    if line is None:
        raise NotFound
    return render_template(
        "admin/booking.html",
        line=line,
        seats=dossier.seats(line.id),
        money=dossier.money(line.id),
        money_left=dossier.money_left(line.id),
        how_words=words.how,
        mails=mails.of_booking(line.id),
        papers=papers.of_booking(line.id),
        deeds=dossier.deeds(("booking", line.id), ("booking", line.number)),
    )

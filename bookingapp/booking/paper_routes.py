"""A booking's invoice and what was taken back of it, to read, to print, to keep."""

from flask import render_template
from flask.typing import ResponseReturnValue

from bookingapp.booking.blueprint import booking_of, pages
from bookingapp.errors import NotFound
from bookingapp.papers import queries
from bookingapp.web.access import access

__all__ = ["pages"]


@pages.get("/b/<token>/invoice")
@access("link")
def invoice(token: str) -> ResponseReturnValue:
    """All papers of a booking on one page; a booking that cost nothing has none."""
    view = booking_of(token)
    papers = queries.of_booking(view.id)
    if papers is None:
        raise NotFound
    return render_template("booking/invoice.html", view=view, papers=papers)

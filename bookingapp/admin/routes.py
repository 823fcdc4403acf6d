"""The office's door; the pages stand in outbox.py, mail.py, tonight.py, bookings.py, money.py."""

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from bookingapp.admin import (
    bookings,
    cancelling,
    letters,
    mail,
    mail_deeds,
    many,
    money,
    moving,
    outbox,
    papers,
    prices,
    promos,
    restore,
    settlement_file,
    settlements,
    showings,
    tax,
    tonight,
)
from bookingapp.admin.blueprint import pages
from bookingapp.web.access import access, may, me

__all__ = [
    "bookings",
    "cancelling",
    "letters",
    "mail",
    "mail_deeds",
    "many",
    "money",
    "moving",
    "outbox",
    "pages",
    "papers",
    "prices",
    "promos",
    "restore",
    "settlement_file",
    "settlements",
    "showings",
    "tax",
    "tonight",
]


@pages.get("/")
@access("usher")
def home() -> ResponseReturnValue:
    """Where each role's work begins."""
    person = me()
    role = person.role if person else ""
    if may(role, "manager"):
        return redirect(url_for("admin.outbox"))
    if may(role, "box_office"):
        return redirect(url_for("admin.bookings"))
    return render_template("admin/home.html")

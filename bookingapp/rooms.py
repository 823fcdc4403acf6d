"""Which rooms have pages and commands, and the functions that rooms hand to those below them.

Stands above every room, beside `create_app`. Arrows point down: e-mail must not know bookings, so
what it has to ask ("is this letter still true?") is handed over here.
"""

from importlib import import_module
from importlib.util import find_spec

from flask import Flask

from bookingapp.booking import letters, refund_letters
from bookingapp.catalogue import queries as catalogue
from bookingapp.email import checks, routes

PAGES = (
    "bookingapp.shop.routes",
    "bookingapp.booking.routes",
    "bookingapp.booking.pay_routes",
    "bookingapp.booking.webhook",
    "bookingapp.accounts.routes",
    "bookingapp.admin.routes",
    "bookingapp.health",
)


def register(app: Flask) -> None:
    """Register each room's blueprint, its commands, and the hooks between rooms."""
    # a way out for mails that can't work stops the start
    routes.routes(app.config["SETTINGS"])
    catalogue.install(app)
    checks.register("booking_confirmation", letters.confirmation_is_true)
    checks.register("showtime_moved", letters.confirmation_is_true)
    checks.register("payment_failed", letters.payment_failed_is_true)
    checks.register("payment_refund", refund_letters.refund_is_true)
    checks.register("booking_cancellation", refund_letters.cancellation_is_true)
    for name in PAGES:
        if find_spec(name):
            app.register_blueprint(import_module(name).pages)
    import_module("bookingapp.cli").register(app)

"""Money without a ticket: what came in and stands for no seat, and what goes back."""

from flask import render_template
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _

from bookingapp.admin.blueprint import pages
from bookingapp.payments.queries import money_without_ticket
from bookingapp.web.access import access

# What happened, by the reason money is owed back.
HAPPENED = {
    "late": _("The payment arrived after the hold ended, and the seats were gone."),
    "double": _("The booking was paid twice. This is the second payment."),
    "wrong_amount": _("Another sum was paid than the booking costs."),
    "cancelled": _("The booking was cancelled."),
    "unsettled": _("The payment arrived and confirmed nothing yet."),
}


@pages.get("/money")
@access("manager")
def money() -> ResponseReturnValue:
    """Every sum that is not where it belongs, oldest first."""
    return render_template("admin/money.html", rows=money_without_ticket(), happened=HAPPENED)

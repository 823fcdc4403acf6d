"""Money without a ticket: what came in and stands for no seat, what goes back, and one button each."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _

from bookingapp import clock
from bookingapp.admin.blueprint import pages
from bookingapp.booking import service
from bookingapp.errors import Refused
from bookingapp.payments.gateway import GatewayError
from bookingapp.payments.heard import heard
from bookingapp.payments.queries import money_without_ticket
from bookingapp.web.access import access, me
from bookingapp.web.errors import sentence, title

# What happened, by the reason money is owed back.
HAPPENED = {
    "late": _("The payment arrived after the hold ended, and the seats were gone."),
    "double": _("The booking was paid twice. This is the second payment."),
    "wrong_amount": _("Another sum was paid than the booking costs."),
    "cancelled": _("The booking was cancelled."),
    "customer": _("The customer cancelled."),
    "cinema": _("The cinema cancelled the booking."),
    "showing": _("The showing was cancelled."),
    "elsewhere": _("It was given back in the gateway's own office."),
    "unsettled": _("The payment arrived and confirmed nothing yet."),
}


@pages.get("/money")
@access("manager")
def money() -> ResponseReturnValue:
    """Every sum that is not where it belongs, oldest first."""
    now = clock.now()
    told = heard(now)
    return render_template(
        "admin/money.html",
        rows=money_without_ticket(),
        happened=HAPPENED,
        heard=told,
        silent=told.silent(now),
    )


@pages.post("/money/refund/<int:refund_id>/again")
@access("manager")
def refund_again(refund_id: int) -> ResponseReturnValue:
    """Ask the gateway now; a failed refund is tried anew."""
    try:
        service.try_refund_again(refund_id, _me())
    except Refused as refusal:
        return _back(refusal)
    flash(gettext("The gateway is asked within half a minute."), "ok")
    return redirect(url_for("admin.money"), 303)


@pages.post("/money/refund/<int:refund_id>/by-hand")
@access("manager")
def refund_by_hand(refund_id: int) -> ResponseReturnValue:
    """It was paid back in another way; the note says how."""
    try:
        service.paid_back_by_hand(refund_id, request.form.get("note", ""), _me())
    except Refused as refusal:
        return _back(refusal)
    flash(gettext("Written down. The customer is told by mail."), "ok")
    return redirect(url_for("admin.money"), 303)


@pages.post("/money/payment/<payment_id>/settle")
@access("manager")
def payment_settle(payment_id: str) -> ResponseReturnValue:
    """Ask what became of a payment and do what follows: tickets, or the money back."""
    try:
        service.settle(payment_id)
    except GatewayError:
        flash(gettext("The gateway gives no answer just now. Try again in a few minutes."), "bad")
    except Refused as refusal:
        return _back(refusal)
    else:
        flash(gettext("Asked, and done what follows."), "ok")
    return redirect(url_for("admin.money"), 303)


def _me() -> int:
    person = me()
    return person.id if person else 0


def _back(refusal: Refused) -> ResponseReturnValue:
    flash(f"{title(refusal)}. {sentence(refusal)}", "bad")
    return redirect(url_for("admin.money"), 303)

"""The showing was moved: what was, what is, and the money back instead for who can't come then."""

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from bookingapp import clock
from bookingapp.booking import cancel, money_back, queries
from bookingapp.booking.blueprint import booking_of, pages
from bookingapp.booking.models import BookingState
from bookingapp.booking.money_back import Offer
from bookingapp.booking.service import changing
from bookingapp.booking.views import BookingView
from bookingapp.db import db
from bookingapp.errors import NotFound, Refused
from bookingapp.web import errors
from bookingapp.web.access import access
from bookingapp.web.i18n import gettext as _


def offer_to(view: BookingView) -> Offer | None:
    """What a carried-over booking is offered; others were never changed or have another state."""
    if view.state is not BookingState.CONFIRMED or view.revision == 1:
        return None
    return money_back.offer(db.session(), view.id)


@pages.get("/b/<token>/moved")
@access("link")
def moved(token: str) -> ResponseReturnValue:
    """Old and new side by side, and one button. Looking changes nothing."""
    view = booking_of(token)
    offer = offer_to(view)
    if offer is None:
        return redirect(url_for("booking.booking", token=token))
    late = clock.now() >= offer.until
    back = cancel.everything(db.session(), queries.row(view.id)).total
    return render_template("booking/moved.html", view=view, offer=offer, late=late, back=back)


@pages.post("/b/<token>/moved")
@access("link")
def money_back_instead(token: str) -> ResponseReturnValue:
    """Cancel the booking and owe all of its money. Twice is as good as once."""
    try:
        back = changing.take_money_back(token)
    except NotFound:
        raise
    except Refused as refusal:
        queries.refresh()
        if booking_of(token).state is not BookingState.CANCELLED:
            flash(f"{errors.title(refusal)}. {errors.sentence(refusal)}", "warn")
    else:
        flash(_("Your seats are given back.") if not back else _("Done. Your money goes back by itself."), "ok")  # fmt: skip
    return redirect(url_for("booking.booking", token=token), 303)

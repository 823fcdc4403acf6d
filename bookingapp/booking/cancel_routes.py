"""The customer cancels: a page that says what comes back for which seat, and one button.

Only by the manage link; the ticket's link changes nothing. What stands on the page (the sum, the
booking's revision) goes along with the click, so nobody loses money to a step that passed meanwhile.
"""

from datetime import datetime

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from bookingapp import clock, money
from bookingapp.booking import cancel_rules as rules
from bookingapp.booking import queries, service
from bookingapp.booking.blueprint import booking_of, pages
from bookingapp.booking.cancel import Cancelled
from bookingapp.booking.cancel_offer import Offer, offer
from bookingapp.booking.models import BookingState
from bookingapp.booking.views import BookingView
from bookingapp.db import db
from bookingapp.email import wording_money
from bookingapp.errors import NotFound, Refused
from bookingapp.web import errors
from bookingapp.web.access import access, limiter
from bookingapp.web.filters import money_text
from bookingapp.web.i18n import gettext as _

POSTS = "30 per minute"


@pages.get("/b/<token>/cancel")
@access("link")
def cancel(token: str) -> ResponseReturnValue:
    """Which seats, what comes back, until when. Nothing is done yet."""
    view = booking_of(token)
    if view.state is not BookingState.CONFIRMED:
        return _to_booking(token)
    # without a choice in the address it is about all of them
    picked = request.args.getlist("seat") if "pick" in request.args else view.seat_names
    return _page(view, picked)


@pages.post("/b/<token>/cancel")
@access("link")
@limiter.limit(POSTS)
def cancel_now(token: str) -> ResponseReturnValue:
    """The click. A second one, or one from a page of yesterday, cancels nothing by mistake."""
    view = booking_of(token)
    picked = request.form.getlist("seat")
    if request.form.get("action") == "update":
        here = url_for("booking.cancel", token=token, pick=1, seat=picked, _anchor="sum")
        return redirect(here, 303)
    try:
        done = service.cancel_own(token, picked, revision=_number("revision"), shown=_shown(picked))
    except NotFound:
        raise
    except (rules.AlreadyCancelled, rules.NotToCancel):
        return _to_booking(token)
    except Refused as refusal:
        queries.refresh()
        return _refused(booking_of(token), picked, refusal)
    _say(done, view)
    return _to_booking(token)


def _shown(picked: list[str]) -> int:
    """The sum the page showed. Raises BackChanged when it was shown for other seats."""
    if picked and set(request.form.get("shown_seats", "").split()) != set(picked):
        raise rules.BackChanged
    return _number("shown")


def _number(name: str) -> int:
    """A field of ours; whoever tampers with it sees the page again."""
    text = request.form.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) <= 12):
        raise rules.BackChanged
    return int(text)


def _refused(view: BookingView, picked: list[str], refusal: Refused) -> ResponseReturnValue:
    if view.state is not BookingState.CONFIRMED:
        return _to_booking(view.token)
    if isinstance(refusal, rules.SeatsChanged) and not set(picked) & set(view.seat_names):
        # the first of two clicks has cancelled these
        return _to_booking(view.token)
    return _page(view, picked, refusal)


def _page(
    view: BookingView, picked: list[str], refusal: Refused | None = None
) -> ResponseReturnValue:
    now = clock.now()
    offered, closed_at = _offered(view, now)
    chosen = [name for name in view.seat_names if name in set(picked)]
    page = render_template(
        "booking/cancel.html",
        view=view,
        offered=offered,
        closed_at=closed_at,
        chosen=chosen,
        back=_back(offered, chosen),
        too_small=offered.too_small(offered.ids(chosen)) if offered and chosen else 0,
        least=money.LEAST,
        whole=len(chosen) == len(view.seats),
        where=wording_money.where(offered.method if offered else "", _),
        refusal=refusal and (errors.title(refusal), errors.sentence(refusal)),
    )
    return page, errors.status(refusal) if refusal else 200


def _offered(view: BookingView, now: datetime) -> tuple[Offer | None, datetime | None]:
    """What is offered; or None, and when it closed."""
    row = queries.row(view.id)
    try:
        return offer(db.session(), row, now), None
    except rules.TooLateToCancel as refusal:
        closed: datetime | None = refusal.values["closed_at"]
        return None, closed


def _back(offered: Offer | None, chosen: list[str]) -> rules.Back:
    if offered is None or not chosen:
        return rules.Back({})
    return offered.back(offered.ids(chosen))


def _say(done: Cancelled, view: BookingView) -> None:
    names = ", ".join(done.seats)
    gone = _("%(seats)s is cancelled.", seats=names) if len(done.seats) == 1 else _("%(seats)s are cancelled.", seats=names)  # fmt: skip
    back = ""
    if done.back:
        back = _("%(sum)s goes back to you.", sum=money_text(done.back, view.currency))
    kept = "" if done.whole else _("The seats you keep have a new code; it is on this page and in your mail.")  # fmt: skip
    flash(" ".join(filter(None, (gone, back, kept))), "ok")


def _to_booking(token: str) -> ResponseReturnValue:
    return redirect(url_for("booking.booking", token=token), 303)

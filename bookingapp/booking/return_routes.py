"""Coming back from the gateway in every way there is, and waiting for the bank.

The return is one cross-site POST for the pop-up and the hosted form alike. It carries no cookie of
ours, so it reads and sets no session: what is to be said is said by the page it leads to.
"""

import logging

from flask import (
    Blueprint,
    abort,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from bookingapp import clock
from bookingapp.booking import returned, service
from bookingapp.booking.blueprint import booking_of, keep_the_link_secret
from bookingapp.booking.returned import NotPaid, Paid
from bookingapp.booking.settle import Settled
from bookingapp.booking.views import BookingView, Stage
from bookingapp.errors import NotFound
from bookingapp.payments import gateway
from bookingapp.payments import queries as money
from bookingapp.payments.gateway import GatewayError
from bookingapp.payments.models import PaymentState
from bookingapp.payments.queries import Attempt
from bookingapp.payments.words import failure
from bookingapp.web.access import access
from bookingapp.web.filters import clock_time, money_text

log = logging.getLogger(__name__)
pages = Blueprint("pay", __name__)
pages.after_request(keep_the_link_secret)

# Seconds between two looks of the page that waits; the last one stays.
PAUSES = (3, 3, 4, 6, 9, 13, 20, 30)


@pages.post("/b/return")
@access("gateway")
def come_back() -> ResponseReturnValue:
    """The browser is back from the gateway. Believe the signature, then ask the gateway itself."""
    request.max_content_length = returned.LARGEST
    brought = returned.read(request.form)
    token = returned.token_of_order(brought.order_id) if brought else None
    if brought is None or token is None:
        log.warning("a return was refused: not of ours")
        abort(400)
    if isinstance(brought, NotPaid):
        return _came_unpaid(brought, token)
    if not gateway.connect().signed(brought.order_id, brought.payment_id, brought.signature):
        log.warning("a return was refused: signature")
        abort(400)
    return _came_paid(brought, token)


def _came_paid(brought: Paid, token: str) -> ResponseReturnValue:
    """Signed: the pair belongs together. Whether money came is the gateway's to say."""
    try:
        settled = service.settle(brought.payment_id)
    except GatewayError as error:
        log.warning("order %s: paid, but the gateway gives no answer: %s", brought.order_id, error)
        service.look_again_soon(brought.order_id)
        return redirect(waiting(token, brought.payment_id), 303)
    return redirect(_after(settled, brought.payment_id), 303)


def _came_unpaid(brought: NotPaid, token: str) -> ResponseReturnValue:
    """Not signed: it opens nothing but the page of a booking that was not paid."""
    try:
        settled = service.settle(brought.payment_id) if brought.payment_id else None
    except (GatewayError, NotFound) as error:
        log.warning("order %s: a failure that can't be looked up: %s", brought.order_id, error)
        settled = None
    unpaid = settled is not None and settled.outcome in {"failed", "pending"}
    if settled and unpaid and settled.token == token:
        return redirect(_after(settled, str(brought.payment_id)), 303)
    # The browser's own cookie, which comes along on the next page, opens its bookings.
    return redirect(url_for("shop.my"), 303)


def _after(settled: Settled, payment_id: str) -> str:
    """Where a browser goes with what its payment came to."""
    if settled.outcome == "pending":
        return waiting(settled.token, payment_id)
    if settled.outcome in {"failed", "refund_due"}:
        return url_for("pay.left", token=settled.token, payment=payment_id)
    return url_for("booking.booking", token=settled.token)


@pages.get("/b/<token>/left")
@access("link")
def left(token: str) -> ResponseReturnValue:
    """Back without a ticket: say what happened, and on to the page where one can try again."""
    view = booking_of(token)
    payment_id = request.args.get("payment", "")
    attempt = money.attempt(view.id, payment_id) if returned.is_id(payment_id) else None
    held = view.stage(clock.now()) is Stage.HELD
    if said := _said(view, attempt, held=held):
        flash(*said)
    if held and attempt is None:
        service.note_left(token)
    return redirect(url_for("booking.checkout", token=token), 303) if held else away(view)


def _said(view: BookingView, attempt: Attempt | None, *, held: bool) -> tuple[str, str] | None:
    """The notice for the next page; None when that page says it all by itself."""
    # what is given back of the payment that bought the tickets is no second payment
    if attempt and attempt.refund_reason and attempt.confirms_id is None:
        amount = money_text(attempt.amount, attempt.currency)
        if view.sold:
            return _(
                "This booking was paid already. The second %(amount)s goes back to you by itself.",
                amount=amount,
            ), "warn"
        if held:
            return _(
                "%(amount)s arrived, which is not what these seats cost. All of it goes back to you.",
                amount=amount,
            ), "warn"
    if not held:
        return None
    kept = _kept(view)
    if attempt is None:
        return _("Nothing was paid. %(kept)s.", kept=kept), "info"
    if attempt.state is PaymentState.FAILED:
        said = failure(attempt.error_code, attempt.error_reason)
        return _(
            "%(happened)s %(kept)s: %(now)s.", happened=said.happened, kept=kept, now=said.now
        ), "bad"
    return None


@pages.post("/b/<token>/left")
@access("gateway")
def left_by_post(token: str) -> ResponseReturnValue:
    """Some browsers are sent back by a form; go on as everybody else does, with the cookie."""
    return redirect(url_for("pay.left", token=token), 303)


@pages.get("/b/<token>/checking")
@access("link")
def checking(token: str) -> ResponseReturnValue:
    """Wait for the bank without script: the page asks again by itself and never asks to pay again."""
    view = booking_of(token)
    if view.sold:
        return redirect(url_for("booking.booking", token=token), 303)
    payment_id = request.args.get("payment", "")
    attempt = money.attempt(view.id, payment_id) if returned.is_id(payment_id) else None
    if attempt and (attempt.refund_reason or attempt.state is PaymentState.FAILED):
        return redirect(url_for("pay.left", token=token, payment=payment_id), 303)
    turn = min(max(request.args.get("n", 0, type=int), 0), 1000)
    again = url_for("pay.checking", token=token, payment=payment_id or None, n=turn + 1)
    response = make_response(render_template("booking/checking.html", view=view, again=again))
    response.headers["Refresh"] = f"{PAUSES[min(turn, len(PAUSES) - 1)]}; url={again}"
    return response


def away(view: BookingView) -> ResponseReturnValue:
    """A booking nobody can pay now: its own page tells why."""
    return redirect(url_for("booking.booking", token=view.token), 303)


def waiting(token: str, payment_id: str) -> str:
    return url_for("pay.checking", token=token, payment=payment_id)


def _kept(view: BookingView) -> str:
    """H6, H7 are yours until 2:12 pm."""
    until = clock_time(view.hold_expires_at or clock.now(), view.show.zone)
    words: str = ngettext(
        "%(seats)s is yours until %(time)s",
        "%(seats)s are yours until %(time)s",
        len(view.seats),
        seats=", ".join(view.seat_names),
        time=until,
    )
    return words

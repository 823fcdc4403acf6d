"""Turned away by the gateway: a page that keeps trying, so that nobody stands there pressing a button."""

from flask import flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from bookingapp import clock
from bookingapp.booking import rules, service
from bookingapp.booking.blueprint import booking_of
from bookingapp.booking.return_routes import away, pages
from bookingapp.booking.views import BookingView, Stage
from bookingapp.payments import gateway
from bookingapp.payments import queries as money
from bookingapp.payments.rules import GatewayDown, PaymentRefused, PaymentSlow
from bookingapp.settings import current
from bookingapp.web import errors
from bookingapp.web.access import access, limiter

PAUSE = 10  # seconds between two tries; as often as a gateway that is down is asked
GETS = "60 per minute"


@pages.get("/b/<token>/trying")
@access("link")
@limiter.limit(GETS)
def trying(token: str) -> ResponseReturnValue:
    """The press of "pay" goes on by itself: a Refresh header asks again, no script is needed.

    It makes nothing that the press did not ask for: without an order of ours it leads back.
    """
    view = booking_of(token)
    if view.stage(clock.now()) is not Stage.HELD:
        return away(view)
    if not money.asked_for(view.id, view.total, view.currency, view.revision):
        return redirect(url_for("booking.checkout", token=token), 303)
    turn = min(max(request.args.get("n", 0, type=int), 0), 1000)
    return (turn and _tried(token)) or _page(view, turn)


def _tried(token: str) -> ResponseReturnValue | None:
    """To the gateway, if it gives us an order now; None: not yet."""
    try:
        service.start_payment(token)
    except (PaymentSlow, GatewayDown):
        return None
    except (rules.AlreadyPaid, rules.HoldOver):
        return redirect(url_for("booking.booking", token=token), 303)
    except rules.NowhereToSend:
        return redirect(url_for("booking.checkout", token=token), 303)
    except PaymentRefused as refusal:
        flash(f"{errors.title(refusal)}. {errors.sentence(refusal)}", "bad")
        return redirect(url_for("booking.checkout", token=token), 303)
    return redirect(url_for("pay.pay", token=token), 303)


def _page(view: BookingView, turn: int) -> ResponseReturnValue:
    again = url_for("pay.trying", token=view.token, n=turn + 1)
    page = render_template(
        "booking/trying.html",
        # the press has lengthened the hold since this request began to read
        view=booking_of(view.token),
        again=again,
        down=gateway.connect().health.down,
        full_seconds=60 * current().hold_max_minutes,
    )
    response = make_response(page)
    response.headers["Refresh"] = f"{PAUSE}; url={again}"
    return response

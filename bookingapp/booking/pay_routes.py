"""Page 3: going to the gateway. `return_routes.py` is the way back."""

from collections.abc import Iterable
from datetime import timedelta
from urllib.parse import urlsplit

from flask import flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from bookingapp import clock
from bookingapp.booking import service, trying_routes
from bookingapp.booking.blueprint import booking_of
from bookingapp.booking.return_routes import away, pages, waiting
from bookingapp.booking.rules import AlreadyPaid, HoldOver, NowhereToSend
from bookingapp.booking.views import Stage
from bookingapp.payments import gateway
from bookingapp.payments import queries as money
from bookingapp.payments.rules import GatewayDown, PaymentRefused, PaymentSlow
from bookingapp.settings import current
from bookingapp.web import errors
from bookingapp.web.access import access, limiter
from bookingapp.web.csp import csp_needs
from bookingapp.web.inapp import in_app

__all__ = ["pages", "trying_routes"]
# Money the bank has blocked this long ago is no reason any more to send somebody to the waiting page.
STILL_THINKING = timedelta(minutes=15)
POSTS = "120 per minute"  # from one address; a whole mobile network may share it


def _gateway_sources() -> dict[str, Iterable[str]]:
    checkout = gateway.connect().checkout
    hosted, script = _origin(checkout.hosted_url), _origin(checkout.script_url)
    return {
        "form-action": [hosted, _origin(current().url)],
        "script-src": [script],
        "frame-src": sorted({hosted, script}),
        "connect-src": sorted({hosted, script}),
        # Razorpay's script draws its frame with style attributes; the sandbox's does not need this.
        "style-src": [] if current().sandbox else ["'unsafe-inline'"],
    }


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


@pages.get("/b/<token>/pay")
@access("link")
@csp_needs("the gateway's hosted form and its pop-up script", _gateway_sources)
def pay(token: str) -> ResponseReturnValue:
    """The way to the gateway: a form that needs no script, the gateway's pop-up where one works."""
    view = booking_of(token)
    if view.stage(clock.now()) is not Stage.HELD:
        return away(view)
    if waits := money.thinking(view.id, clock.now() - STILL_THINKING):
        return redirect(waiting(token, waits), 303)
    order = money.open_order(view.id, view.total, view.currency, view.revision)
    if order is None:
        return redirect(url_for("booking.checkout", token=token), 303)
    page = render_template(
        "booking/pay.html",
        view=view,
        order=order,
        checkout=gateway.connect().checkout,
        callback_url=current().url + url_for("pay.come_back"),
        cancel_url=current().url + url_for("pay.left", token=token),
        full_seconds=_full_seconds(),
        play_money=current().sandbox,
        down=gateway.connect().health.down,
        popup=not in_app(request.user_agent.string),
    )
    response = make_response(page)
    # A bank's window is opened by the pop-up's frame and must find its way back to it.
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin-allow-popups"
    return response


@pages.post("/b/<token>/pay")
@access("link")
@limiter.limit(POSTS)
def start(token: str) -> ResponseReturnValue:
    """Get an order at the gateway, then go there."""
    try:
        service.start_payment(token)
    except AlreadyPaid:
        return redirect(url_for("booking.booking", token=token), 303)
    except (HoldOver, NowhereToSend):
        return redirect(url_for("booking.checkout", token=token), 303)
    except PaymentRefused as refusal:
        flash(f"{errors.title(refusal)}. {errors.sentence(refusal)}", "bad")
        return redirect(url_for("booking.checkout", token=token), 303)
    except (PaymentSlow, GatewayDown):
        return redirect(url_for("pay.trying", token=token), 303)
    return redirect(url_for("pay.pay", token=token), 303)


def _full_seconds() -> int:
    """How long a whole dial lasts: the longer of a hold and the time to pay."""
    settings = current()
    return 60 * max(settings.hold_minutes, settings.hold_pay_minutes)

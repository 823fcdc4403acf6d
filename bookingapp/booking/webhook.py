"""Where the gateway tells what happened: one address, for signed events alone.

Nothing is asked of the gateway here: the signed event carries the payment as it stood, so the answer is
quick, and what follows is `settle`, as for the browser's return and the reconciler. Any number of times,
in any order: an event once written down changes nothing more.
"""

import logging

from flask import Blueprint, Response, current_app, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import RequestEntityTooLarge

from bookingapp.booking import service
from bookingapp.payments import gateway, webhooks
from bookingapp.payments.webhooks import BadEvent
from bookingapp.settings import current
from bookingapp.web.access import access

log = logging.getLogger(__name__)
pages = Blueprint("webhook", __name__)


@pages.post("/webhooks/razorpay")
@access("gateway")
def razorpay() -> ResponseReturnValue:
    """An event. 2xx: it is safe with us, no need to send it again."""
    request.max_content_length = webhooks.LARGEST
    try:
        body = request.get_data()
    except RequestEntityTooLarge:
        return _refused(413, "too large")
    secrets = gateway.webhook_secrets(current(), str(current_app.secret_key))
    if not secrets:
        return _refused(404, "no RAZORPAY_WEBHOOK_SECRET is set")
    if not webhooks.signed(body, request.headers.get("X-Razorpay-Signature", ""), secrets):
        return _refused(401, "signature")
    try:
        event = webhooks.read(request.headers.get("X-Razorpay-Event-Id", ""), body)
    except BadEvent as error:
        return _refused(400, str(error))
    outcome = service.hear(event)
    if outcome:
        log.info("event %s: %s", event.kind, outcome)
    return Response("taken\n" if outcome else "known\n", mimetype="text/plain")


def _refused(status: int, why: str) -> Response:
    """No page: nobody reads it. The log says why and quotes nothing that came."""
    log.warning("a webhook was refused: %s", why)
    return Response("refused\n", status, mimetype="text/plain")

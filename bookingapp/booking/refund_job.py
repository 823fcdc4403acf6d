"""The job that gives money back: claim, ask the gateway, write down. No transaction is open meanwhile.

What is due stands in refund.next_try_at. The key goes along with every try, so asking twice gives back
once; after an unknown outcome the gateway's own list is looked at first.
"""

import contextlib
import logging
import time

from bookingapp import clock
from bookingapp.booking import service
from bookingapp.errors import NotFound
from bookingapp.payments import gateway
from bookingapp.payments.gateway import (
    GatewayBusy,
    GatewayError,
    GatewayRefund,
    GatewayRefused,
    GatewayUnreachable,
)
from bookingapp.payments.refunds import Due

log = logging.getLogger(__name__)
# Other jobs share the thread, so a round does not last for ever.
ROUND_SECONDS = 20.0
CONFLICT = 409


def run() -> int:
    """One round. How many refunds were asked about."""
    if gateway.connect().health.left_alone(clock.now()):
        return 0
    until = time.monotonic() + ROUND_SECONDS
    asked = 0
    while time.monotonic() < until and (due := service.claim_refund()):
        try:
            service.settle_refund(_asked(due), due.id)
        except GatewayRefused as error:
            # This refund is the trouble, not the gateway.
            _refused(due, error)
        except GatewayError as error:
            log.warning("refund %s: the gateway gives no answer, later again: %s", due.key, error)
            never_sent = isinstance(error, GatewayUnreachable | GatewayBusy) and not due.again
            service.note_refund_trouble(due.id, str(error), certain=never_sent)
            break
        asked += 1
    return asked


def _asked(due: Due) -> GatewayRefund:
    line = gateway.connect()
    if due.gateway_refund_id:
        return line.refund_made(due.gateway_refund_id)
    if due.again:
        made = line.refunds_of(due.gateway_payment_id)
        found = next((refund for refund in made if refund.receipt == due.key), None)
        if found is not None:
            return found
    notes = {"reason": due.reason}
    return line.refund(due.gateway_payment_id, amount=due.amount, key=due.key, notes=notes)


def _refused(due: Due, error: GatewayRefused) -> None:
    log.warning("refund %s: %s", due.key, error)
    running = error.status == CONFLICT
    service.note_refund_trouble(due.id, error.says or str(error), certain=not running)
    if running:
        return
    # perhaps because somebody gave the money back in the gateway's own office; ours is certainly not there
    with contextlib.suppress(GatewayError, NotFound):
        for made in gateway.connect().refunds_of(due.gateway_payment_id):
            service.settle_refund(made)

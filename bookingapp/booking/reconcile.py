"""The job that asks the gateway about orders nobody came back from: claim, ask, settle, plan.

What is due stands in payment_order.next_poll_at. A gateway in trouble ends the round; the orders keep
their turn.
"""

import logging
import time

from bookingapp import clock
from bookingapp.booking import service
from bookingapp.booking.polling import Due
from bookingapp.payments import gateway
from bookingapp.payments.gateway import GatewayError, GatewayRefused

log = logging.getLogger(__name__)
# Other jobs share the thread, so a round does not last for ever.
ROUND_SECONDS = 20.0


def run() -> int:
    """One round. How many orders were looked at."""
    if gateway.connect().health.left_alone(clock.now()):
        return 0
    until = time.monotonic() + ROUND_SECONDS
    looked = 0
    while time.monotonic() < until and (due := service.claim_order_to_poll()):
        try:
            _look(due)
        except GatewayRefused as error:
            # This order is the trouble, not the gateway.
            log.warning("order %s: %s", due.receipt, error)
        except GatewayError as error:
            log.warning("the gateway does not answer, later again: %s", error)
            break
        service.plan_next_look(due.id)
        looked += 1
    return looked


def _look(due: Due) -> None:
    """Settle every attempt at one order."""
    line = gateway.connect()
    if due.gateway_order_id is None:
        found = line.order_by_receipt(due.receipt)
        if found is not None:
            service.keep_found_order(due.id, found)
        return
    for fact in line.payments_of(due.gateway_order_id):
        settled = service.settle_fact(fact)
        if settled.outcome == "confirmed":
            log.info("order %s: the money had come, confirmed", due.receipt)
        if fact.given_back:
            # perhaps in the gateway's own office, and its event did not reach us
            for made in line.refunds_of(fact.id):
                service.settle_refund(made)

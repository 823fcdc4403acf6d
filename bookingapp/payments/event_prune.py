"""The gateway's events go after some months: what they did stands in payments and refunds.

An event that comes again after so long would only be settled once more, which changes nothing. Small
batches, each a transaction of its own, so that nobody waits behind the broom.
"""

from datetime import timedelta

from bookingapp import clock
from bookingapp.payments import settlement_service as service
from bookingapp.settings import current

BATCH = 500
BATCHES_A_ROUND = 20


def run(batches: int = BATCHES_A_ROUND) -> int:
    """One round. How many events went."""
    before = clock.now() - timedelta(days=current().webhook_keep_days)
    gone = 0
    for _ in range(batches):
        number = service.forget_events(before, BATCH)
        gone += number
        if number < BATCH:
            break
    return gone

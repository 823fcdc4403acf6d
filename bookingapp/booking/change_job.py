"""The job that settles the bookings of a showing called off or moved, one transaction each.

The rows are the work: any process may do the next one, and what a dead one had in hand is not done.
"""

import logging
import time

from bookingapp.booking import change_queries as rows
from bookingapp.booking.service import changing

log = logging.getLogger(__name__)
# Other jobs share the thread, so a round does not last for ever.
ROUND_SECONDS = 20.0


def run(seconds: float = ROUND_SECONDS) -> int:
    """One round. How many bookings were settled."""
    until = time.monotonic() + seconds
    settled = 0
    # lists the holds too, so that they are given up in this round
    for change_id in rows.unfinished():
        changing.finish_change(change_id)
    while time.monotonic() < until:
        done = sum(_settle(row_id) for row_id in rows.due() if time.monotonic() < until)
        if not done:
            break
        settled += done
    for change_id in rows.unfinished():
        changing.finish_change(change_id)
    return settled


def _settle(row_id: int) -> bool:
    try:
        return changing.settle_changed(row_id)
    except Exception as error:
        # the others must not wait for this one
        log.exception("changed booking %s: could not be settled", row_id)
        changing.note_change_trouble(row_id, str(error) or type(error).__name__)
        return False

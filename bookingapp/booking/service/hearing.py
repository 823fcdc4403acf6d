"""The gateway told of something: the event's row and all that follows, in one transaction."""

from sqlalchemy.orm import Session

from bookingapp import clock
from bookingapp.again import until_done
from bookingapp.booking import give_back, settle
from bookingapp.db import transaction
from bookingapp.errors import NotFound
from bookingapp.payments import webhooks
from bookingapp.payments.models import WebhookOutcome
from bookingapp.payments.webhooks import Event


@until_done
def hear(event: Event) -> WebhookOutcome | None:
    """Do what an event asks for, once however often it is told. None: it was told before."""
    now = clock.now()
    with transaction() as session:
        row_id = webhooks.note(session, event, now)
        if row_id is None:
            return None
        outcome = _done(session, event)
        webhooks.came_to(session, row_id, outcome)
        return outcome


def _done(session: Session, event: Event) -> WebhookOutcome:
    """A payment is settled before its refund: the event may be the first we hear of either."""
    if event.payment is None and event.refund is None:
        return WebhookOutcome.IGNORED
    try:
        if event.payment is not None:
            settle.settle(session, event.payment, clock.now())
        if event.refund is not None:
            give_back.settle_refund(session, event.refund, clock.now())
    except NotFound:
        # another shop's order of the same account: none of our business, but counted
        return WebhookOutcome.NOT_OURS
    return WebhookOutcome.SETTLED

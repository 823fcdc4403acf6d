"""Does the gateway still tell us what happens? Webhooks are a help, not a need; silence is worth a word."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from bookingapp.db import db, table
from bookingapp.payments.models import Payment, WebhookEvent, WebhookOutcome
from bookingapp.payments.refunds import AT_THE_COUNTER

_events, _payments = table(WebhookEvent).c, table(Payment).c
# An event that is later than this after its money is late even for a gateway in trouble.
PATIENCE = timedelta(hours=1)
A_WEEK = timedelta(days=7)
_LAST_EVENT = select(_events.received_at).order_by(_events.id.desc()).limit(1)
_LAST_MONEY = (
    select(_payments.captured_at)
    # no gateway tells of what is paid at the counter
    .where(_payments.captured_at.is_not(None), _payments.method.not_in(AT_THE_COUNTER))
    .order_by(_payments.id.desc())
    .limit(1)
)


@dataclass(frozen=True)
class Heard:
    """When an event and when money last came; events of a week that name no order of ours."""

    event_at: datetime | None
    money_at: datetime | None
    not_ours: int

    def silent(self, now: datetime) -> bool:
        """Whether money came and no event told of it, then or since."""
        if self.money_at is None or now - self.money_at < PATIENCE:
            return False
        return self.event_at is None or self.event_at < self.money_at - PATIENCE


def heard(now: datetime) -> Heard:
    """What was last heard of the gateway."""
    strangers = select(func.count()).where(
        _events.outcome == WebhookOutcome.NOT_OURS, _events.received_at >= now - A_WEEK
    )
    return Heard(
        db.session.scalar(_LAST_EVENT),
        db.session.scalar(_LAST_MONEY),
        db.session.scalar(strangers) or 0,
    )

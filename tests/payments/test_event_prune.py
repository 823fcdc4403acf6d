"""The gateway's events go after some months, the oldest first, and nothing else does."""

from datetime import timedelta

import pytest

from bookingapp import clock
from bookingapp.db import transaction
from bookingapp.payments import event_prune
from bookingapp.payments.models import WebhookEvent
from tests.booking import buyers
from tests.factories import Cinema


def events(*days_ago: int) -> None:
    """Events that came so many days ago, in order."""
    with transaction() as session:
        for number, days in enumerate(days_ago):
            at = clock.now() - timedelta(days=days)
            session.add(
                WebhookEvent(
                    event_id=f"evt_{number}", kind="payment.captured", received_at=at, payload={}
                )
            )


def left() -> list[str]:
    return [event.event_id for event in buyers.rows(WebhookEvent)]


@pytest.mark.settings(webhook_keep_days=30)
def test_events_older_than_the_setting_go(cinema: Cinema) -> None:
    events(40, 31, 29, 0)
    assert event_prune.run() == 2
    assert left() == ["evt_2", "evt_3"]
    assert event_prune.run() == 0


def test_a_long_past_goes_batch_by_batch(cinema: Cinema, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_prune, "BATCH", 2)
    events(*[100] * 5)
    assert event_prune.run(batches=2) == 4
    assert event_prune.run() == 1
    assert left() == []

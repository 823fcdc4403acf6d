"""Tries by outcome, and how long mails wait, as Prometheus reads them."""

from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from bookingapp.email import meters


def told(name: str, **labels: str) -> float:
    """One figure of the page; 0 while it was never counted."""
    text = generate_latest(meters.REGISTRY).decode()
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if sample.name == name and labels.items() <= sample.labels.items():
                return sample.value
    return 0.0


def test_tries_are_counted_by_outcome_and_timed() -> None:
    sent = told("matinee_outbox_attempts_total", outcome="sent")
    quick = told("matinee_outbox_attempt_seconds_bucket", le="0.01")
    every = told("matinee_outbox_attempt_seconds_count")
    meters.tried("sent", 0.004)
    meters.tried("transport", 20.0)
    assert told("matinee_outbox_attempts_total", outcome="sent") == sent + 1
    assert told("matinee_outbox_attempt_seconds_bucket", le="0.01") == quick + 1
    assert told("matinee_outbox_attempt_seconds_count") == every + 2


def test_the_wait_of_a_mail_falls_into_its_bucket() -> None:
    soon, ever = (told("matinee_outbox_wait_seconds_bucket", le=le) for le in ("0.025", "+Inf"))
    meters.waited(0.02)
    meters.waited(100)
    assert told("matinee_outbox_wait_seconds_bucket", le="0.025") == soon + 1
    assert told("matinee_outbox_wait_seconds_bucket", le="+Inf") == ever + 2


def test_a_clock_set_back_makes_no_wait_negative() -> None:
    total = told("matinee_outbox_wait_seconds_sum")
    meters.waited(-3600)
    assert told("matinee_outbox_wait_seconds_sum") == total

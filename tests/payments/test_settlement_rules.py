"""What a line of the gateway's report means, and which days are read when: pure decisions."""

from datetime import UTC, date, datetime, timedelta

import pytest

from bookingapp.payments import settlement_rules as rules
from bookingapp.payments.settlement_rules import Match, Ours

NOW = datetime(2026, 11, 29, 20, tzinfo=UTC)  # half past one on the 30th in India


@pytest.mark.parametrize(
    ("kind", "ours", "meaning"),
    [
        ("payment", Ours(360, "INR", "captured"), Match.MATCHED),
        ("payment", Ours(360, "INR", "refunded"), Match.MATCHED),
        ("payment", Ours(360, "INR", "failed"), Match.NOT_CAPTURED),
        ("payment", Ours(360, "INR", "authorized"), Match.NOT_CAPTURED),
        ("payment", Ours(350, "INR", "captured"), Match.OTHER_AMOUNT),
        ("payment", Ours(360, "USD", "captured"), Match.OTHER_AMOUNT),
        ("payment", None, Match.UNKNOWN),
        ("refund", Ours(360, "INR", "processed"), Match.MATCHED),
        ("refund", Ours(360, "INR", "pending"), Match.MATCHED),
        ("refund", Ours(360, "INR", "failed"), Match.NOT_PROCESSED),
        ("refund", Ours(1, "INR", "processed"), Match.OTHER_AMOUNT),
        ("refund", None, Match.UNKNOWN),
        ("adjustment", None, Match.OTHER),
        ("transfer", None, Match.OTHER),
    ],
)
def test_a_line_is_held_against_what_we_know(kind: str, ours: Ours | None, meaning: Match) -> None:
    assert rules.match(kind, 360, "INR", ours) is meaning


def test_the_gateway_s_day_is_india_s() -> None:
    assert rules.today(NOW) == date(2026, 11, 30)


def test_days_begin_with_the_first_money_and_end_today() -> None:
    days = rules.days_to_plan(NOW - timedelta(days=2), None, NOW)
    assert days == [date(2026, 11, 28), date(2026, 11, 29), date(2026, 11, 30)]


def test_an_old_house_begins_three_months_back() -> None:
    days = rules.days_to_plan(NOW - timedelta(days=900), None, NOW)
    assert (len(days), days[-1]) == (91, date(2026, 11, 30))


def test_days_slept_through_are_caught_up_with() -> None:
    days = rules.days_to_plan(NOW - timedelta(days=900), date(2026, 7, 1), NOW)
    assert (days[0], len(days)) == (date(2026, 7, 2), 152)
    assert rules.days_to_plan(NOW, date(2026, 11, 30), NOW) == []


@pytest.mark.parametrize(
    ("back", "again"), [(0, True), (7, True), (8, True), (9, False), (40, False)]
)
def test_a_young_day_is_read_again(back: int, again: bool) -> None:
    when = rules.look_again(rules.today(NOW) - timedelta(days=back), NOW)
    assert when == (NOW + timedelta(hours=6) if again else None)


def test_trouble_is_met_with_growing_patience() -> None:
    waits = [rules.after_trouble(looks) for looks in range(7)]
    assert waits == sorted(waits)
    assert waits[-1] == timedelta(hours=6)

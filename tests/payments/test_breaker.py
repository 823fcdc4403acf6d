"""When the gateway counts as down: three faults in a row, our keys refused; and when it is asked again."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bookingapp.payments.breaker import (
    AFTER,
    EVERY,
    FORGOTTEN,
    TOGETHER,
    UP,
    Health,
    after_fault,
    counts,
)
from bookingapp.payments.line import (
    GatewayBroken,
    GatewayBusy,
    GatewayError,
    GatewayLeftAlone,
    GatewayRefused,
    GatewaySlow,
    GatewayUnreachable,
)

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SLOW = GatewaySlow("no answer in time")


def after(*errors: GatewayError, apart: timedelta = timedelta(seconds=1)) -> Health:
    health = UP
    for turn, error in enumerate(errors):
        health = after_fault(health, error, NOW + turn * apart)
    return health


@pytest.mark.parametrize(
    ("error", "does"),
    [
        (GatewaySlow("429"), True), (GatewayBroken("500"), True), (GatewayUnreachable("no"), True),
        (GatewayRefused("400", 400), False), (GatewayRefused("409", 409), False),
        (GatewayRefused("401", 401), True), (GatewayRefused("403", 403), True),
        # our own line is full, or nobody asked at all: that says nothing about the gateway
        (GatewayBusy("line"), False), (GatewayLeftAlone("down"), False),
    ],
)  # fmt: skip
def test_what_counts_against_the_gateway(error: GatewayError, does: bool) -> None:
    assert counts(error) is does


def test_three_faults_in_a_row_and_it_is_left_alone() -> None:
    assert not after(SLOW, SLOW).down
    down = after(SLOW, GatewayBroken("500"), SLOW)
    assert down.down_since == NOW + timedelta(seconds=2)
    assert down.said == "no answer in time"


def test_refused_keys_are_enough_once() -> None:
    assert after(GatewayRefused("refused (401)", 401)).down


def test_faults_far_apart_have_nothing_to_do_with_each_other() -> None:
    assert not after(*[SLOW] * 9, apart=TOGETHER + timedelta(seconds=1)).down


def test_it_is_asked_every_ten_seconds_and_others_are_turned_away_meanwhile() -> None:
    down = after(SLOW, SLOW, SLOW)
    asked = down.next_probe_at
    assert asked is not None
    assert not down.may_probe(asked - timedelta(seconds=1))
    assert down.may_probe(asked)
    assert down.left_alone(asked)
    # nobody asks: no job runs, so whoever comes by may
    assert not down.left_alone(asked + FORGOTTEN)
    # the clock was put back by an hour
    assert down.may_probe(asked - timedelta(hours=1))


def test_while_it_is_up_nobody_is_turned_away_and_nobody_probes() -> None:
    assert not UP.left_alone(NOW)
    assert not UP.may_probe(NOW)


@given(st.lists(st.sampled_from([SLOW, GatewayBroken("502")]), min_size=AFTER, max_size=30))
def test_however_long_it_lasts_it_began_once_and_the_next_turn_is_near(
    errors: list[GatewayError],
) -> None:
    health = after(*errors)
    assert health.down_since == NOW + timedelta(seconds=AFTER - 1)
    assert health.next_probe_at == NOW + timedelta(seconds=len(errors) - 1) + EVERY

"""Money on its way back, as rules: what is left, what follows, when it is asked again."""

import re
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bookingapp.payments import refund_rules as rules
from bookingapp.payments.models import RefundState

CLAIM = st.tuples(st.sampled_from(RefundState), st.integers(1, 10_000), st.booleans())


@given(st.integers(0, 100_000), st.lists(CLAIM))
def test_only_a_failure_that_was_followed_leaves_its_money_free(
    captured: int, claims: list[tuple[RefundState, int, bool]]
) -> None:
    free = rules.left(captured, claims)
    over = [c for c in claims if c[0] is RefundState.FAILED and c[2]]
    counted = [c for c in claims if c not in over]
    assert free == captured - sum(amount for _, amount, _ in counted)
    assert rules.left(captured, claims + over) == free


@given(st.integers(0, 10_000), st.lists(st.integers(1, 5_000)))
def test_whoever_takes_only_what_is_left_never_takes_more_than_there_was(
    captured: int, wishes: list[int]
) -> None:
    claims: list[tuple[RefundState, int, bool]] = []
    for wish in wishes:
        if wish <= rules.left(captured, claims):
            claims.append((RefundState.DUE, wish, False))
    assert sum(amount for _, amount, _ in claims) <= captured


@given(st.integers(1, 200))
def test_waiting_grows_and_ends_within_a_day(attempts: int) -> None:
    for pause in (rules.after_trouble, rules.while_pending):
        assert timedelta() < pause(attempts) <= pause(attempts + 1) <= timedelta(hours=24)


@given(st.from_regex(r"(auto|refund-[0-9]{1,2}|cancel-[0-9])-pay_[A-Za-z0-9]{14}", fullmatch=True))
def test_each_try_has_a_key_of_its_own_that_the_gateway_takes(key: str) -> None:
    seen = [key]
    for number in range(2, 9):
        assert rules.number_of_try(seen[-1]) == number - 1
        seen.append(rules.next_key(seen[-1]))
    assert len(set(seen)) == len(seen)
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{10,40}", one) for one in seen)


def test_a_failure_is_tried_three_times_more_and_then_left_to_a_person() -> None:
    key, pauses = "auto-pay_A", []
    while (pause := rules.after_failure(key)) is not None:
        pauses.append(pause)
        key = rules.next_key(key)
    assert pauses == [timedelta(hours=h) for h in (1, 6, 24)]


@pytest.mark.parametrize("state", [RefundState.PROCESSED, RefundState.FAILED])
def test_what_is_over_stays_over(state: RefundState) -> None:
    assert not any(rules.may_move(state, new) for new in RefundState)


def test_nothing_the_gateway_works_on_is_paid_by_hand() -> None:
    assert RefundState.PENDING not in rules.BY_HAND

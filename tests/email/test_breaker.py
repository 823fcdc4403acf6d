"""When a transport is left alone and when it is asked again: the rule alone."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bookingapp.email.breaker import (
    LONGEST_WAIT,
    Breaker,
    after_fault,
    after_probe_given,
    after_probe_unspent,
    after_sent,
)
from bookingapp.email.faults import Fault

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
blameless = st.sampled_from([Fault.TRANSPORT, Fault.AMBIGUOUS, Fault.AUTH, Fault.QUOTA])


def after(*faults: Fault) -> Breaker:
    breaker = Breaker()
    for fault in faults:
        breaker = after_fault(breaker, fault, NOW)
    return breaker


@pytest.mark.parametrize("fault", [Fault.TRANSPORT, Fault.AMBIGUOUS])
def test_three_in_a_row_open_it(fault: Fault) -> None:
    assert not after(fault, fault).open
    opened = after(fault, fault, fault)
    assert opened.next_probe_at == NOW + timedelta(seconds=60)
    assert opened.opened_at == NOW


@pytest.mark.parametrize("fault", [Fault.AUTH, Fault.QUOTA])
def test_a_refused_login_or_a_used_up_quota_opens_it_at_once(fault: Fault) -> None:
    assert after(fault).open


def test_a_mails_own_fault_shows_that_the_transport_works() -> None:
    assert not after(Fault.TRANSPORT, Fault.TRANSPORT, Fault.RECIPIENT, Fault.TRANSPORT).open
    assert not after(Fault.TRANSPORT, Fault.TRANSPORT, Fault.MESSAGE, Fault.TRANSPORT).open


def test_our_own_bug_says_nothing_about_the_transport() -> None:
    assert after(Fault.TRANSPORT, Fault.TRANSPORT, Fault.BUG, Fault.TRANSPORT).open


def test_the_wait_doubles_from_a_minute_to_a_quarter_of_an_hour() -> None:
    breaker, waits = after(Fault.AUTH), []
    for _ in range(6):
        waits.append(breaker.wait.total_seconds())
        breaker = after_fault(breaker, Fault.AUTH, NOW, probe=True)
    assert waits == [60, 120, 240, 480, 900, 900]


def test_while_one_mail_tries_nobody_else_does() -> None:
    opened = after(Fault.AUTH)
    later = NOW + timedelta(seconds=60)
    assert opened.may_probe(later)
    assert not after_probe_given(opened, later).may_probe(later)


def test_a_probe_that_was_not_made_is_made_at_once_and_the_wait_stays() -> None:
    given_away = after_probe_given(after(Fault.AUTH), NOW + timedelta(seconds=60))
    later = NOW + timedelta(seconds=61)
    for unspent in (
        after_probe_unspent(given_away, later),
        after_fault(given_away, Fault.BUG, later, probe=True),
    ):
        assert unspent.may_probe(later)
        assert unspent.wait == given_away.wait
    assert not after_fault(given_away, Fault.BUG, later).may_probe(later)


@given(st.lists(blameless, min_size=1, max_size=30))
def test_faults_of_mails_already_under_way_make_no_wait_longer(late: list[Fault]) -> None:
    opened = breaker = after(Fault.AUTH)
    for fault in late:
        breaker = after_fault(breaker, fault, NOW + timedelta(seconds=5))
    assert breaker.failures == 1 + len(late)
    assert (breaker.next_probe_at, breaker.wait) == (opened.next_probe_at, opened.wait)
    assert breaker.fault is Fault.AUTH


LOST = (Fault.TRANSPORT,) * 3


@pytest.mark.parametrize(
    ("opened_by", "probe", "closes"),
    [
        ((Fault.AUTH,), False, False),
        ((Fault.QUOTA,), False, False),
        ((Fault.AUTH,), True, True),
        ((Fault.QUOTA,), True, True),
        # a connection that works beside others that fail: the way is there
        (LOST, False, True),
        (LOST, True, True),
    ],
)
def test_who_closes_it_again(opened_by: tuple[Fault, ...], probe: bool, closes: bool) -> None:
    breaker = after(*opened_by)
    assert after_sent(breaker, probe=probe).open is not closes
    assert after_fault(breaker, Fault.RECIPIENT, NOW, probe=probe).open is not closes


@given(st.lists(blameless, min_size=3, max_size=30))
def test_it_never_stays_away_for_longer_than_a_quarter_of_an_hour(faults: list[Fault]) -> None:
    breaker = after(*faults)
    assert breaker.next_probe_at is not None
    assert breaker.next_probe_at <= NOW + LONGEST_WAIT

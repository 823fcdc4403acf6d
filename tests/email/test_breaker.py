"""When a transport is left alone and when it is asked again: the rule alone."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bookingapp.email.breaker import LONGEST_WAIT, Breaker, after_fault, after_probe_given
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
        breaker = after_fault(breaker, Fault.AUTH, NOW)
    assert waits == [60, 120, 240, 480, 900, 900]


def test_while_one_mail_tries_nobody_else_does() -> None:
    opened = after(Fault.AUTH)
    later = NOW + timedelta(seconds=60)
    assert opened.may_probe(later)
    assert not after_probe_given(opened, later).may_probe(later)


@given(st.lists(blameless, min_size=3, max_size=30))
def test_it_never_stays_away_for_longer_than_a_quarter_of_an_hour(faults: list[Fault]) -> None:
    breaker = after(*faults)
    assert breaker.next_probe_at is not None
    assert breaker.next_probe_at <= NOW + LONGEST_WAIT

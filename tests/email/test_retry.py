"""When a mail is tried again, and when not: the decision alone."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bookingapp.email.messages import Policy
from bookingapp.email.retry import (
    BACKOFF,
    MAX_SPAN,
    MAX_TRIES,
    UNCERTAIN_WAIT,
    Cause,
    Ending,
    Evidence,
    History,
    Verdict,
    backoff,
    decide,
)

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
PHASES = ("connect", "ehlo", "tls", "auth", "mail", "rcpt", "data", "dot")
phases = st.sampled_from(PHASES)
chances = st.floats(-1, 1)
later = Evidence("dot", Cause.SERVER, 451, "4.3.0 Later")


def verdict(
    evidence: Evidence, tries: int = 1, chance: float = 0, **history: datetime | None
) -> Verdict:
    past = History(tries, history.get("first_try") or NOW, history.get("expires_at"))
    return decide(evidence, past, Policy.AT_LEAST_ONCE, NOW, chance)


def test_the_waits_grow_from_fifteen_seconds_to_four_hours() -> None:
    seconds = [backoff(tries, 0).total_seconds() for tries in range(1, 13)]
    assert seconds[:8] == [15, 60, 300, 900, 1800, 3600, 7200, 14400]
    assert set(seconds[8:]) == {14400}


@given(st.integers(1, 20), chances)
def test_a_wait_is_spread_by_a_fifth_at_most(tries: int, chance: float) -> None:
    middle = backoff(tries, 0)
    assert 0.8 * middle <= backoff(tries, chance) <= 1.2 * middle


@given(phases, st.integers(400, 499), st.integers(1, MAX_TRIES - 1), chances)
def test_not_now_is_tried_again_wherever_it_is_said(
    phase: str, code: int, tries: int, chance: float
) -> None:
    found = verdict(Evidence(phase, Cause.SERVER, code), tries, chance)
    assert found.ending is Ending.RETRY
    assert found.due_at == NOW + backoff(tries, chance)
    assert not found.uncertain


@given(st.sampled_from(["rcpt", "data", "dot"]), st.integers(500, 599))
def test_never_is_never_once_it_is_about_this_mail(phase: str, code: int) -> None:
    assert verdict(Evidence(phase, Cause.SERVER, code)).ending is Ending.DEAD


@given(st.sampled_from(["connect", "ehlo", "tls", "auth", "mail"]), st.integers(500, 599))
def test_a_refused_login_or_sender_is_not_the_mails_fault(phase: str, code: int) -> None:
    assert verdict(Evidence(phase, Cause.SERVER, code)).ending is Ending.RETRY


@given(st.sampled_from(PHASES[:-1]))
def test_a_server_that_is_away_is_tried_again(phase: str) -> None:
    found = verdict(Evidence(phase, Cause.TRANSPORT, 0, "refused"))
    assert found.ending is Ending.RETRY
    assert not found.uncertain


def test_a_letter_that_can_not_be_made_is_not_tried_again() -> None:
    assert verdict(Evidence("render", Cause.BUG, 0, "KeyError")).ending is Ending.DEAD


def test_silence_at_the_final_dot_is_doubt_and_a_wait_of_ten_minutes() -> None:
    found = verdict(Evidence("dot", Cause.TRANSPORT, 0, "closed"))
    assert (found.ending, found.due_at) == (Ending.RETRY, NOW + UNCERTAIN_WAIT)
    assert found.uncertain


def test_in_doubt_what_may_come_once_at_most_is_not_sent_again() -> None:
    evidence = Evidence("dot", Cause.TRANSPORT, 0, "closed")
    found = decide(evidence, History(1, NOW), Policy.AT_MOST_ONCE, NOW, 0)
    assert found.ending is Ending.DEAD
    assert found.uncertain


@given(st.integers(MAX_TRIES, 100), chances)
def test_twelve_tries_are_enough(tries: int, chance: float) -> None:
    found = verdict(later, tries, chance)
    assert found.ending is Ending.DEAD
    assert "tries" in found.why


@given(st.integers(1, MAX_TRIES - 1), chances, st.integers(0, 60 * 60 * 60))
def test_no_try_lies_beyond_two_days(tries: int, chance: float, ago: int) -> None:
    first = NOW - timedelta(seconds=ago)
    found = verdict(later, tries, chance, first_try=first)
    if found.due_at is not None:
        assert found.due_at - first <= MAX_SPAN
    else:
        assert NOW + backoff(tries, chance) - first > MAX_SPAN


@given(st.integers(1, MAX_TRIES - 1), chances, st.integers(1, 100_000))
def test_no_try_lies_beyond_a_mails_use(tries: int, chance: float, left: int) -> None:
    found = verdict(later, tries, chance, expires_at=NOW + timedelta(seconds=left))
    if found.due_at is not None:
        assert found.due_at < NOW + timedelta(seconds=left)
    else:
        assert found.ending is Ending.DEAD
        assert found.why


def test_all_tries_of_a_mail_fit_into_two_days_even_when_chance_is_against_it() -> None:
    waits = [backoff(tries, 1) for tries in range(1, MAX_TRIES)]
    assert sum(waits, timedelta()) < MAX_SPAN
    assert len(BACKOFF) < MAX_TRIES


@pytest.mark.parametrize(
    ("reply", "enhanced"),
    [("5.1.1 No such user", "5.1.1"), ("5.7.26 Blocked", "5.7.26"), ("No such user", ""), ("", ""), ("1.2 x", "")],
)  # fmt: skip
def test_the_enhanced_code_is_read_from_the_reply(reply: str, enhanced: str) -> None:
    assert Evidence("rcpt", Cause.SERVER, 550, reply).enhanced == enhanced


def test_the_managers_words_are_the_servers() -> None:
    assert (
        Evidence("rcpt", Cause.SERVER, 550, "5.1.1 No such user").words == "550 5.1.1 No such user"
    )
    assert Evidence("connect", Cause.TRANSPORT, 0, "refused").words == "refused"

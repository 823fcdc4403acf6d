"""When a mail is tried again, and when not: the decision alone."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bookingapp.email.faults import Cause, Evidence, Fault, classify
from bookingapp.email.messages import Policy
from bookingapp.email.retry import (
    BACKOFF,
    MAX_SPAN,
    MAX_TRIES,
    UNCERTAIN_WAIT,
    Ending,
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


@given(
    st.sampled_from(["data", "dot"]), st.integers(400, 499), st.integers(1, MAX_TRIES - 1), chances
)
def test_not_now_said_of_the_mail_is_tried_again_later(
    phase: str, code: int, tries: int, chance: float
) -> None:
    if code == 421:
        code = 451  # "I am going" is not about the mail
    found = verdict(Evidence(phase, Cause.SERVER, code), tries, chance)
    assert (found.ending, found.fault) == (Ending.RETRY, Fault.MESSAGE)
    assert found.due_at == NOW + backoff(tries, chance)
    assert not found.uncertain


@given(st.sampled_from(["rcpt", "data"]), st.integers(540, 599).filter(lambda code: code != 550))
def test_never_is_never_once_it_is_about_this_mail(phase: str, code: int) -> None:
    assert verdict(Evidence(phase, Cause.SERVER, code)).ending is Ending.DEAD


@given(st.sampled_from(["connect", "ehlo", "tls", "auth", "mail"]), st.integers(400, 599), chances)
def test_what_is_not_the_mails_fault_costs_it_no_try(phase: str, code: int, chance: float) -> None:
    found = verdict(Evidence(phase, Cause.SERVER, code), MAX_TRIES, chance)
    assert (found.ending, found.due_at) == (Ending.GIVEN_BACK, NOW)


@given(st.sampled_from(PHASES[:-1]))
def test_a_server_that_is_away_costs_no_try(phase: str) -> None:
    found = verdict(Evidence(phase, Cause.TRANSPORT, 0, "refused"), MAX_TRIES)
    assert found.ending is Ending.GIVEN_BACK
    assert not found.uncertain


@pytest.mark.parametrize("phase", ["rcpt", "data"])
def test_a_mail_that_lost_its_connection_lets_the_others_go_first(phase: str) -> None:
    found = verdict(Evidence(phase, Cause.TRANSPORT, 0, "the connection was closed"))
    assert found.due_at is not None
    assert found.due_at > NOW + timedelta(seconds=40)


def test_a_mail_that_always_loses_its_connection_is_given_up_in_the_end() -> None:
    evidence = Evidence("data", Cause.TRANSPORT, 0, "the connection was closed")
    found = decide(evidence, History(1, NOW, drops=MAX_TRIES), Policy.AT_LEAST_ONCE, NOW, 0)
    assert found.ending is Ending.DEAD
    assert "connection" in found.why


@pytest.mark.parametrize("phase", ["rcpt", "data", "dot"])
@pytest.mark.parametrize(
    ("code", "reply"),
    [(550, "5.4.5 Daily user sending limit exceeded"), (450, "4.2.1 Too quickly"),
     (530, "5.7.0 Authentication required"), (454, "4.7.0 Later"), (421, "Goodbye")],
)  # fmt: skip
def test_what_a_server_says_of_itself_never_ends_a_mail(phase: str, code: int, reply: str) -> None:
    evidence = Evidence(phase, Cause.SERVER, code, reply)
    found = decide(evidence, History(1, NOW, drops=99), Policy.AT_LEAST_ONCE, NOW, 0)
    assert found.ending is Ending.GIVEN_BACK


def test_too_big_is_tried_once_more_without_what_can_be_missed() -> None:
    too_big = Evidence("dot", Cause.SERVER, 552, "5.3.4 Message too big")
    first = decide(too_big, History(1, NOW), Policy.AT_LEAST_ONCE, NOW, 0)
    assert (first.ending, first.due_at, first.slim) == (Ending.RETRY, NOW, True)
    second = decide(too_big, History(2, NOW, slim=True), Policy.AT_LEAST_ONCE, NOW, 0)
    assert second.ending is Ending.DEAD


SERVER, TRANSPORT = Cause.SERVER, Cause.TRANSPORT


@pytest.mark.parametrize(
    ("phase", "cause", "code", "reply", "fault"),
    [
        ("connect", TRANSPORT, 0, "the name mail.example was not found", Fault.TRANSPORT),
        ("connect", TRANSPORT, 0, "connection refused", Fault.TRANSPORT),
        ("connect", TRANSPORT, 0, "did not answer in 20 s", Fault.TRANSPORT),
        ("connect", SERVER, 421, "Too busy", Fault.TRANSPORT),
        ("connect", SERVER, 554, "5.7.1 No service here", Fault.TRANSPORT),
        ("ehlo", SERVER, 502, "What?", Fault.TRANSPORT),
        ("tls", TRANSPORT, 0, "the certificate was not accepted", Fault.TRANSPORT),
        ("tls", SERVER, 454, "4.7.0 TLS not available", Fault.TRANSPORT),
        ("auth", SERVER, 535, "5.7.8 Username and Password not accepted", Fault.AUTH),
        ("auth", SERVER, 534, "5.7.9 Application-specific password required", Fault.AUTH),
        ("auth", SERVER, 454, "4.7.0 Temporary authentication failure", Fault.AUTH),
        ("auth", TRANSPORT, 0, "SMTP AUTH extension not supported by server.", Fault.AUTH),
        ("auth", TRANSPORT, 0, "the connection was closed", Fault.TRANSPORT),
        ("mail", SERVER, 530, "5.7.0 Authentication required", Fault.AUTH),
        ("mail", SERVER, 550, "5.7.60 Client does not have permission", Fault.AUTH),
        ("mail", SERVER, 550, "5.7.30 Basic authentication is not supported", Fault.AUTH),
        ("mail", SERVER, 451, "4.3.0 Later", Fault.TRANSPORT),
        ("mail", SERVER, 421, "4.7.0 Too many messages", Fault.QUOTA),
        ("connect", SERVER, 421, "4.7.0 Try again later", Fault.QUOTA),
        ("mail", SERVER, 432, "4.3.2 Concurrent connections limit exceeded", Fault.QUOTA),
        ("rcpt", SERVER, 450, "4.2.1 User is receiving mail too quickly", Fault.QUOTA),
        ("rcpt", SERVER, 550, "5.4.5 Daily user sending limit exceeded", Fault.QUOTA),
        ("dot", SERVER, 550, "5.4.5 Daily user sending limit exceeded", Fault.QUOTA),
        ("rcpt", SERVER, 450, "4.7.1 Greylisted", Fault.MESSAGE),
        ("rcpt", SERVER, 421, "Goodbye", Fault.TRANSPORT),
        ("rcpt", SERVER, 550, "5.1.1 No such user", Fault.RECIPIENT),
        ("rcpt", SERVER, 552, "5.2.2 Mailbox full", Fault.RECIPIENT),
        ("rcpt", SERVER, 550, "5.7.1 Blocked", Fault.RECIPIENT),
        ("rcpt", SERVER, 550, "No", Fault.RECIPIENT),
        ("data", SERVER, 451, "Later", Fault.MESSAGE),
        ("data", SERVER, 554, "No", Fault.MESSAGE),
        ("dot", SERVER, 452, "4.3.1 No space", Fault.MESSAGE),
        ("dot", SERVER, 550, "5.7.1 Looks like spam", Fault.MESSAGE),
        ("dot", SERVER, 421, "Goodbye", Fault.TRANSPORT),
        ("dot", TRANSPORT, 0, "the connection was closed", Fault.AMBIGUOUS),
        ("data", TRANSPORT, 0, "the connection was closed", Fault.TRANSPORT),
        ("render", Cause.BUG, 0, "KeyError", Fault.BUG),
    ],
)  # fmt: skip
def test_every_fault_has_its_class(
    phase: str, cause: Cause, code: int, reply: str, fault: Fault
) -> None:
    assert classify(Evidence(phase, cause, code, reply)) is fault


@pytest.mark.parametrize(
    ("reply", "ends"),
    [("5.1.1 No such user", True), ("5.1.2 Bad domain", True), ("5.1.3 Bad syntax", True), ("5.1.10 Not found", True),
     ("5.2.2 Mailbox full", False), ("5.7.1 Blocked", False), ("No", False)],
)  # fmt: skip
def test_only_an_address_that_does_not_exist_is_never_written_to_again(
    reply: str, ends: bool
) -> None:
    found = verdict(Evidence("rcpt", Cause.SERVER, 550, reply))
    assert (found.ending, found.suppress) == (Ending.DEAD, ends)


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

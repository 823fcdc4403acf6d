"""Why a payment failed, in words: each code the gateway has, and those nobody has heard of."""

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bookingapp.payments import words
from bookingapp.payments.words import BY_REASON, REASONS, Failure, failure, for_the_office

# Voice: never "oops", "invalid", "error occurred", "please note", exclamation marks, blame.
UNKIND = re.compile(r"oops|invalid|error|please|sorry|!|you failed|wrong|_", re.IGNORECASE)
KINDS = [
    value for name, value in vars(words).items() if name.isupper() and isinstance(value, Failure)
]


@pytest.mark.parametrize(
    ("code", "reason", "words"),
    [
        ("BAD_REQUEST_ERROR", "payment_declined", "Your bank said no"),
        ("GATEWAY_ERROR", "card_declined", "Your bank said no"),
        ("BAD_REQUEST_ERROR", "insufficient_funds", "There was not enough money"),
        # the reason decides, whatever the broad class is
        ("GATEWAY_ERROR", "insufficient_funds", "There was not enough money"),
        ("BAD_REQUEST_ERROR", "payment_timed_out", "The bank waited for your approval"),
        ("BAD_REQUEST_ERROR", "payment_cancelled", "The payment was cancelled"),
        ("BAD_REQUEST_ERROR", "incorrect_otp", "did not recognise what was typed"),
        ("BAD_REQUEST_ERROR", "authentication_failed", "could not make sure that it was you"),
        ("BAD_REQUEST_ERROR", "payment_risk_check_failed", "A safety check stopped"),
        ("GATEWAY_ERROR", "bank_technical_error", "The bank could not be reached"),
        (
            "BAD_REQUEST_ERROR",
            "international_transaction_not_allowed",
            "Cards from other countries",
        ),
        ("BAD_REQUEST_ERROR", "invalid_vpa", "No bank knows that UPI address"),
        ("BAD_REQUEST_ERROR", "card_expired", "expired or blocked"),
        ("BAD_REQUEST_ERROR", "transaction_daily_limit_exceeded", "over the limit"),
        ("BAD_REQUEST_ERROR", "card_network_not_enabled", "does not work here"),
        ("BAD_REQUEST_ERROR", "input_validation_failed", "The fault is ours"),
        ("SERVER_ERROR", "", "The bank could not be reached"),
        ("GATEWAY_ERROR", "something_new", "The bank could not be reached"),
        ("BAD_REQUEST_ERROR", "something_new", "we were not told why"),
        ("", "", "we were not told why"),
        ("", "abandoned", "The payment was not finished"),
    ],
)
def test_a_reason_is_told_in_plain_words(code: str, reason: str, words: str) -> None:
    assert words in str(failure(code, reason).happened)


def test_each_kind_of_failure_says_what_happened_to_the_money_and_what_to_try() -> None:
    for kind in KINDS:
        happened, now, to_try = map(str, kind)
        assert re.search(r"no money|nothing was taken|No money", happened), happened
        assert now[0].islower()
        assert not now.endswith("."), now
        assert to_try.endswith("."), to_try
        assert not UNKIND.search(f"{happened} {now} {to_try}"), happened


def test_each_reason_stands_in_the_table_once_and_each_kind_has_one() -> None:
    listed = [reason for _, reasons in REASONS for reason in reasons]
    assert len(listed) == len(set(listed)) == len(BY_REASON)
    assert [kind for kind in KINDS if kind is not words.UNTOLD] == [kind for kind, _ in REASONS]


@pytest.mark.parametrize("reason", sorted(BY_REASON))
def test_no_code_is_shown_to_the_customer_but_the_office_reads_it(reason: str) -> None:
    said = failure("BAD_REQUEST_ERROR", reason)
    assert said is not words.UNTOLD
    assert not any(
        "BAD_REQUEST" in part or reason in part for part in map(str, said) if "_" in reason
    )
    office = for_the_office("BAD_REQUEST_ERROR", reason)
    assert office == f"{said.happened} (BAD_REQUEST_ERROR, {reason})"


def test_what_did_not_fail_says_nothing_in_the_office() -> None:
    assert for_the_office("", "") == ""


@settings(suppress_health_check=list(HealthCheck))
@given(code=st.text(max_size=20), reason=st.text(max_size=20))
def test_whatever_the_gateway_calls_it_none_of_it_is_repeated_to_the_customer(
    code: str, reason: str
) -> None:
    assert any(failure(code, reason) is kind for kind in KINDS)

"""What a delivery report says, and that nothing a stranger writes breaks the reader."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bookingapp.email import reports
from tests.email.dsn import report

OURS = "<booking_confirmation.0a1b2c3d4e5f6071@lantern.test>"


def test_a_plain_bounce_is_understood() -> None:
    [found] = reports.read(report(message_id=OURS, asked="Asha@Example.org"))
    assert found == reports.Report(
        action="failed", status="5.1.1", recipients=("asha@example.org",), message_ids=(OURS,),
        envelope="", words="550 5.1.1 User unknown",
    )  # fmt: skip


@pytest.mark.parametrize("returned", ["text/rfc822-headers", "message/rfc822"])
def test_the_message_is_known_by_what_was_returned(returned: str) -> None:
    [found] = reports.read(report(message_id=OURS, returned=returned))
    assert found.message_ids == (OURS,)


def test_or_by_the_reports_own_word_or_by_the_envelope() -> None:
    [found] = reports.read(report(original_id=OURS, envelope="booking_confirmation.0a1b"))
    assert (found.message_ids, found.envelope) == ((OURS,), "booking_confirmation.0a1b")


@pytest.mark.parametrize("action", ["delayed", "delivered"])
def test_other_ends_are_told_apart(action: str) -> None:
    [found] = reports.read(report(message_id=OURS, action=action, status="4.4.1"))
    assert found.action == action


@pytest.mark.parametrize("action", ["relayed", "expanded", "eaten", ""])
def test_what_says_nothing_about_arrival_is_no_report(action: str) -> None:
    assert reports.read(report(message_id=OURS, action=action)) == []


def test_two_addresses_of_one_mail_are_two_reports() -> None:
    raw = report(message_id=OURS).replace(
        b"\n\n--b1\nContent-Type: text/rfc822",
        b"\n\nFinal-Recipient: rfc822;ben@example.org\nAction: delayed\nStatus: 4.2.2\n\n--b1\nContent-Type: text/rfc822",
    )
    assert [(one.recipients, one.action) for one in reports.read(raw)] == [
        (("asha@example.org",), "failed"), (("ben@example.org",), "delayed"),
    ]  # fmt: skip


def test_a_thousand_addresses_are_cut_off() -> None:
    more = b"\n\nFinal-Recipient: rfc822;x@y.z\nAction: failed\nStatus: 5.1.1" * 1000
    raw = report(message_id=OURS).replace(
        b"\n\n--b1\nContent-Type: text/rfc822", more + b"\n\n--b1\nContent-Type: text/rfc822"
    )
    assert len(reports.read(raw)) == reports.MOST_RECIPIENTS


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"Subject: hello\n\nFinal-Recipient: rfc822;asha@example.org\nAction: failed\nStatus: 5.1.1",
        report(message_id=OURS).replace(b"multipart/report", b"multipart/mixed"),
        report(message_id=OURS).replace(b"report-type=delivery-status", b"report-type=disposition-notification"),
        report(message_id=OURS).replace(b"Status: 5.1.1", b"Status: bad"),
        report(message_id=OURS).replace(b"message/delivery-status", b"text/plain"),
        report(message_id=OURS) + b"x" * reports.MOST_BYTES,
    ],
)  # fmt: skip
def test_other_mails_are_no_reports(raw: bytes) -> None:
    assert reports.read(raw) == []


@pytest.mark.parametrize(
    "message_id",
    ["<CAJ+abc@mail.gmail.com>", "<a' OR 1=1 --@x>", "<x.y@z>\n\tand more", "nonsense"],
)
def test_message_ids_of_others_are_not_ours(message_id: str) -> None:
    assert all(not one.message_ids for one in reports.read(report(message_id=message_id)))


def test_words_are_short_and_on_one_line() -> None:
    [found] = reports.read(report(message_id=OURS, words="550 no\n \x07such\n\tuser " + "x" * 9000))
    assert found.words.startswith("550 no such user xxx")
    assert len(found.words) == reports.MOST_WORDS


def test_silence_is_put_into_words() -> None:
    [found] = reports.read(report(message_id=OURS, words=""))
    assert found.words == "failed 5.1.1"


@given(st.binary(max_size=400), st.integers(0, 900), st.integers(0, 60))
def test_no_bytes_break_the_reader(noise: bytes, at: int, cut: int) -> None:
    whole = report(message_id=OURS)
    for one in reports.read(whole[:at] + noise + whole[at + cut :]):
        assert one.action in reports.ACTIONS
        assert len(one.words) <= reports.MOST_WORDS

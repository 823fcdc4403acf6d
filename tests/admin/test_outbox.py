"""The outbox page: figures, filters, every mail in its state."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from bookingapp import clock
from bookingapp.email.models import OutboxState
from tests.admin.reading import listed, tiles, words
from tests.admin.rows import Rows, ago

SMTP = pytest.mark.settings(mail_transport="smtp", mail_server="mail.cinema.test")


def mails(client: FlaskClient, query: str = "") -> list[str]:
    return listed(client, f"/office/outbox{query}", "mails")


def test_an_empty_outbox_says_what_comes_next(manager: FlaskClient) -> None:
    page = words(manager.get("/office/outbox").text)
    assert "No mail yet" in page
    assert "No mail in the last 24 hours" in page


@pytest.mark.parametrize(
    "where",
    [
        pytest.param(name, marks=pytest.mark.settings(mail_transport=transport))
        for transport, name in (("file", "files"), ("console", "the console"))
    ],
)
def test_a_transport_that_sends_nothing_is_said_loudly(manager: FlaskClient, where: str) -> None:
    banner = f"Mails are written to {where}, nobody receives them"
    assert banner in manager.get("/office/outbox").text


@SMTP
def test_a_mail_server_needs_no_banner(manager: FlaskClient) -> None:
    assert "nobody receives them" not in manager.get("/office/outbox").text


@SMTP
def test_the_tiles_count_each_state(manager: FlaskClient, rows: Rows) -> None:
    rows.mail(state=OutboxState.QUEUED, created_at=ago(minutes=4))
    rows.mail(state=OutboxState.SENDING)
    soon = clock.now() + timedelta(minutes=15)
    rows.mail(state=OutboxState.RETRY, due_at=soon)
    for state in (OutboxState.DEAD, OutboxState.EXPIRED, OutboxState.SUPPRESSED):
        rows.mail(state=state)
    for _ in range(3):
        rows.mail()
    rows.mail(sent_at=ago(days=2), created_at=ago(days=2))
    assert tiles(manager.get("/office/outbox").text) == {
        "Waiting": "2 oldest 4 min",
        "Sent today": "3 3 in the last hour, 3 in the last minute",
        "On the way": "3 s half of them are quicker",
        "Trying again": "1 next in 15 min",
        "Failed": "3 needs you",
    }


def test_mails_stand_newest_first_with_state_reason_and_booking(
    manager: FlaskClient, rows: Rows
) -> None:
    booking = rows.booking(number="BK7Q4MXW2P", name="Asha Menon")
    rows.mail(state=OutboxState.QUEUED, recipient="first@x.test")
    rows.mail(
        state=OutboxState.DEAD, recipient="rahul@exmaple.test", booking_id=booking, last_code=550,
        last_error="550 5.1.1 The mailbox does not exist",
    )  # fmt: skip
    newest, oldest = mails(manager)
    for told in ("Failed", "Booking confirmation", "550 5.1.1 The mailbox does not exist",
                 "rahul@exmaple.test", "BK7Q4MXW2P , Asha Menon", "Send again"):  # fmt: skip
        assert told in newest
    assert "Queued" in oldest
    assert "no booking" in oldest


@pytest.mark.parametrize(
    ("state", "told"),
    [
        (OutboxState.SENT, "Sent"),
        (OutboxState.SIMULATED, "Not really sent"),
        (OutboxState.RETRY, "Retry in"),
        (OutboxState.HELD, "Held by you"),
        (OutboxState.CANCELLED, "Cancelled"),
        (OutboxState.EXPIRED, "Expired"),
        (OutboxState.SUPPRESSED, "Suppressed"),
    ],
)
def test_each_state_has_its_words(
    manager: FlaskClient, rows: Rows, state: OutboxState, told: str
) -> None:
    rows.mail(state=state)
    assert mails(manager)[0].startswith(told)


def test_a_mail_that_perhaps_arrived_says_so(manager: FlaskClient, rows: Rows) -> None:
    rows.mail(state=OutboxState.DEAD, uncertain=True, last_error="not sent again")
    assert mails(manager)[0].startswith("Perhaps sent")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?state=failed", ["dead", "expired"]),
        ("?state=waiting", ["queued"]),
        ("?state=sent", ["sent"]),
        ("?kind=payment_failed", ["expired"]),
        ("?state=sent&kind=payment_failed", []),
        ("?state=nonsense&kind=nonsense", ["dead", "expired", "queued", "sent"]),
    ],
)
def test_filters_narrow_by_state_and_kind(
    manager: FlaskClient, rows: Rows, query: str, found: list[str]
) -> None:
    for state in ("dead", "queued", "sent"):
        rows.mail(state=OutboxState(state), recipient=f"{state}@x.test")
    rows.mail(state=OutboxState.EXPIRED, recipient="expired@x.test", kind="payment_failed")
    told = " ".join(mails(manager, query))
    every = ("dead", "expired", "queued", "sent")
    assert [state for state in every if f"{state}@x.test" in told] == found


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("ASHA@", ["asha@x.test"]),
        ("o'brien", ["asha@x.test"]),
        ("O\u2019Brien", ["asha@x.test"]),
        ("bk7q4", ["asha@x.test"]),
        ("100%", ["100%@x.test"]),
        ("a_b", ["a_b@x.test"]),
        ("%", ["100%@x.test"]),
        ("nobody", []),
    ],
)
def test_a_mail_is_found_by_address_name_or_booking_letter_for_letter(
    manager: FlaskClient, rows: Rows, typed: str, found: list[str]
) -> None:
    booking = rows.booking(number="BK7Q4MXW2P", name="Asha O'Brien")
    rows.mail(recipient="asha@x.test", booking_id=booking)
    for other in ("100%@x.test", "a_b@x.test", "axb@x.test"):
        rows.mail(recipient=other)
    answer = manager.get("/office/outbox", query_string={"q": typed})
    told = words(answer.text)
    every = ("asha@x.test", "100%@x.test", "a_b@x.test", "axb@x.test")
    assert [one for one in every if f"to {one}" in told] == found
    assert ("No mail like that" in told) == (not found)


def test_nothing_failed_is_good_news(manager: FlaskClient, rows: Rows) -> None:
    rows.mail()
    assert "Nothing failed" in words(manager.get("/office/outbox?state=failed").text)


def test_older_mails_stand_on_further_pages_and_none_is_lost_or_doubled(
    manager: FlaskClient, rows: Rows
) -> None:
    for n in range(120):
        rows.mail(recipient=f"r{n}@x.test")
    seen: list[str] = []
    address = "/office/outbox?state=sent"
    while address:
        page = manager.get(address).text
        seen += [row.split(" to ")[-1] for row in listed(manager, address, "mails")]
        address = _older(page)
        rows.mail(recipient="a newer one@x.test")
    assert seen == [f"r{n}@x.test" for n in reversed(range(120))]


def _older(page: str) -> str:
    head, _, _ = page.partition('" rel="next"')
    return head.rpartition('href="')[2].replace("&amp;", "&") if _ else ""


@pytest.mark.parametrize("before", ["0", "-5", "x", "99999999999999999999"])
def test_a_mistyped_page_shows_the_newest(manager: FlaskClient, rows: Rows, before: str) -> None:
    rows.mail()
    assert len(mails(manager, f"?before={before}")) == 1


def test_the_navigation_counts_what_needs_the_manager(manager: FlaskClient, rows: Rows) -> None:
    rows.mail(state=OutboxState.DEAD)
    rows.mail(state=OutboxState.DEAD)
    assert "Outbox 2 need you" in words(manager.get("/office/bookings").text)


def test_an_address_cannot_smuggle_markup_into_the_office(manager: FlaskClient, rows: Rows) -> None:
    rows.mail(recipient="<script>x</script>@x.test", state=OutboxState.DEAD, last_error="<b>no</b>")
    page = manager.get("/office/outbox").text
    assert "<script>x" not in page
    assert "<b>no</b>" not in page

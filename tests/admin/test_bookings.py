"""Bookings: found by whatever a caller knows, and one with all that happened to it."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from bookingapp import audit
from bookingapp.booking.models import BookingState
from bookingapp.db import transaction
from bookingapp.email.models import OutboxState
from bookingapp.payments.models import PaymentState
from tests.admin.reading import listed, rows_of, words
from tests.admin.rows import Rows, ago

SignIn = Callable[[FlaskClient, str], FlaskClient]


@pytest.fixture
def desk(client: FlaskClient, sign_in: SignIn) -> FlaskClient:
    """Somebody of the box office, signed in."""
    return sign_in(client, "box_office")


def found(desk: FlaskClient, **query: str) -> list[str]:
    """The numbers found, in the order of the list."""
    told = desk.get("/office/bookings", query_string=query)
    return [row.split()[1] for row in rows_of(told.text, "bookings")]


def test_the_newest_booking_stands_first_with_film_seats_and_sum(
    desk: FlaskClient, rows: Rows
) -> None:
    rows.booking(number="BKOLDER222", state=BookingState.EXPIRED, sold=False)
    rows.booking("C3", number="BKNEWER222", name="Asha Menon", email="asha@x.test", phone="0484 1")
    newest, older = listed(desk, "/office/bookings", "bookings")
    for told in ("Confirmed", "BKNEWER222", "Sherlock Jr.", "Hall 1", "one seat", "Asha Menon",
                 "asha@x.test", "0484 1", "₹180.00"):  # fmt: skip
        assert told in newest
    assert older.startswith("Expired BKOLDER222")


@pytest.mark.parametrize(
    ("typed", "hit"),
    [
        ("bk7q4mxw2p", True),
        ("7Q4M", True),
        ("asha@", True),
        ("MENON", True),
        ("o'brien", True),
        ("O\u2019Brien", True),
        ("98765 43210", True),
        ("9876543210", True),
        ("+91-98765", True),
        ("kid's", True),
        ("kid\u2019s d", True),
        ("100%", True),
        ("_50", True),
        ("10%s", False),
        ("A_ha", False),
        ("%", True),
        ("'; DROP TABLE booking; --", False),
        ("\\", False),
        ("12", False),
    ],
)
def test_a_booking_is_found_by_what_was_typed_letter_for_letter(
    desk: FlaskClient, rows: Rows, typed: str, hit: bool
) -> None:
    rows.booking(
        film="The Kid\u2019s Day 100% _50", number="BK7Q4MXW2P", name="Asha Menon O'Brien",
        email="asha@x.test", phone="+91 98765-43210",
    )  # fmt: skip
    rows.booking(number="BKRRRRRRRR", name="Somebody", email="else@x.test")
    assert found(desk, q=typed) == (["BK7Q4MXW2P"] if hit else [])


def test_bookings_are_narrowed_by_state(desk: FlaskClient, rows: Rows) -> None:
    rows.booking(number="BKHELDHELD", state=BookingState.HELD)
    rows.booking(number="BKSOLDSOLD")
    assert found(desk, state="held") == ["BKHELDHELD"]
    assert found(desk, state="nonsense") == ["BKSOLDSOLD", "BKHELDHELD"]


def test_a_search_that_finds_nothing_leads_back(desk: FlaskClient, rows: Rows) -> None:
    rows.booking()
    page = words(desk.get("/office/bookings?q=nobody").text)
    assert "No booking like that" in page
    assert "All bookings" in page


def test_older_bookings_stand_on_the_next_page(desk: FlaskClient, rows: Rows) -> None:
    showtime = rows.cinema.showtime()
    for n in range(52):
        rows.booking(number=f"BKPAGE{n:04d}", showtime=showtime, name="Asha")
    first = desk.get("/office/bookings?q=asha").text
    link = first.partition('" rel="next"')[0].rpartition('href="')[2].replace("&amp;", "&")
    second = rows_of(desk.get(link).text, "bookings")
    assert len(rows_of(first, "bookings")) == 50
    assert [row.split()[1] for row in second] == ["BKPAGE0001", "BKPAGE0000"]


def test_one_booking_tells_everything(manager: FlaskClient, rows: Rows) -> None:
    booking = rows.booking("C3", number="BK7Q4MXW2P", name="Asha Menon", phone="0484 77")
    rows.refund(rows.payment(booking, confirms=True, gateway_payment_id="pay_ABC"))
    rows.payment(booking, gateway_payment_id="pay_NO", state=PaymentState.FAILED,
                 captured_at=None, error_reason="payment_declined")  # fmt: skip
    rows.mail(booking_id=booking, recipient="asha@x.test", state=OutboxState.SENT)
    with transaction() as session:
        audit.note(session, "booking.confirmed", ("booking", booking))
    page = manager.get("/office/bookings/bk7q4mxw2p").text
    told = words(page)
    for fact in ("BK7Q4MXW2P", "Asha Menon", "0484 77", "Sherlock Jr.", "₹180.00"):
        assert fact in told
    assert rows_of(page, "places") == ["C3 Stalls Adult ₹180.00"]
    money = " | ".join(rows_of(page, "paid"))
    for fact in (
        "Payment, UPI pay_ABC",
        "Failed Payment",
        "payment_declined",
        "Due Refund, paid too late",
    ):
        assert fact in money
    assert "Sent Booking confirmation asha@x.test" in rows_of(page, "mails")[0]
    assert "Booking confirmed the house itself" in rows_of(page, "deeds")[0]
    assert 'href="/b/token-' in page


def test_a_hold_says_until_when(desk: FlaskClient, rows: Rows) -> None:
    rows.booking(number="BKHELDHELD", state=BookingState.HELD)
    assert "Held until" in words(desk.get("/office/bookings/BKHELDHELD").text)


def test_who_may_not_read_mails_is_not_led_to_them(desk: FlaskClient, rows: Rows) -> None:
    booking = rows.booking(number="BK7Q4MXW2P")
    mail = rows.mail(booking_id=booking)
    page = desk.get("/office/bookings/BK7Q4MXW2P").text
    assert "Booking confirmation" in page
    assert f"/office/outbox/{mail}" not in page


def test_an_unknown_number_is_not_found(desk: FlaskClient) -> None:
    assert desk.get("/office/bookings/BKNOTHERE2").status_code == 404


def test_nothing_of_a_booking_becomes_markup(desk: FlaskClient, rows: Rows) -> None:
    rows.booking(number="BK7Q4MXW2P", name="<script>x</script>", created_at=ago(days=40))
    for address in ("/office/bookings", "/office/bookings/BK7Q4MXW2P"):
        assert "<script>x" not in desk.get(address).text

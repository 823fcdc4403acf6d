"""What gateways, mail servers and customers write may be one long word: no page of the office grows by it."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from bookingapp import clock
from bookingapp.booking.models import BookingState
from bookingapp.db import transaction
from bookingapp.email import happenings
from bookingapp.email.models import BreakerState, Delivery, MailTransport, OutboxState, Suppression
from bookingapp.payments import gateway
from bookingapp.payments.models import GatewayHealth, PaymentState, RefundState
from bookingapp.payments.settlement_models import SettlementDay, SettlementLine
from tests.admin import rows as made
from tests.admin.conftest import PHONE, Open
from tests.admin.rows import Rows, ago

pytestmark = [
    pytest.mark.browser,
    # what a browser makes of a page does not depend on the database
    pytest.mark.engine("sqlite"),
]
WORD = "HTTPConnectionPool" + "w" * 182
ADDRESS = "w" * 60 + "@" + "w" * 60 + ".test"
SETTLEMENT, NUMBER = "setl_WWmMWWmMWWmMWW", "BK7Q4MXW2P"
# A phone, a tablet upright and on its side, a desk.
WIDTHS = (360, 768, 1024, 1280)
# No number of any gateway's is longer.
ID = "W" * 40
# By how much the page is wider than the screen, or what stands in a panel or a notice than its ground.
TOO_WIDE = """() => [document.documentElement, ...document.querySelectorAll('main, .panel, .note')]
    .map(box => box.scrollWidth - box.clientWidth).reduce((one, other) => Math.max(one, other))"""


@pytest.fixture
def house(rows: Rows) -> Iterator[Rows]:
    """Everybody out there speaks in words of 200 letters."""
    now = clock.now()
    happenings.note(happenings.What.DATABASE, words=WORD)
    with transaction() as session:
        session.add_all([
            GatewayHealth(name=gateway.connect().name, failures=3, fault_at=now, down_since=now, next_probe_at=now, said=WORD),
            MailTransport(name="smtp", failures=9, wait_seconds=60, breaker=BreakerState.OPEN, opened_at=now,
                          next_probe_at=now, fault="transport", last_error=WORD),
            Suppression(address=ADDRESS, reason=WORD, created_at=now),
            SettlementDay(day=now.date(), last_error=WORD),
            SettlementDay(day=ago(days=30).date(), read_at=now),
        ])  # fmt: skip
    yield rows
    happenings.forget()


def money(rows: Rows) -> int:
    """Paid, late, missing, refused, unknown to us; the id of the booking."""
    show = rows.cinema.showtime(clock.now() + timedelta(hours=1))
    booking = rows.booking(
        "C3", showtime=show, number=NUMBER, name=WORD, email=ADDRESS, phone="+91 484 000 0000"
    )
    paid = rows.payment(booking, confirms=True, gateway_payment_id=ID, error_reason=WORD)
    rows.payment(booking, state=PaymentState.FAILED, error_reason=WORD)
    rows.refund(paid, state=RefundState.FAILED, last_error=WORD, gateway_refund_id=ID)
    late = rows.booking(state=BookingState.EXPIRED, showtime=show, name=WORD, email=ADDRESS)
    rows.refund(rows.payment(late, captured_at=ago(days=9)), last_error=WORD)
    line(ID)
    line("X" + ID, note=WORD, cleared_at=clock.now())
    line("Y" + ID, settlement_id="setl_other")
    return booking


def line(entity: str, **values: object) -> None:
    """A line of the gateway's report."""
    plain = {
        "settlement_id": SETTLEMENT, "kind": "payment", "amount": 18000, "credit": 17576, "debit": 0,
        "fee": 424, "tax": 64, "currency": "INR", "utr": "U" * 60, "receipt": ID, "method": "w" * 30,
        "day": clock.now().date(), "settled_at": clock.now(), "noted_at": clock.now(), "note": "",
    }  # fmt: skip
    with transaction() as session:
        session.add(SettlementLine(entity_id=entity, **{**plain, **values}))


def mails(rows: Rows, booking: int) -> list[str]:
    """One that failed, one that is tried again, one that came back."""
    said: dict[str, Any] = {
        "booking_id": booking,
        "recipient": ADDRESS,
        "last_error": WORD,
        "attempts": 1,
    }
    found = [
        rows.mail(state=OutboxState.DEAD, content=made.letter(subject=WORD), **said),
        rows.mail(state=OutboxState.RETRY, fault="transport", **said),
        rows.mail(delivery=Delivery.BOUNCED, delivery_words=WORD, provider_ref=WORD, **said),
    ]
    for each in found:
        rows.attempt(each, reply=WORD)
    return found


@pytest.mark.settings(mail_transport="smtp", mail_server="mail.cinema.test")
def test_no_word_from_outside_widens_a_page_of_the_office(office: Open, house: Rows) -> None:
    opened = [f"outbox/{mail}" for mail in mails(house, money(house))]
    page, wide = office(PHONE), {}
    for address in ("outbox", "outbox?state=failed", "outbox/tonight", *opened, f"{opened[0]}?show=headers",
                    "bookings", f"bookings/{NUMBER}", "money", "settlements", f"settlements/{SETTLEMENT}"):  # fmt: skip
        page.goto(f"/office/{address}")
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            wide[f"{address} {width}"] = page.evaluate(TOO_WIDE)
    assert {where: over for where, over in wide.items() if over} == {}

"""Rows the office shows: bookings, mails, money, each with defaults."""

import itertools
from datetime import datetime, timedelta
from email.message import EmailMessage
from hashlib import sha256
from typing import Any

from sqlalchemy import select

from bookingapp import clock
from bookingapp.booking.models import Booking, BookingSeat, BookingState
from bookingapp.catalogue.models import Seat, Showtime, TicketType
from bookingapp.db import transaction
from bookingapp.email.models import OutboxAttempt, OutboxMessage, OutboxMime, OutboxState
from bookingapp.payments.models import (
    OrderState,
    Payment,
    PaymentOrder,
    PaymentState,
    Refund,
    RefundState,
)
from tests.factories import Cinema

_count = itertools.count(1)
PICTURE = bytes.fromhex("89504e470d0a1a0a") + b"not quite a picture"
HTML = '<html><body style="color:#2a0b17"><p>See you, Asha</p><img alt="QR code" src="cid:qr"></body></html>'


class Rows:
    """What happened in the cinema before the manager opened the office."""

    def __init__(self, cinema: Cinema) -> None:
        self.cinema = cinema

    def booking(
        self,
        seat: str = "",
        *,
        showtime: int | None = None,
        film: str = "Sherlock Jr.",
        **values: Any,
    ) -> int:
        """The id of a booking, confirmed unless said otherwise, for 180 rupees."""
        n = next(_count)
        self.cinema.theater()
        showtime = showtime or self.cinema.showtime(movie_id=self.cinema.movie(film))
        state = values.pop("state", BookingState.CONFIRMED)
        held_until = clock.now() + timedelta(minutes=12) if state == BookingState.HELD else None
        row = Booking(
            **{
                "number": f"BK{n:08d}", "showtime_id": showtime, "state": state,
                "sold": state in {BookingState.CONFIRMED, BookingState.CANCELLED},
                "created_at": clock.now(), "hold_expires_at": held_until, "email": f"buyer{n}@x.test",
                "name": f"Buyer {n}", "currency": "INR", "subtotal": 18000, "total": 18000,
                "tax": 2746, "manage_token": f"token-{n}-of-a-test", **values,
            }
        )  # fmt: skip
        with transaction() as session:
            session.add(row)
            session.flush()
            if seat:
                plan = session.get_one(Showtime, showtime).seat_plan_id
                found = session.scalars(
                    select(Seat.id).where(Seat.name == seat, Seat.seat_plan_id == plan)
                ).one()
                adult = session.scalars(select(TicketType.id).order_by(TicketType.position)).first()
                session.add(
                    BookingSeat(
                        booking_id=row.id, showtime_id=showtime, seat_id=found, seat_plan_id=plan,
                        ticket_type_id=adult, list_price=18000, price=18000, tax_rate=1800, tax=2746,
                    )
                )  # fmt: skip
            return row.id

    def mail(self, *, content: bytes | None = None, **values: Any) -> str:
        """The public id of a mail, sent unless said otherwise."""
        n = next(_count)
        state = values.setdefault("state", OutboxState.SENT)
        now = clock.now()
        owed = state in {OutboxState.QUEUED, OutboxState.SENDING, OutboxState.RETRY}
        done = state in {OutboxState.SENT, OutboxState.SIMULATED}
        row = OutboxMessage(
            **{
                "public_id": f"{n:016x}", "kind": "booking_confirmation", "dedupe_key": f"test:{n}",
                "recipient": f"guest{n}@x.test", "payload": {}, "due_at": now if owed else None,
                "lease_token": "lease" if state == OutboxState.SENDING else None,
                "created_at": now - timedelta(seconds=3), "sent_at": now if done else None,
                "message_id": f"<test.{n}@x.test>", **values,
            }
        )  # fmt: skip
        with transaction() as session:
            session.add(row)
            session.flush()
            if content is not None:
                digest = sha256(content).hexdigest()
                session.add(
                    OutboxMime(message_id=row.id, content=content, sha256=digest, created_at=now)
                )
            return row.public_id

    def attempt(self, public_id: str, **values: Any) -> None:
        """A try to send a mail."""
        with transaction() as session:
            wanted = select(OutboxMessage.id).where(OutboxMessage.public_id == public_id)
            session.add(
                OutboxAttempt(
                    **{
                        "message_id": session.scalars(wanted).one(),
                        "at": clock.now(),
                        "phase": "rcpt",
                        "outcome": "dead",
                        "code": 550,
                        "enhanced_code": "5.1.1",
                        "reply": "5.1.1 <a@b>: Recipient unknown",
                        "duration_ms": 42,
                        **values,
                    }
                )
            )  # fmt: skip

    def payment(self, booking_id: int, *, confirms: bool = False, **values: Any) -> int:
        """The id of a captured payment for a booking."""
        n = next(_count)
        with transaction() as session:
            order = PaymentOrder(
                booking_id=booking_id, gateway="razorpay", gateway_order_id=f"order_{n}",
                receipt=f"r{n}", amount=18000, currency="INR", state=OrderState.PAID, revision=1,
                seats=[], created_at=clock.now(),
            )  # fmt: skip
            session.add(order)
            session.flush()
            row = Payment(
                **{
                    "payment_order_id": order.id, "gateway_payment_id": f"pay_{n}",
                    "state": PaymentState.CAPTURED, "amount": 18000, "currency": "INR",
                    "method": "upi", "created_at": clock.now(), "captured_at": clock.now(),
                    "confirms_id": booking_id if confirms else None, **values,
                }
            )  # fmt: skip
            session.add(row)
            session.flush()
            return row.id

    def refund(self, payment_id: int, **values: Any) -> None:
        """Money on its way back."""
        with transaction() as session:
            session.add(
                Refund(
                    **{
                        "payment_id": payment_id,
                        "idempotency_key": f"auto-{payment_id}",
                        "amount": 18000,
                        "currency": "INR",
                        "reason": "late",
                        "state": RefundState.DUE,
                        "created_at": clock.now(),
                        **values,
                    }
                )
            )  # fmt: skip


def letter(html: str = HTML, subject: str = "See you at 2:30, Asha") -> bytes:
    """The bytes of a mail with text, HTML, a picture inside and one attached."""
    mail = EmailMessage()
    mail["Subject"], mail["From"], mail["To"] = subject, "box@cinema.test", "asha@x.test"
    mail.set_content("See you at the cinema.\n")
    mail.add_alternative(html, subtype="html")
    body = mail.get_payload()[1]  # type: ignore[index]
    body.add_related(PICTURE, "image", "png", cid="<qr>")  # type: ignore[union-attr]
    mail.add_attachment(PICTURE, maintype="image", subtype="png", filename="booking_BK.png")
    return mail.as_bytes()


def ago(**span: float) -> datetime:
    """An instant in the past."""
    return clock.now() - timedelta(**span)

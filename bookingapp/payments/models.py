"""What the gateway did, by the gateway's ids. Rows are only added or moved forward."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from bookingapp.db import Base, Instant, states


class OrderState(StrEnum):
    """open: may still be paid; paid: money was captured on it; dead: nobody will pay it any more."""

    OPEN = "open"
    PAID = "paid"
    DEAD = "dead"


class PaymentState(StrEnum):
    """As the gateway names them; only ever forward, but failed -> captured is allowed."""

    CREATED = "created"
    AUTHORIZED = "authorized"
    FAILED = "failed"
    CAPTURED = "captured"
    REFUNDED = "refunded"


class RefundState(StrEnum):
    """due: owed, not yet asked for; pending: the gateway works on it; processed is the final word."""

    DUE = "due"
    PENDING = "pending"
    PROCESSED = "processed"
    FAILED = "failed"


class PaymentOrder(Base):
    """One try to be paid for one booking, frozen: a changed basket makes a new one.

    `receipt` is our own number, committed before the gateway is asked, so that an order made just
    before a time-out can be found again. `next_poll_at` lets the reconciler claim its rows.
    """

    __tablename__ = "payment_order"
    __table_args__ = (
        CheckConstraint("amount >= 0", name="amount"),
        Index(
            "ix_payment_order_next_poll_at",
            "next_poll_at",
            sqlite_where=text("next_poll_at IS NOT NULL"),
            postgresql_where=text("next_poll_at IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    booking_id: Mapped[int] = mapped_column(
        ForeignKey("booking.id", ondelete="RESTRICT"), index=True
    )
    gateway: Mapped[str] = mapped_column(String(20))
    gateway_order_id: Mapped[str | None] = mapped_column(String(40), unique=True)
    receipt: Mapped[str] = mapped_column(String(40), unique=True)
    amount: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    state: Mapped[OrderState] = mapped_column(states(OrderState, "state"), default=OrderState.OPEN)
    revision: Mapped[int]
    seats: Mapped[list[Any]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(Instant)
    next_poll_at: Mapped[datetime | None] = mapped_column(Instant)
    polls: Mapped[int] = mapped_column(default=0)
    raw: Mapped[dict[str, Any] | None] = mapped_column(JSON)


class Payment(Base):
    """One attempt at an order, as the gateway last told it (`raw`, without card data)."""

    __tablename__ = "payment"
    __table_args__ = (
        CheckConstraint("amount >= 0", name="amount"),
        CheckConstraint(
            "confirms_id IS NULL OR state IN ('captured', 'refunded')", name="only_money_confirms"
        ),
        Index(
            "ix_payment_idle",
            "id",
            sqlite_where=text("confirms_id IS NULL AND state = 'captured'"),
            postgresql_where=text("confirms_id IS NULL AND state = 'captured'"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    # one confirmed booking per captured payment, one payment per confirmed booking
    confirms_id: Mapped[int | None] = mapped_column(
        ForeignKey("booking.id", ondelete="RESTRICT"), unique=True
    )
    payment_order_id: Mapped[int] = mapped_column(
        ForeignKey("payment_order.id", ondelete="RESTRICT"), index=True
    )
    gateway_payment_id: Mapped[str] = mapped_column(String(40), unique=True)
    state: Mapped[PaymentState] = mapped_column(states(PaymentState, "state"))
    amount: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    method: Mapped[str] = mapped_column(String(30), default="")
    error_code: Mapped[str] = mapped_column(String(60), default="")
    error_reason: Mapped[str] = mapped_column(String(300), default="")
    created_at: Mapped[datetime] = mapped_column(Instant)
    captured_at: Mapped[datetime | None] = mapped_column(Instant)
    raw: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    order: Mapped[PaymentOrder] = relationship()


class Refund(Base):
    """One attempt to give money back. `reason`: late, double, wrong_amount, cancelled, …

    A failed attempt is over; the next one is a row of its own with its own key, `retry_of_id` says of
    which. Until the gateway is asked a row is `due` and owed; `next_try_at` lets the job claim it.
    """

    __tablename__ = "refund"
    __table_args__ = (
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("processed_at IS NULL OR state = 'processed'", name="processed_at"),
        CheckConstraint(
            "NOT by_hand OR (state = 'processed' AND note <> '')", name="by_hand_says_how"
        ),
        Index(
            "ix_refund_next_try_at",
            "next_try_at",
            sqlite_where=text("next_try_at IS NOT NULL"),
            postgresql_where=text("next_try_at IS NOT NULL"),
        ),
        Index(
            "ix_refund_not_back",
            "payment_id",
            sqlite_where=text("state <> 'processed'"),
            postgresql_where=text("state <> 'processed'"),
        ),
        Index("uq_refund_retry_of_id", "retry_of_id", unique=True),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    payment_id: Mapped[int] = mapped_column(
        ForeignKey("payment.id", ondelete="RESTRICT"), index=True
    )
    idempotency_key: Mapped[str] = mapped_column(String(64), unique=True)
    gateway_refund_id: Mapped[str | None] = mapped_column(String(40), unique=True)
    amount: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    state: Mapped[RefundState] = mapped_column(
        states(RefundState, "state"), default=RefundState.DUE
    )
    reason: Mapped[str] = mapped_column(String(60))
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="RESTRICT"))
    created_at: Mapped[datetime] = mapped_column(Instant)
    next_try_at: Mapped[datetime | None] = mapped_column(Instant)
    attempts: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str] = mapped_column(String(300), default="")
    raw: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    requested_at: Mapped[datetime | None] = mapped_column(Instant)
    processed_at: Mapped[datetime | None] = mapped_column(Instant)
    note: Mapped[str] = mapped_column(String(300), default="", server_default="")
    by_hand: Mapped[bool] = mapped_column(default=False, server_default=false())
    # NO ACTION refuses as RESTRICT does; an option on a column's own key can't be read back on SQLite
    retry_of_id: Mapped[int | None] = mapped_column(
        ForeignKey("refund.id", name="fk_refund_retry_of_id")
    )
    payment: Mapped[Payment] = relationship()
    lines: Mapped[list["RefundLine"]] = relationship(order_by="RefundLine.id")


class RefundLine(Base):
    """How much of a refund is for which seat. What is for no seat (a fee) has no line."""

    __tablename__ = "refund_line"
    __table_args__ = (
        UniqueConstraint("refund_id", "booking_seat_id"),
        CheckConstraint("amount > 0", name="amount"),
        Index("ix_refund_line_booking_seat_id", "booking_seat_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    refund_id: Mapped[int] = mapped_column(ForeignKey("refund.id", ondelete="RESTRICT"))
    booking_seat_id: Mapped[int] = mapped_column(ForeignKey("booking_seat.id", ondelete="RESTRICT"))
    amount: Mapped[int]


class WebhookOutcome(StrEnum):
    """What an event came to. not_ours: it names no order of this house."""

    SETTLED = "settled"
    IGNORED = "ignored"
    NOT_OURS = "not_ours"


class WebhookEvent(Base):
    """A gateway's event, told once however often it is delivered. `payload` holds nothing personal."""

    __tablename__ = "webhook_event"
    __table_args__ = (
        Index(
            "ix_webhook_event_not_ours",
            "received_at",
            sqlite_where=text("outcome = 'not_ours'"),
            postgresql_where=text("outcome = 'not_ours'"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[str] = mapped_column(String(80), unique=True)
    kind: Mapped[str] = mapped_column(String(60))
    received_at: Mapped[datetime] = mapped_column(Instant)
    handled_at: Mapped[datetime | None] = mapped_column(Instant)
    payload: Mapped[dict[str, Any]] = mapped_column(JSON)
    outcome: Mapped[WebhookOutcome] = mapped_column(
        states(WebhookOutcome, "outcome"),
        default=WebhookOutcome.IGNORED,
        server_default="ignored",
    )


class GatewayHealth(Base):
    """Whether a gateway answers, for all processes: see breaker.py. No row: nothing went wrong yet."""

    __tablename__ = "gateway_health"
    __table_args__ = (
        CheckConstraint("failures >= 0", name="failures"),
        CheckConstraint("(down_since IS NULL) = (next_probe_at IS NULL)", name="probe_while_down"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(20), unique=True)
    failures: Mapped[int] = mapped_column(default=0)
    fault_at: Mapped[datetime | None] = mapped_column(Instant)
    down_since: Mapped[datetime | None] = mapped_column(Instant)
    next_probe_at: Mapped[datetime | None] = mapped_column(Instant)
    said: Mapped[str] = mapped_column(String(200), default="")

"""The outbox: one row per mail owed to one person, its attempts, and the exact bytes once rendered.

`due_at` does double duty: queued and retry = not before; sending = the lease's end; else NULL. So one
predicate, `due_at <= now`, finds all work, and its partial index stays small beside any history.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Text,
    false,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from bookingapp.db import Base, Instant, states


class OutboxState(StrEnum):
    """One sentence each.

    queued: waiting for its first try. sending: claimed by a drain, until its lease ends.
    sent: the server took it. simulated: written to a file or the console, not really sent.
    retry: a try failed, another follows. dead: given up, shown as failed with the reason.
    cancelled: no longer owed. suppressed: this address wants or can have no mail.
    expired: its time is over. held: parked by a person.
    """

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    SIMULATED = "simulated"
    RETRY = "retry"
    DEAD = "dead"
    CANCELLED = "cancelled"
    SUPPRESSED = "suppressed"
    EXPIRED = "expired"
    HELD = "held"


class Delivery(StrEnum):
    """What the recipient's side said later, apart from `sent`; mostly nothing is ever heard."""

    UNKNOWN = "unknown"
    DELAYED = "delayed"
    DELIVERED = "delivered"
    BOUNCED = "bounced"


class Scope(StrEnum):
    """Which letters a suppressed address gets no more."""

    ALL = "all"
    REMINDER = "reminder"


class BreakerState(StrEnum):
    """closed: mails go. open: nothing is claimed before `next_probe_at`; then one row tries."""

    CLOSED = "closed"
    OPEN = "open"


class OutboxMessage(Base):
    """One mail owed. `payload` holds all a letter says, frozen in the transaction that owes it."""

    __tablename__ = "outbox_message"
    __table_args__ = (
        CheckConstraint(
            "(state IN ('queued', 'sending', 'retry')) = (due_at IS NOT NULL)",
            name="due_while_owed",
        ),
        CheckConstraint(
            "(state = 'sending') = (lease_token IS NOT NULL)", name="lease_while_sending"
        ),
        CheckConstraint("attempts >= 0", name="attempts"),
        Index(
            "ix_outbox_message_due",
            "state",
            "priority",
            "due_at",
            "id",
            sqlite_where=text("due_at IS NOT NULL"),
            postgresql_where=text("due_at IS NOT NULL"),
        ),
        Index(
            "ix_outbox_message_due_at",
            "due_at",
            sqlite_where=text("due_at IS NOT NULL"),
            postgresql_where=text("due_at IS NOT NULL"),
        ),
        # an earlier letter of the same booking that is still owed goes first
        Index(
            "ix_outbox_message_owed",
            "booking_id",
            "id",
            sqlite_where=text("due_at IS NOT NULL"),
            postgresql_where=text("due_at IS NOT NULL"),
        ),
        Index("ix_outbox_message_state", "state", "id"),
        Index("ix_outbox_message_recipient", "recipient"),
        Index("ix_outbox_message_booking_id", "booking_id"),
        # the oldest whose address and contents are still here: what is pruned leaves the index
        Index(
            "ix_outbox_message_unpruned",
            "created_at",
            sqlite_where=text("pruned_at IS NULL"),
            postgresql_where=text("pruned_at IS NULL"),
        ),
        # how many went out in an hour, a day: counted from the index alone
        Index(
            "ix_outbox_message_sent_at",
            "sent_at",
            "state",
            sqlite_where=text("sent_at IS NOT NULL"),
            postgresql_where=text("sent_at IS NOT NULL"),
        ),
        # the few a person should look at, beside any number that went well
        Index(
            "ix_outbox_message_uncertain",
            "id",
            sqlite_where=text("uncertain = 1"),
            postgresql_where=text("uncertain"),
        ),
        Index(
            "ix_outbox_message_bounced",
            "id",
            sqlite_where=text("delivery = 'bounced'"),
            postgresql_where=text("delivery = 'bounced'"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(32), unique=True)
    channel: Mapped[str] = mapped_column(String(10), default="email")
    kind: Mapped[str] = mapped_column(String(40))
    dedupe_key: Mapped[str] = mapped_column(String(120), unique=True)
    resend_of_id: Mapped[int | None] = mapped_column(
        ForeignKey("outbox_message.id", ondelete="RESTRICT")
    )
    booking_id: Mapped[int | None] = mapped_column(ForeignKey("booking.id", ondelete="RESTRICT"))
    payment_id: Mapped[int | None] = mapped_column(ForeignKey("payment.id", ondelete="RESTRICT"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="RESTRICT"))
    recipient: Mapped[str] = mapped_column(String(254))
    locale: Mapped[str] = mapped_column(String(12), default="en")
    payload: Mapped[dict[str, Any]] = mapped_column(JSON)
    priority: Mapped[int] = mapped_column(default=50)
    state: Mapped[OutboxState] = mapped_column(
        states(OutboxState, "state"), default=OutboxState.QUEUED
    )
    due_at: Mapped[datetime | None] = mapped_column(Instant)
    lease_token: Mapped[str | None] = mapped_column(String(32))
    attempts: Mapped[int] = mapped_column(default=0)
    expires_at: Mapped[datetime | None] = mapped_column(Instant)
    created_at: Mapped[datetime] = mapped_column(Instant)
    sent_at: Mapped[datetime | None] = mapped_column(Instant)
    message_id: Mapped[str] = mapped_column(String(200), unique=True)
    phase: Mapped[str] = mapped_column(String(12), default="")
    uncertain: Mapped[bool] = mapped_column(default=False)
    last_code: Mapped[int | None]
    last_error: Mapped[str] = mapped_column(Text, default="")
    provider_ref: Mapped[str] = mapped_column(String(300), default="")
    # the class of the last fault (retry.Fault): who is to blame, hence what helps
    fault: Mapped[str] = mapped_column(String(12), default="", server_default="")
    # which transport was asked last; a doubtful mail goes by no other
    transport: Mapped[str] = mapped_column(String(20), default="", server_default="")
    # the server found it too big: from now on without what can be missed
    slim: Mapped[bool] = mapped_column(default=False, server_default=false())
    # what was heard after `sent`, from the recipient's server
    delivery: Mapped[Delivery] = mapped_column(
        states(Delivery, "delivery"), default=Delivery.UNKNOWN, server_default="unknown"
    )
    delivery_at: Mapped[datetime | None] = mapped_column(Instant)
    delivery_words: Mapped[str] = mapped_column(Text, default="", server_default="")
    # bytes, address and payload were removed for their age
    pruned_at: Mapped[datetime | None] = mapped_column(Instant)


class OutboxAttempt(Base):
    """One try, written down for good."""

    __tablename__ = "outbox_attempt"
    __table_args__ = (Index("ix_outbox_attempt_message_id", "message_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("outbox_message.id", ondelete="RESTRICT"))
    at: Mapped[datetime] = mapped_column(Instant)
    phase: Mapped[str] = mapped_column(String(12))
    outcome: Mapped[str] = mapped_column(String(20))
    code: Mapped[int | None]
    enhanced_code: Mapped[str] = mapped_column(String(12), default="")
    reply: Mapped[str] = mapped_column(Text, default="")
    duration_ms: Mapped[int] = mapped_column(default=0)


class OutboxMime(Base):
    """The exact bytes of the first render; every retry sends the same ones."""

    __tablename__ = "outbox_mime"

    message_id: Mapped[int] = mapped_column(
        ForeignKey("outbox_message.id", ondelete="RESTRICT"), primary_key=True
    )
    content: Mapped[bytes] = mapped_column(LargeBinary)
    sha256: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(Instant)


class MailTransport(Base):
    """A way out for mails, by its name in the settings: its breaker, and today's count."""

    __tablename__ = "mail_transport"
    __table_args__ = (
        CheckConstraint(
            "(breaker = 'open') = (next_probe_at IS NOT NULL)", name="probe_while_open"
        ),
        CheckConstraint("sent_today >= 0 AND failures >= 0", name="counts"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(20), unique=True)
    breaker: Mapped[BreakerState] = mapped_column(
        states(BreakerState, "breaker"), default=BreakerState.CLOSED
    )
    failures: Mapped[int] = mapped_column(default=0)
    opened_at: Mapped[datetime | None] = mapped_column(Instant)
    next_probe_at: Mapped[datetime | None] = mapped_column(Instant)
    wait_seconds: Mapped[int] = mapped_column(default=0)
    fault: Mapped[str] = mapped_column(String(12), default="")
    last_code: Mapped[int | None]
    last_error: Mapped[str] = mapped_column(Text, default="")
    last_fault_at: Mapped[datetime | None] = mapped_column(Instant)
    last_ok_at: Mapped[datetime | None] = mapped_column(Instant)
    day: Mapped[date | None]
    sent_today: Mapped[int] = mapped_column(default=0)


class Suppression(Base):
    """An address that wants or can have no more mail; `lifted_at` is the way out, history stays."""

    __tablename__ = "suppression"
    __table_args__ = (
        Index(
            "uq_suppression_address_scope",
            "address",
            "scope",
            unique=True,
            sqlite_where=text("lifted_at IS NULL"),
            postgresql_where=text("lifted_at IS NULL"),
        ),
        CheckConstraint("address = lower(address)", name="address_lower"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    address: Mapped[str] = mapped_column(String(254))
    scope: Mapped[Scope] = mapped_column(states(Scope, "scope"), default=Scope.ALL)
    reason: Mapped[str] = mapped_column(Text, default="")
    message_id: Mapped[int | None] = mapped_column(
        ForeignKey("outbox_message.id", ondelete="RESTRICT")
    )
    created_at: Mapped[datetime] = mapped_column(Instant)
    lifted_at: Mapped[datetime | None] = mapped_column(Instant)

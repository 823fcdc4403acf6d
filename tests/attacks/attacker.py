"""Plain SQL with defaults for what an attack is not about."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, text

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


class Attacker:
    """Plain SQL with defaults for what an attack is not about."""

    DEFAULTS: dict[str, dict[str, Any]] = {  # noqa: RUF012
        "booking": {
            "state": "held", "sold": False, "channel": "web", "created_at": NOW, "hold_expires_at": NOW,
            "email": "", "name": "", "phone": "", "locale": "en", "currency": "INR", "subtotal": 0,
            "fee": 0, "fee_tax": 0, "discount": 0, "tax": 0, "total": 0, "revision": 1,
            "buyer_key": "", "client_key": "",
        },
        "booking_seat": {"list_price": 0, "discount": 0, "price": 0, "tax_rate": 0, "tax": 0},
        "payment_order": {
            "gateway": "razorpay", "amount": 100, "currency": "INR", "state": "open", "revision": 1,
            "seats": "[]", "created_at": NOW, "polls": 0,
        },
        "payment": {
            "state": "captured", "amount": 100, "currency": "INR", "method": "", "error_code": "",
            "error_reason": "", "created_at": NOW,
        },
        "refund": {
            "amount": 100, "currency": "INR", "state": "due", "reason": "late", "created_at": NOW,
            "attempts": 0, "last_error": "",
        },
        "refund_line": {"amount": 50},
        "gateway_health": {"failures": 0, "said": ""},
        "webhook_event": {"kind": "payment.captured", "received_at": NOW, "payload": "{}"},
        "invoice": {
            "fiscal_year": "26-27", "issued_at": NOW, "currency": "INR", "total": 100, "tax": 5,
            "content": "{}",
        },
        "promo_code": {"percent": 10, "created_at": NOW},
        "promo_use": {"used_at": NOW},
        "showing_change": {
            "kind": "cancel", "words": "No power.", "asked_at": NOW, "other_categories": False,
        },
        "changed_booking": {
            "seats": "{}", "outcome": "waiting", "next_try_at": NOW, "attempts": 0, "back": 0,
            "letter": False, "note": "",
        },
        "tax_rule": {"currency": "INR", "since": "2030-01-01", "fee_rate": 0},
        "tax_band": {"upto": None, "rate": 500},
        "settlement_day": {"day": "2026-11-22", "looks": 0, "lines": 0, "last_error": ""},
        "settlement_line": {
            "settlement_id": "setl_1", "kind": "payment", "amount": 100, "credit": 98, "debit": 0,
            "fee": 2, "tax": 0, "currency": "INR", "utr": "", "payment_ref": "", "order_ref": "",
            "receipt": "", "method": "", "day": "2026-11-22", "noted_at": NOW,
        },
        "ticket": {"sold": True, "state": "valid", "created_at": NOW},
        "ticket_code": {"revision": 1, "created_at": NOW},
        "outbox_message": {
            "channel": "email", "kind": "mail_test", "recipient": "a@b.example", "locale": "en",
            "payload": "{}", "priority": 50, "state": "queued", "due_at": NOW, "attempts": 0,
            "created_at": NOW, "phase": "", "uncertain": False, "last_error": "", "provider_ref": "",
        },
    }  # fmt: skip

    def __init__(self, connection: Connection, showtime: int) -> None:
        self.connection = connection
        self.showtime = showtime
        row = connection.execute(
            text("SELECT s.id, s.seat_plan_id FROM seat s ORDER BY s.id LIMIT 1")
        ).one()
        self.seat, self.plan = int(row[0]), int(row[1])
        self.type = int(
            connection.execute(text("SELECT id FROM ticket_type ORDER BY id")).scalars().first()
            or 0
        )
        self.count = 0

    def insert(self, table: str, **values: Any) -> int:
        """A row; unique columns are filled by counting."""
        self.count += 1
        row = {**self.DEFAULTS[table], **self._unique(table), **values}
        names = ", ".join(f'"{n}"' for n in row)
        marks = ", ".join(f":{n}" for n in row)
        result = self.connection.execute(
            text(f'INSERT INTO "{table}" ({names}) VALUES ({marks}) RETURNING id'),
            {n: (str(v) if isinstance(v, datetime) and self.sqlite else v) for n, v in row.items()},
        )
        return int(result.scalar_one())

    def _unique(self, table: str) -> dict[str, Any]:
        n = self.count
        unique: dict[str, dict[str, Any]] = {
            "booking": {
                "number": f"BK{n:08}",
                "manage_token": f"t{n}",
                "showtime_id": self.showtime,
            },
            "showing_change": {"showtime_id": self.showtime},
            "changed_booking": {},
            "booking_seat": {
                "showtime_id": self.showtime,
                "seat_id": self.seat,
                "seat_plan_id": self.plan,
            },
            "payment_order": {"receipt": f"r{n}"},
            "payment": {"gateway_payment_id": f"pay_{n}"},
            "refund": {"idempotency_key": f"key-{n}"},
            "refund_line": {},
            "webhook_event": {},
            "tax_rule": {},
            "promo_code": {"code": f"CODE{n}"},
            "promo_use": {},
            "invoice": {"number": f"26-27/{n:06d}", "sequence": n},
            "tax_band": {},
            "gateway_health": {"name": f"gateway{n}"},
            "settlement_day": {},
            "settlement_line": {"entity_id": f"pay_{n}"},
            "ticket": {},
            "ticket_code": {"secret": f"S{n}"},
            "outbox_message": {
                "public_id": f"p{n}",
                "dedupe_key": f"d{n}",
                "message_id": f"<{n}@x>",
            },
        }
        return unique[table]

    @property
    def sqlite(self) -> bool:
        """Which engine."""
        return self.connection.dialect.name == "sqlite"

    def sold(self) -> int:
        """A confirmed booking."""
        return self.insert("booking", state="confirmed", sold=True, hold_expires_at=None)

    def claim(self, booking: int, **values: Any) -> int:
        """A live claim on the first seat."""
        return self.insert("booking_seat", booking_id=booking, ticket_type_id=self.type, **values)

    def payment(self, booking: int, **values: Any) -> int:
        """A captured payment of a booking's order."""
        return self.insert(
            "payment", payment_order_id=self.insert("payment_order", booking_id=booking), **values
        )

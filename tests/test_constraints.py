"""The database guards what is scarce. Each rule is attacked in plain SQL, on both engines."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

from bookingapp.db import db
from tests.factories import Cinema

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
Insert = Callable[..., int]


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


def two_live_claims(a: Attacker) -> None:
    a.claim(a.insert("booking"))
    a.claim(a.insert("booking"))


def a_claim_beside_a_broken_seat(a: Attacker) -> None:
    a.insert("booking_seat", reason="broken")
    a.claim(a.insert("booking"))


def a_claim_of_nobody_without_reason(a: Attacker) -> None:
    a.insert("booking_seat")


def a_claim_with_booking_and_reason(a: Attacker) -> None:
    a.claim(a.insert("booking"), reason="broken")


def a_seat_of_another_plan(a: Attacker) -> None:
    a.claim(a.insert("booking"), seat_plan_id=a.plan + 1)


def a_hold_without_an_end(a: Attacker) -> None:
    a.insert("booking", hold_expires_at=None)


def two_holds_of_one_buyer_for_a_showing(a: Attacker) -> None:
    a.insert("booking", buyer_key="asha")
    a.insert("booking", buyer_key="asha")


def an_end_without_a_hold(a: Attacker) -> None:
    a.insert("booking", state="released")


def a_sold_hold(a: Attacker) -> None:
    a.insert("booking", sold=True)


def a_state_nobody_named(a: Attacker) -> None:
    a.insert("booking", state="paid", hold_expires_at=None)


def a_total_that_is_no_sum(a: Attacker) -> None:
    a.insert("booking", subtotal=100, total=99)


def a_negative_price(a: Attacker) -> None:
    a.claim(a.insert("booking"), list_price=-1, price=-1)


def a_price_that_is_no_difference(a: Attacker) -> None:
    a.claim(a.insert("booking"), list_price=100, discount=10, price=100)


def a_gateway_that_is_down_and_never_asked_again(a: Attacker) -> None:
    a.insert("gateway_health", failures=3, down_since=NOW)


def two_opinions_on_one_gateway(a: Attacker) -> None:
    a.insert("gateway_health", name="razorpay")
    a.insert("gateway_health", name="razorpay")


def a_ticket_for_a_hold(a: Attacker) -> None:
    booking = a.insert("booking")
    a.insert("ticket", booking_id=booking, booking_seat_id=a.claim(booking))


def a_ticket_that_says_it_is_not_sold(a: Attacker) -> None:
    booking = a.insert("booking")
    a.insert("ticket", booking_id=booking, booking_seat_id=a.claim(booking), sold=False)


def a_ticket_for_anothers_seat(a: Attacker) -> None:
    other = a.claim(a.sold())
    a.insert("ticket", booking_id=a.sold(), booking_seat_id=other)


def two_tickets_for_one_seat(a: Attacker) -> None:
    booking = a.sold()
    seat = a.claim(booking)
    a.insert("ticket", booking_id=booking, booking_seat_id=seat)
    a.insert("ticket", booking_id=booking, booking_seat_id=seat)


def two_live_codes_for_one_booking(a: Attacker) -> None:
    booking = a.sold()
    a.insert("ticket_code", booking_id=booking)
    a.insert("ticket_code", booking_id=booking, revision=2)


def one_booking_confirmed_by_two_payments(a: Attacker) -> None:
    booking = a.sold()
    a.payment(booking, confirms_id=booking)
    a.payment(booking, confirms_id=booking)


def a_failed_payment_that_confirms(a: Attacker) -> None:
    booking = a.sold()
    a.payment(booking, confirms_id=booking, state="failed")


def one_gateway_payment_twice(a: Attacker) -> None:
    booking = a.sold()
    a.payment(booking, gateway_payment_id="pay_same")
    a.payment(booking, gateway_payment_id="pay_same")


def a_refund_of_nothing(a: Attacker) -> None:
    a.insert("refund", payment_id=a.payment(a.sold()), amount=0)


def a_refund_done_before_it_is_processed(a: Attacker) -> None:
    a.insert("refund", payment_id=a.payment(a.sold()), state="pending", processed_at=NOW)


def a_refund_by_hand_without_a_word(a: Attacker) -> None:
    a.insert("refund", payment_id=a.payment(a.sold()), state="processed", by_hand=True)


def a_refund_by_hand_that_is_still_due(a: Attacker) -> None:
    a.insert("refund", payment_id=a.payment(a.sold()), by_hand=True, note="cash")


def two_attempts_after_one_failure(a: Attacker) -> None:
    payment = a.payment(a.sold())
    failed = a.insert("refund", payment_id=payment, state="failed")
    for _ in range(2):
        a.insert("refund", payment_id=payment, retry_of_id=failed)


def an_attempt_after_none(a: Attacker) -> None:
    a.insert("refund", payment_id=a.payment(a.sold()), retry_of_id=99)


def a_refund_s_part_of_nothing(a: Attacker) -> None:
    booking = a.sold()
    refund = a.insert("refund", payment_id=a.payment(booking))
    a.insert("refund_line", refund_id=refund, booking_seat_id=a.claim(booking), amount=0)


def a_seat_twice_in_one_refund(a: Attacker) -> None:
    booking = a.sold()
    refund, seat = a.insert("refund", payment_id=a.payment(booking)), a.claim(booking)
    for _ in range(2):
        a.insert("refund_line", refund_id=refund, booking_seat_id=seat, amount=50)


def one_event_twice(a: Attacker) -> None:
    for _ in range(2):
        a.insert("webhook_event", event_id="evt_1")


def an_event_that_came_to_something_else(a: Attacker) -> None:
    a.insert("webhook_event", event_id="evt_1", outcome="eaten")


def one_refund_asked_twice(a: Attacker) -> None:
    payment = a.payment(a.sold())
    a.insert("refund", payment_id=payment, idempotency_key="same-key-000")
    a.insert("refund", payment_id=payment, idempotency_key="same-key-000")


def one_letter_owed_twice(a: Attacker) -> None:
    a.insert("outbox_message", dedupe_key="same")
    a.insert("outbox_message", dedupe_key="same")


def one_message_id_twice(a: Attacker) -> None:
    a.insert("outbox_message", message_id="<same@x>")
    a.insert("outbox_message", message_id="<same@x>")


def a_sent_letter_that_is_still_due(a: Attacker) -> None:
    a.insert("outbox_message", state="sent")


def a_sending_letter_without_a_lease(a: Attacker) -> None:
    a.insert("outbox_message", state="sending")


def two_laws_from_one_day(attack: Attacker) -> None:
    for _ in range(2):
        attack.insert("tax_rule")


def two_bands_without_a_limit(attack: Attacker) -> None:
    law = attack.insert("tax_rule")
    for _ in range(2):
        attack.insert("tax_band", tax_rule_id=law)


def a_tax_of_more_than_the_price(attack: Attacker) -> None:
    law = attack.insert("tax_rule")
    attack.insert("tax_band", tax_rule_id=law, rate=10_001)


def one_line_twice_in_a_settlement(a: Attacker) -> None:
    for _ in range(2):
        a.insert("settlement_line", entity_id="pay_1")


def a_line_cleared_without_a_word(a: Attacker) -> None:
    a.insert("settlement_line", cleared_at=NOW)


def a_line_of_less_than_nothing(a: Attacker) -> None:
    a.insert("settlement_line", amount=-1)


def one_day_s_report_twice(a: Attacker) -> None:
    for _ in range(2):
        a.insert("settlement_day")


def two_invoices_for_one_booking(attack: Attacker) -> None:
    booking = attack.insert("booking")
    for _ in range(2):
        attack.insert("invoice", booking_id=booking)


def one_invoice_number_given_twice(attack: Attacker) -> None:
    for _ in range(2):
        attack.insert("invoice", booking_id=attack.insert("booking"), number="26-27/000001")


def one_place_in_a_fiscal_year_given_twice(attack: Attacker) -> None:
    for _ in range(2):
        attack.insert("invoice", booking_id=attack.insert("booking"), sequence=7)


def an_invoice_for_nothing(attack: Attacker) -> None:
    attack.insert("invoice", booking_id=attack.insert("booking"), total=0, tax=0)


def a_code_that_takes_off_twice(attack: Attacker) -> None:
    attack.insert("promo_code", percent=10, amount=500)


def a_code_of_more_than_everything(attack: Attacker) -> None:
    attack.insert("promo_code", percent=101)


def one_code_in_two_spellings(attack: Attacker) -> None:
    attack.insert("promo_code", code="Friends")


def a_showing_called_off_twice(attack: Attacker) -> None:
    for _ in range(2):
        attack.insert("showing_change")


def a_showing_called_off_without_a_word(attack: Attacker) -> None:
    attack.insert("showing_change", words="")


def a_showing_moved_nowhere(attack: Attacker) -> None:
    attack.insert("showing_change", kind="move", then_state="on_sale")


def a_cancelled_showing_that_goes_on_elsewhere(attack: Attacker) -> None:
    attack.insert("showing_change", to_showtime_id=attack.showtime)


def a_booking_carried_over_twice(attack: Attacker) -> None:
    change, booking = attack.insert("showing_change"), attack.sold()
    for _ in range(2):
        attack.insert("changed_booking", change_id=change, booking_id=booking)


def a_settled_booking_that_waits(attack: Attacker) -> None:
    change, booking = attack.insert("showing_change"), attack.sold()
    attack.insert("changed_booking", change_id=change, booking_id=booking, outcome="moved")


def a_waiting_booking_without_a_turn(attack: Attacker) -> None:
    change, booking = attack.insert("showing_change"), attack.sold()
    attack.insert("changed_booking", change_id=change, booking_id=booking, next_try_at=None)


ATTACKS = [
    a_showing_called_off_twice, a_showing_called_off_without_a_word, a_showing_moved_nowhere,
    a_cancelled_showing_that_goes_on_elsewhere, a_booking_carried_over_twice,
    a_settled_booking_that_waits, a_waiting_booking_without_a_turn,
    two_live_claims, a_claim_beside_a_broken_seat, a_claim_of_nobody_without_reason,
    a_claim_with_booking_and_reason, a_seat_of_another_plan, a_hold_without_an_end,
    two_holds_of_one_buyer_for_a_showing, an_end_without_a_hold, a_sold_hold, a_state_nobody_named, a_total_that_is_no_sum,
    a_negative_price, a_price_that_is_no_difference, a_ticket_for_a_hold,
    a_gateway_that_is_down_and_never_asked_again, two_opinions_on_one_gateway,
    a_ticket_that_says_it_is_not_sold, a_ticket_for_anothers_seat, two_tickets_for_one_seat,
    two_live_codes_for_one_booking, one_booking_confirmed_by_two_payments,
    a_failed_payment_that_confirms, one_gateway_payment_twice, a_refund_of_nothing,
    a_refund_done_before_it_is_processed, a_refund_by_hand_without_a_word,
    a_refund_by_hand_that_is_still_due, two_attempts_after_one_failure, an_attempt_after_none,
    a_refund_s_part_of_nothing, a_seat_twice_in_one_refund, one_event_twice,
    an_event_that_came_to_something_else, one_line_twice_in_a_settlement, a_line_cleared_without_a_word,
    a_line_of_less_than_nothing, one_day_s_report_twice, one_refund_asked_twice, one_letter_owed_twice, one_message_id_twice,
    a_sent_letter_that_is_still_due, a_sending_letter_without_a_lease,
    two_laws_from_one_day, two_bands_without_a_limit, a_tax_of_more_than_the_price,
    two_invoices_for_one_booking, one_invoice_number_given_twice,
    one_place_in_a_fiscal_year_given_twice, an_invoice_for_nothing,
    a_code_that_takes_off_twice, a_code_of_more_than_everything, one_code_in_two_spellings,
]  # fmt: skip


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda f: f.__name__)
def test_the_database_refuses(
    app: Flask, cinema: Cinema, attack: Callable[[Attacker], None]
) -> None:
    showtime = cinema.showtime()
    with db.engine.connect() as connection, pytest.raises(IntegrityError):
        attack(Attacker(connection, showtime))


def test_a_released_claim_leaves_the_seat_to_the_next(app: Flask, cinema: Cinema) -> None:
    showtime = cinema.showtime()
    with db.engine.connect() as connection:
        attacker = Attacker(connection, showtime)
        attacker.claim(attacker.insert("booking"), released_at=NOW)
        assert attacker.claim(attacker.insert("booking"))


def test_an_address_belongs_to_one_account_however_it_is_typed(app: Flask, cinema: Cinema) -> None:
    cinema.staff("manager")
    with db.engine.connect() as connection, pytest.raises(IntegrityError):
        connection.execute(
            text(
                'INSERT INTO "user" (email, name, role, password_hash, session_epoch, created_at)'
                " VALUES ('MANAGER@cinema.test', '', 'customer', 'x', 0, '2026-01-01')"
            )
        )

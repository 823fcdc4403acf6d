"""Attacks on payments, refunds, the gateway's events and settlements."""

from tests.attacks.attacker import NOW, Attacker


def a_gateway_that_is_down_and_never_asked_again(a: Attacker) -> None:
    a.insert("gateway_health", failures=3, down_since=NOW)


def two_opinions_on_one_gateway(a: Attacker) -> None:
    a.insert("gateway_health", name="razorpay")
    a.insert("gateway_health", name="razorpay")


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


ATTACKS = (
    a_gateway_that_is_down_and_never_asked_again, two_opinions_on_one_gateway,
    one_booking_confirmed_by_two_payments, a_failed_payment_that_confirms, one_gateway_payment_twice,
    a_refund_of_nothing, a_refund_done_before_it_is_processed, a_refund_by_hand_without_a_word,
    a_refund_by_hand_that_is_still_due, two_attempts_after_one_failure, an_attempt_after_none,
    a_refund_s_part_of_nothing, a_seat_twice_in_one_refund, one_event_twice,
    an_event_that_came_to_something_else, one_refund_asked_twice, one_line_twice_in_a_settlement,
    a_line_cleared_without_a_word, a_line_of_less_than_nothing, one_day_s_report_twice,
)  # fmt: skip

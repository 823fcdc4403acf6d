"""Attacks on seats, bookings, tickets and showings that change."""

from tests.attacks.attacker import Attacker


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


ATTACKS = (
    two_live_claims, a_claim_beside_a_broken_seat, a_claim_of_nobody_without_reason,
    a_claim_with_booking_and_reason, a_seat_of_another_plan, a_hold_without_an_end,
    two_holds_of_one_buyer_for_a_showing, an_end_without_a_hold, a_sold_hold, a_state_nobody_named,
    a_total_that_is_no_sum, a_negative_price, a_price_that_is_no_difference, a_ticket_for_a_hold,
    a_ticket_that_says_it_is_not_sold, a_ticket_for_anothers_seat, two_tickets_for_one_seat,
    two_live_codes_for_one_booking, a_showing_called_off_twice, a_showing_called_off_without_a_word,
    a_showing_moved_nowhere, a_cancelled_showing_that_goes_on_elsewhere, a_booking_carried_over_twice,
    a_settled_booking_that_waits, a_waiting_booking_without_a_turn,
)  # fmt: skip

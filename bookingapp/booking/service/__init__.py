"""What people and jobs can do with a booking: one public function, one deed, one transaction."""

from bookingapp.booking.service.cancelling import cancel_by_house, cancel_own, give_goodwill
from bookingapp.booking.service.hearing import hear
from bookingapp.booking.service.holding import (
    expire_lapsed,
    hold_seats,
    release,
    set_details,
)
from bookingapp.booking.service.paying import PayPage, keep_holds_longer, start_payment
from bookingapp.booking.service.promoting import (
    NewCode,
    add_code,
    stop_code,
    take_code_off,
    use_code,
)
from bookingapp.booking.service.refunding import (
    claim_refund,
    note_refund_trouble,
    paid_back_by_hand,
    settle_refund,
    try_refund_again,
)
from bookingapp.booking.service.sending import resend
from bookingapp.booking.service.settling import (
    claim_order_to_poll,
    keep_found_order,
    look_again_soon,
    look_up,
    note_left,
    plan_next_look,
    settle,
    settle_fact,
)

__all__ = [
    "NewCode",
    "PayPage",
    "add_code",
    "cancel_by_house",
    "cancel_own",
    "claim_order_to_poll",
    "claim_refund",
    "expire_lapsed",
    "give_goodwill",
    "hear",
    "hold_seats",
    "keep_found_order",
    "keep_holds_longer",
    "look_again_soon",
    "look_up",
    "note_left",
    "note_refund_trouble",
    "paid_back_by_hand",
    "plan_next_look",
    "release",
    "resend",
    "set_details",
    "settle",
    "settle_fact",
    "settle_refund",
    "start_payment",
    "stop_code",
    "take_code_off",
    "try_refund_again",
    "use_code",
]

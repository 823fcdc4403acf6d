"""What people and jobs can do with a booking: one public function, one deed, one transaction."""

from bookingapp.booking.service.holding import (
    expire_lapsed,
    hold_seats,
    release,
    set_details,
)

__all__ = ["expire_lapsed", "hold_seats", "release", "set_details"]

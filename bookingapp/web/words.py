"""Every refusal in a customer's words: what happened, then what to do. And its HTTP number.

The code is the refusal's; `%(name)s` are its values. Rooms add theirs here, so that one page shows
how the house says no.
"""

from typing import NamedTuple

from flask_babel import LazyString
from flask_babel import lazy_gettext as _


class Wording(NamedTuple):
    """HTTP status, bold line, sentence that names the way on."""

    status: int
    title: LazyString
    sentence: LazyString


WORDS: dict[str, Wording] = {
    "refused": Wording(409, _("That can't be done just now"), _("Go back and try once more.")),
    "not_found": Wording(
        404, _("Nothing here"), _("The address may be old or mistyped. The programme is one tap away.")
    ),
    "forbidden": Wording(
        403, _("Not your page"), _("Ask the manager if you should be able to see it.")
    ),
    "too_many": Wording(
        429, _("That was a lot at once"), _("Wait a minute and try again. Nothing was lost.")
    ),
    "form_too_old": Wording(
        400, _("This page was open for too long"), _("Go back, reload it and send it again. Nothing was booked.")
    ),
    "http_400": Wording(400, _("That did not arrive whole"), _("Go back and send it once more.")),
    "http_404": Wording(
        404, _("Nothing here"), _("The address may be old or mistyped. The programme is one tap away.")
    ),
    "http_405": Wording(405, _("Not this way"), _("Go back to the page and use its button.")),
    "http_413": Wording(413, _("That was too large"), _("Send less at once.")),
    "http_429": Wording(
        429, _("That was a lot at once"), _("Wait a minute and try again. Nothing was lost.")
    ),
    "http_500": Wording(
        500, _("Something broke on our side"), _("It is written down. Nothing was paid twice. Try again in a minute.")
    ),
    # booking
    "seats_taken": Wording(
        409, _("%(lost)s was taken a moment ago"), _("The rest of your choice is still ticked. Pick another seat and hold again.")
    ),
    "no_seats_chosen": Wording(400, _("No seat is chosen yet"), _("Tap a free seat, then hold it.")),
    "unknown_seat": Wording(400, _("That seat is not in this hall"), _("Choose from the plan.")),
    "too_many_seats": Wording(
        400, _("At most %(limit)s seats in one booking"), _("For a larger group call the box office.")
    ),
    "too_many_holds": Wording(
        429, _("You hold other seats already"), _("Finish or give back one of those bookings first.")
    ),
    "not_on_sale": Wording(409, _("This showing is not on sale"), _("Choose another from the programme.")),
    "showtime_started": Wording(409, _("This showing has started"), _("Choose a later one from the programme.")),
    "hold_over": Wording(
        409, _("Your time is over and the seats are on sale again"), _("If they are still free you can hold them again.")
    ),
    "already_paid": Wording(409, _("This booking is paid"), _("Your ticket is on the booking page.")),
    "payment_slow": Wording(
        503, _("Payment is slow just now"), _("Your seats are kept. Try again in a minute.")
    ),
    "gateway_down": Wording(
        503, _("The payment service does not answer"), _("Your seats are kept. Try again in a minute.")
    ),
}  # fmt: skip

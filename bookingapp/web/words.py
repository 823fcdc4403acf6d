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
    "file_too_large": Wording(
        413, _("This file is larger than %(most)s MB"), _("Nothing was read. Send a smaller one: a report of fewer days, for example.")
    ),
    # the gateway's report as a file
    "report_missing": Wording(400, _("No file was chosen, or an empty one"), _("Choose the CSV file you downloaded from the gateway.")),
    "report_no_text": Wording(
        400, _("This is no CSV file in UTF-8"), _("Nothing was read. Download the report from the gateway as CSV and send it unchanged.")
    ),
    "report_without_columns": Wording(
        400, _("The first line does not name these columns: %(columns)s"), _("Nothing was read. Choose the settlement recon report, as CSV with commas.")
    ),
    "report_empty": Wording(400, _("This report has no line"), _("Nothing was paid out in its days. Choose others.")),
    "report_too_long": Wording(400, _("This report has more than %(most)s lines"), _("Nothing was read. Send it month by month, or week by week.")),
    "report_row_broken": Wording(
        400, _("Line %(line)s has other cells than there are columns"), _("Nothing was read. Download the report once more and send it unchanged.")
    ),
    "report_cell_odd": Wording(
        400, _("Line %(line)s, column %(column)s: “%(said)s” is nothing the gateway would write"), _("Nothing was read. Download the report once more and send it unchanged.")
    ),
    "report_cell_no_sum": Wording(
        400, _("Line %(line)s, column %(column)s: “%(said)s” is no sum"), _("Nothing was read. Sums are written like 1180.50, as in the gateway's dashboard.")
    ),
    "report_cell_no_day": Wording(
        400, _("Line %(line)s, column %(column)s: “%(said)s” is no day"), _("Nothing was read. Days are written like 31-12-2026 or 2026-12-31, as in the gateway's dashboard.")
    ),
    # money on its way back
    "refund_too_high": Wording(
        409, _("That is more than is left"), _("Part of this payment went back already. Choose a smaller sum.")
    ),
    "refund_under_way": Wording(
        409, _("The gateway may be sending it already"), _("Ask it first, or the customer could have it twice.")
    ),
    "refund_at_the_counter": Wording(
        409, _("It was paid at the counter"), _("Hand the money over, then write down how, and who has it.")
    ),
    "refund_over": Wording(409, _("This one is done"), _("Look at the list again.")),
    "settlement_line_gone": Wording(409, _("Somebody cleared this one already"), _("Look at the list again.")),
    "clearing_note_missing": Wording(400, _("The books need a word"), _("Write why this is no difference.")),
    "note_missing": Wording(400, _("The books need a word"), _("Write how it was paid back, and to whom.")),
    # cancelling
    "already_cancelled": Wording(
        409, _("This booking is cancelled"), _("There is nothing left to do. Its page says where the money is.")
    ),
    "not_to_cancel": Wording(
        409, _("There is nothing to cancel"), _("Only a paid booking can be cancelled; seats on hold are given back.")
    ),
    "seats_changed": Wording(
        409, _("These seats changed meanwhile"), _("Look at what the booking has now, then choose again.")
    ),
    "too_late_to_cancel": Wording(
        409, _("Cancelling is closed"), _("Call the box office and we will see what we can do.")
    ),
    "back_changed": Wording(
        409, _("The sum changed meanwhile"), _("Look at it again before you cancel.")
    ),
    "words_missing": Wording(
        400, _("Say why"), _("The customer reads it in the mail, and the books keep it.")
    ),
    "nothing_left": Wording(
        409, _("No money is left to give back"), _("All of it is back or on its way.")
    ),
    "no_seats_to_cancel": Wording(400, _("No seat is chosen yet"), _("Tick the seats to cancel.")),
    "back_too_high": Wording(
        409, _("That is more than is left"), _("Choose a smaller sum: no seat gives back more than was paid for it.")
    ),
    "back_too_small": Wording(
        409, _("That is too little to send"), _("The payment service sends no sum that small: choose a larger one, or nothing.")
    ),
    # prices and tax
    "price_fits_no_rate": Wording(
        422, _("A price fits neither tax rate"), _("Take the nearest price below or above it.")
    ),
    "price_too_small": Wording(
        422, _("A price is less than anybody can pay"), _("The payment service takes no sum that small. Make it dearer, or 0 for a ticket that is free.")
    ),
    "tax_law_used": Wording(
        409, _("Something was sold under the law of that day"), _("What was sold keeps its tax. Let the new law begin tomorrow or later.")
    ),
    "tax_law_there": Wording(409, _("A law begins on that day already"), _("Take it out first, or choose another day.")),
    "tax_law_unclear": Wording(
        422, _("Nobody could follow that law"), _("The limit must be above nought and the rates between 0 and 100 %%.")
    ),
    "card_nameless": Wording(422, _("The new card has no name"), _("Write what it is for, such as Holidays.")),
    "card_name_taken": Wording(409, _("There is a card called %(name)s"), _("Choose another name, or change that card.")),
    # booking
    "seats_taken": Wording(
        409, _("Taken a moment ago: %(lost)s"), _("The rest of your choice is still ticked. Pick another seat and hold again.")
    ),
    "no_seats_chosen": Wording(400, _("No seat is chosen yet"), _("Tap a free seat, then hold it.")),
    "unknown_seat": Wording(400, _("That seat is not in this hall"), _("Choose from the plan.")),
    "too_many_seats": Wording(
        400, _("At most %(limit)s seats in one booking"), _("For a larger group call the box office.")
    ),
    "too_many_holds": Wording(
        429, _("You hold other seats already"), _("Finish or give back one of those bookings first.")
    ),
    "too_many_holds_for_email": Wording(
        429, _("This address has other seats on hold"), _("Finish or give back one of those bookings first, or use another address.")
    ),
    "too_many_holds_from_address": Wording(
        429, _("Many seats are on hold from your network"), _("Try again in a few minutes, or call the box office.")
    ),
    "unknown_ticket_type": Wording(
        400, _("That kind of ticket is not sold for %(seat)s"), _("Choose one from the list.")
    ),
    "not_confirmed": Wording(
        409, _("There is no ticket to send yet"), _("It comes by mail as soon as the booking is paid.")
    ),
    "too_many_resends": Wording(
        429, _("The ticket was sent %(limit)s times within the hour"), _("Look in the spam folder, or try again later. The code on this page works as well.")
    ),
    "too_many_free": Wording(
        429, _("This address got %(limit)s free bookings today"), _("Come back tomorrow, or call the box office for a group.")
    ),
    # codes
    "promo_unknown": Wording(409, _("We don't know that code"), _("Check it letter by letter; it may be over, too.")),
    "promo_not_yet": Wording(409, _("That code does not hold yet"), _("Look at the day it begins, and come back then.")),
    "promo_over": Wording(409, _("That code is over"), _("The seats are yours at the full price.")),
    "promo_not_this_film": Wording(409, _("That code is for %(film)s"), _("It takes nothing off another film.")),
    "promo_not_this_day": Wording(409, _("That code is not for this day of the week"), _("Choose a showing on another day, or go on without it.")),
    "promo_used_up": Wording(409, _("That code is used up"), _("Somebody may hold the last one: try again in a quarter of an hour.")),
    "promo_used_by_you": Wording(409, _("This e-mail address has used that code"), _("Go on without it, or with another code.")),
    "promo_needs_address": Wording(409, _("That code is counted by e-mail address"), _("Write your e-mail address first, then use the code.")),
    "promo_nothing": Wording(409, _("There is nothing to take off"), _("The seats cost nothing as it is.")),
    "promo_unclear": Wording(422, _("That code needs another look"), _("Give it three letters or more, and either a percentage or a sum.")),
    "promo_there": Wording(409, _("There is a code %(name)s already"), _("Choose another.")),
    "not_on_sale": Wording(409, _("This showing is not on sale"), _("Choose another from the programme.")),
    "showtime_started": Wording(409, _("This showing has started"), _("Choose a later one from the programme.")),
    "hold_over": Wording(
        409, _("Your time is over and the seats are on sale again"), _("If they are still free you can hold them again.")
    ),
    "nowhere_to_send": Wording(
        409, _("We don't know yet where to send the tickets"), _("Write your e-mail address, then pay.")
    ),
    "already_paid": Wording(409, _("This booking is paid"), _("Your ticket is on the booking page.")),
    "payment_slow": Wording(
        503, _("Payment is slow just now"), _("Your seats are kept. Try again in a minute.")
    ),
    "payment_refused": Wording(
        409, _("The payment service does not take this order"), _("Nothing was paid, and your seats are kept until your time is over. Call the box office and we will see what we can do.")
    ),
    "gateway_down": Wording(
        503, _("The payment service does not answer"), _("Your seats are kept. Try again in a minute.")
    ),
    # showings called off or moved
    "showing_over": Wording(
        409, _("It is cancelled or moved already"), _("Perhaps by you a moment ago, perhaps by somebody else. This page says how far it is.")
    ),
    "showing_not_sold": Wording(409, _("Nobody could buy a ticket for it yet"), _("A draft is changed where showings are planned.")),
    "showing_began": Wording(409, _("It is too late for that"), _("The showing has begun, or has long been over.")),
    "still_moving": Wording(
        409, _("People are still being carried over to this showing"), _("Try again when that is done, in a minute.")
    ),
    "showing_words_missing": Wording(400, _("Customers want to know why"), _("Write one sentence, such as: The projector is broken.")),
    "words_too_long": Wording(400, _("That is a long story"), _("Say it in %(limit)s characters.")),
    "no_such_time": Wording(
        400, _("There is no %(time)s that night"), _("The clocks go forward and pass over it. Choose another time.")
    ),
    "time_missing": Wording(400, _("When?"), _("Choose a day and a time, such as 19:45.")),
    "time_over": Wording(400, _("That time is over"), _("Choose one that is still to come.")),
    "time_too_far": Wording(400, _("That is years away"), _("Check the year.")),
    "nothing_to_move": Wording(409, _("That is where it is"), _("Choose another time or another hall.")),
    "hall_taken": Wording(409, _("Another film runs there at that time"), _("Choose another time or hall.")),
    "no_hall": Wording(400, _("There is no such hall, or nobody has drawn its seats yet"), _("Choose one from the list.")),
    "plan_changed": Wording(
        409, _("Something changed since you looked"), _("Somebody bought or gave back seats. Here is who sits where now; look again, then move it.")
    ),
    "too_late_for_money": Wording(
        409, _("It is too late to take the money back here"), _("That was possible until the film began. Call the box office and we will see what we can do.")
    ),
    # mails
    "not_sendable": Wording(
        409, _("This mail can't be sent again"), _("It is on its way, has arrived, or is no longer owed. Its page says which.")
    ),
    "mail_pruned": Wording(
        409, _("Nothing is left of this mail to send"), _("Its address and contents were removed because of its age. Send the ticket from the booking instead.")
    ),
    "mail_being_sent": Wording(
        409, _("The mail server has this mail in hand right now"), _("In a moment its page says what became of it; then choose again.")
    ),
    "mail_not_waiting": Wording(
        409, _("Only a waiting mail can be held"), _("This one was sent, given up or cancelled. Its page says which.")
    ),
    "mail_not_held": Wording(
        409, _("Nobody holds this mail"), _("It was sent, given up or cancelled. Its page says which.")
    ),
    "mail_not_owed": Wording(
        409, _("Nothing is left to cancel"), _("This mail was sent already.")
    ),
    "mail_same_address": Wording(
        409, _("This mail goes to %(address)s already"), _("Write another address, or send it again as it is.")
    ),
    "mail_private": Wording(
        403, _("Only the person it was written to may read this letter"), _("It holds a link that opens an account.")
    ),
    "address_suppressed": Wording(
        409, _("%(address)s gets no mail"), _("The reason: %(reason)s. Allow mail there again first, or use another address.")
    ),
    "address_not_suppressed": Wording(
        409, _("%(address)s gets its mail"), _("Nothing keeps mail from that address.")
    ),
    "breaker_closed": Wording(
        409, _("Mail goes by this server already"), _("There is nothing to try: the next mail goes at once.")
    ),
    "cannot_reach": Wording(
        409, _("No mail reaches %(email)s"), _("Its server says there is no such mailbox. Check it letter by letter, or use another address.")
    ),
    "too_many_corrections": Wording(
        429, _("The address was changed %(limit)s times today"), _("Call the box office, they can change it for you.")
    ),
    # accounts
    "sign_in_refused": Wording(
        403, _("That address and password don't belong together"), _("Check both and try again. The manager can give you a new password.")
    ),
    "wrong_password": Wording(
        403, _("That is not your present password"), _("Type the one you signed in with.")
    ),
    "password_too_short": Wording(
        400, _("The new password is too short"), _("Take %(least)s characters or more: three or four words in a row are easy to keep in mind.")
    ),
    "passwords_differ": Wording(
        400, _("The two new passwords are not the same"), _("Type the new one again, twice.")
    ),
    "email_taken": Wording(
        409, _("%(email)s has an account already"), _("Change its role or password instead.")
    ),
    "no_address": Wording(400, _("%(email)s is not an e-mail address"), _("Write it like box@cinema.example.")),
    "unknown_person": Wording(
        404, _("Nobody signs in as %(email)s"), _("Look at the list of users and check the spelling.")
    ),
    # demo
    "demo_not_empty": Wording(
        409, _("A cinema is here already"), _("The demo fills an empty database only. Point DATABASE_URL or INSTANCE_DIR elsewhere.")
    ),
    "demo_in_production": Wording(
        409, _("The demo stays out of production"), _("Its bookings are invented. Start it with MODE=demo and a database of its own.")
    ),
}  # fmt: skip

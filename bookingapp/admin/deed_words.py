"""What staff and the house did, in words: each action of the audit."""

from flask_babel import lazy_gettext as _l

DEEDS = {
    "mail.retry": _l("Sent again"),
    "mail.hold": _l("Held"),
    "mail.release": _l("Let go"),
    "mail.cancel": _l("Cancelled"),
    "mail.resend": _l("Sent once more, as a new mail"),
    "mail.elsewhere": _l("Sent to another address"),
    "mail.lift": _l("Mail to this address allowed again"),
    "mail.restored_send": _l("Mails of a restored database let go"),
    "mail.restored_drop": _l("Mails of a restored database cancelled"),
    "transport.try_now": _l("Mail server tried at once"),
    "booking.confirmed": _l("Booking confirmed"),
    "booking.cancel": _l("Seats cancelled"),
    "booking.goodwill": _l("Money given back, seats kept"),
    "booking.address": _l("E-mail address corrected"),
    "booking.move": _l("Carried over to the moved showing"),
    "settlement_file": _l("A settlement report read from a file"),
    "settlement_cleared": _l("A difference of a settlement cleared"),
    "showing.cancel": _l("Showing called off"),
    "showing.move": _l("Showing moved"),
    "showing.go_on": _l("The rest of a change tried again"),
    "showing.changed": _l("Every booking of a showing settled"),
    "refund_due": _l("Money owed back"),
    "refund_again": _l("Refund tried again"),
    "refund_by_hand": _l("Refunded by hand"),
    "promo.add": _l("Code made"),
    "promo.stop": _l("Code stopped"),
    "prices.set": _l("Prices changed"),
    "prices.add": _l("Price card made"),
    "tax.add": _l("Tax law added"),
    "tax.remove": _l("Tax law taken out"),
    "user.sign_in": _l("Signed in"),
    "user.create": _l("Account made"),
    "user.sign_out_everywhere": _l("Signed out everywhere"),
    "user.set_role": _l("Role changed"),
    "user.disable": _l("Account closed"),
    "user.enable": _l("Account opened again"),
    "user.set_password": _l("Password changed"),
}


def deed(action: str) -> str:
    """An action in words. One nobody has named yet is shown with blanks, never as a code."""
    known = DEEDS.get(action)
    return str(known) if known else action.replace(".", ": ").replace("_", " ").capitalize()

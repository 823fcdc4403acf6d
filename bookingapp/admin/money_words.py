"""What happened to money, in the office's words: by the reason it is owed back, and by what is wrong."""

from flask_babel import lazy_gettext as _

from bookingapp.payments.loose import UNSETTLED

HAPPENED = {
    "late": _("The payment arrived after the hold ended, and the seats were gone."),
    "double": _("The booking was paid twice. This is the second payment."),
    "wrong_amount": _("Another sum was paid than the booking costs."),
    "cancelled": _("The booking was cancelled."),
    "customer": _("The customer cancelled."),
    "cinema": _("The cinema cancelled the booking."),
    "showing": _("The showing was cancelled."),
    "goodwill": _("The office gave it back; the seats stay sold."),
    "no_seat": _("The showing was moved and had no seat for the customer."),
    "moved": _("The showing was moved, and the customer took the money back."),
    "elsewhere": _("It was given back in the gateway's own office."),
    UNSETTLED: _("The payment arrived and confirmed nothing yet."),
}
STATES = {
    UNSETTLED: _("Undecided"),
    "due": _("Refund due"),
    "pending": _("On its way"),
    "failed": _("Refund failed"),
}
GAPS = {
    "sum": _("The payment and what became of it are different sums."),
    "gone": _("The gateway says all of it went back; Matinee knows of less."),
    "given_back": _(
        "Money went back in the gateway's own office, and the tickets are still valid."
    ),
    "unpaid": _("The tickets are valid, and no payment stands for them."),
}
# A line of the gateway's report beside our books: the badge, and the sentence for a difference.
MATCHES = {
    "matched": (_("As in our books"), ""),
    "unknown": (_("Unknown here"), _("Matinee does not know it. Perhaps no event told of it.")),
    "other_amount": (_("Another sum"), _("The gateway names another sum than the books.")),
    "not_captured": (_("Not captured here"), _("Matinee does not know that the money came.")),
    "not_processed": (_("Not back here"), _("Matinee does not know that it went back.")),
    "other": (_("Adjustment"), ""),
}


def match_words(match: str) -> str:
    """What a line of the gateway's report is beside our books, in two words."""
    return str(MATCHES[match][0])


def match_sentence(match: str) -> str:
    """What is different about it; empty where nothing is."""
    return str(MATCHES[match][1])


def happened(reason: str) -> str:
    """Why money goes back, or is there at all."""
    return str(HAPPENED.get(reason, reason))


def gap_words(why: str) -> str:
    """What is wrong with a payment."""
    return str(GAPS.get(why, why))

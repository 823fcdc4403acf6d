"""Words for money that goes back and seats that are cancelled, made once for HTML and text."""

from collections.abc import Callable
from typing import Any

from bookingapp import money
from bookingapp.email.messages import BookingCancellation, PaymentRefund
from bookingapp.web import filters
from bookingapp.web.i18n import language

# Paid at the box office, where the money is handed out again.
AT_THE_COUNTER = ("cash", "terminal")
Speak = Callable[..., str]
Row = tuple[str, str]


def context(message: PaymentRefund | BookingCancellation, _: Speak) -> dict[str, Any]:
    """What these letters' templates name beside the ticket's facts."""
    both = {
        "where": where(message.method, _),
        "by_bank": message.method not in AT_THE_COUNTER,
    }
    if isinstance(message, PaymentRefund):
        return both | _refund(message, _)
    return both | _cancellation(message, _)


def where(method: str, _: Speak) -> str:
    """Where the money arrives, by the way it was paid."""
    if method == "upi":
        return _("It arrives in the account your UPI app paid from.")
    if method in {"card", "emi"}:
        return _("It arrives on the card you paid with and stands on its next statement.")
    if method == "netbanking":
        return _("It arrives in the bank account you paid from.")
    if method == "wallet":
        return _("It arrives in the wallet you paid from.")
    if method in AT_THE_COUNTER:
        return _("The box office pays it out: say the number of your booking.")
    return _("It arrives where you paid from.")


def _refund(message: PaymentRefund, _: Speak) -> dict[str, Any]:
    amount = _sum(message.amount, message)
    return {
        "amount": amount,
        "headline": _("We sent your money back") if message.done else _("Your money goes back"),
        "news": " ".join(filter(None, (_happened(message, amount, _), _what_follows(message, amount, _)))),
        "rows": _rows(message, _),
    }  # fmt: skip


def _happened(message: PaymentRefund, amount: str, _: Speak) -> str:
    """Why it goes back, where the customer can't know."""
    return {
        "late": _("Your payment arrived after the hold ended and the seats were gone."),
        "double": _("Your booking was paid twice. Your tickets stay valid."),
        "wrong_amount": _("%(sum)s arrived, which is not what the seats cost.", sum=amount),
        "cancelled": _("The showing was off sale for good when your payment arrived."),
        "goodwill": " ".join(filter(None, (message.words, _still_valid(message, _)))),
    }.get(message.cause, "")


def _still_valid(message: PaymentRefund, _: Speak) -> str:
    return _("Your tickets stay valid.") if message.seats_stay and not message.done else ""


def _what_follows(message: PaymentRefund, amount: str, _: Speak) -> str:
    if message.by_hand:
        return _("We have paid %(sum)s back to you.", sum=amount)
    if message.done:
        return _("We have sent %(sum)s back to you.", sum=amount)
    if message.method in AT_THE_COUNTER:
        return _("%(sum)s waits for you at the box office.", sum=amount)
    if message.cause == "goodwill":
        return _("%(sum)s goes back to you by itself. There is nothing you need to do.", sum=amount)
    return _("All %(sum)s goes back to you by itself. There is nothing you need to do.", sum=amount)


def _rows(message: PaymentRefund, _: Speak) -> list[Row]:
    ticket = message.ticket
    paid = f"{filters.day_short(message.paid_at, ticket.zone)}, {filters.clock_time(message.paid_at, ticket.zone)}"
    rows = [
        (_("Booking"), ticket.number),
        (_("Paid"), paid),
        (_("Payment"), message.payment_id),
        (_("Refund"), message.refund_id),
        (_("Our reference"), message.reference),
    ]
    return [row for row in rows if row[1]]


def _cancellation(message: BookingCancellation, _: Speak) -> dict[str, Any]:
    return {
        "headline": _cancelled(message, _),
        "news": " ".join(
            filter(
                None, (message.words, *_why(message, _), *_money(message, _), *_still(message, _))
            )
        ),
        "back": _sum(message.back, message) if message.back else "",
        "kept": _sum(message.kept, message) if message.kept else "",
    }


def _cancelled(message: BookingCancellation, _: Speak) -> str:
    if message.cause == "showing":
        return _("%(movie)s is off. We are sorry", movie=message.ticket.movie)
    if message.still:
        return _("Part of your booking is cancelled")
    return _("Your booking is cancelled")


def _why(message: BookingCancellation, _: Speak) -> list[str]:
    known = {
        "moved": _("You did not want the new time or hall, and that is fine."),
        "no_seat": _("We had to move the showing and found no seats for you there. We are sorry."),
    }
    return [known[message.cause]] if message.cause in known else []


def _money(message: BookingCancellation, _: Speak) -> list[str]:
    said = []
    if message.back:
        back = _sum(message.back, message)
        waits = message.method in AT_THE_COUNTER
        said.append(
            _("%(sum)s waits for you at the box office.", sum=back)
            if waits
            else _("%(sum)s goes back to you by itself.", sum=back)
        )
    if message.kept:
        kept = _sum(message.kept, message)
        said.append(_("%(sum)s is kept.", sum=kept))
    if not message.back and message.ticket.total:
        said.append(_("No money goes back."))
    return said


def _still(message: BookingCancellation, _: Speak) -> list[str]:
    names = ", ".join(message.still)
    return [_("These seats stay yours: %(seats)s.", seats=names)] if names else []


def _sum(amount: int, message: PaymentRefund | BookingCancellation) -> str:
    return money.to_text(amount, message.ticket.currency, language())

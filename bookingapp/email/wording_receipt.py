"""Words for a receipt, made once for HTML and text."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from bookingapp import money
from bookingapp.email.messages import PaymentSuccess
from bookingapp.web import filters
from bookingapp.web.i18n import language

Speak = Callable[..., str]


class TaxWords(Protocol):
    """A line of tax, in words."""

    words: str
    amount: str


def context(message: PaymentSuccess, taxes: Sequence[TaxWords], _: Speak) -> dict[str, Any]:
    """What the receipt's templates name beside the ticket's facts."""
    ticket, paid = message.ticket, message.paid
    amount = money.to_text(paid.amount, ticket.currency, language())
    when = f"{filters.day_short(paid.paid_at, ticket.zone)}, {filters.clock_time(paid.paid_at, ticket.zone)}"
    rows = [
        (_("Invoice"), ticket.invoice),
        (_("Booking"), ticket.number),
        (_("Paid"), when),
        (_("Paid by"), method(paid.method, _)),
        (_("Payment"), paid.reference),
    ]
    return {
        "amount": amount,
        "news": _("We have received %(sum)s from you. Thank you.", sum=amount),
        "rows": [row for row in rows if row[1]],
        "tax_rows": [(line.words, line.amount) for line in taxes],
        "link": ticket.manage_url + ("/invoice" if ticket.invoice else ""),
    }


def method(name: str, _: Speak) -> str:
    """How somebody paid; what we do not know keeps the gateway's word."""
    known = {
        "card": _("card"),
        "upi": _("UPI"),
        "netbanking": _("net banking"),
        "wallet": _("wallet"),
        "emi": _("instalments"),
        "paylater": _("pay later"),
        "cash": _("cash"),
        "terminal": _("card at the counter"),
    }
    return known.get(name, name)

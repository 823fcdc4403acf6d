"""Words a booking's pages share."""

from bookingapp.web.i18n import gettext as _


def method(name: str) -> str:
    """How somebody paid, in the middle of a sentence; what we do not know keeps the gateway's word."""
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

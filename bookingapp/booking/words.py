"""Words a booking's pages share."""

from bookingapp.email import wording_receipt
from bookingapp.web.i18n import gettext


def method(name: str) -> str:
    """How somebody paid, in the middle of a sentence; the same words as in the letters."""
    return wording_receipt.method(name, gettext)

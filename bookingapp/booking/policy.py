"""A booking's own terms of cancelling: those its buyer was shown."""

from datetime import datetime

from bookingapp import terms
from bookingapp.booking.views import BookingView
from bookingapp.email import wording_terms
from bookingapp.settings import current
from bookingapp.terms import Terms
from bookingapp.web.i18n import gettext as _


def terms_of(written: str) -> Terms:
    """By what is kept with the booking; those of today for one sold before there were any."""
    return terms.read(written or current().cancel_terms)


def sentences(view: BookingView, now: datetime) -> list[str]:
    """What its page says: what comes back until when. Empty: too late, or never."""
    own = terms_of(view.cancel_terms)
    return wording_terms.sentences(
        own.ahead(view.show.starts_at, now),
        price=view.total - view.fee,
        fee_kept=0 if own.fee_back else view.fee,
        currency=view.currency,
        zone=view.show.zone,
        say=_,
    )

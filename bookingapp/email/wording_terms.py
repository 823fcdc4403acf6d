"""Words for the terms of cancelling, made once: pages and letters say them alike."""

from collections.abc import Callable, Sequence

from bookingapp import money
from bookingapp.terms import Until
from bookingapp.web import filters
from bookingapp.web.i18n import language

Speak = Callable[..., str]
ALL = 100


def sentences(
    ahead: Sequence[Until], *, price: int, fee_kept: int, currency: str, zone: str, say: Speak
) -> list[str]:
    """What comes back until when; empty when it is too late or never was possible.

    `price`: of the seats; `fee_kept`: the booking fee, 0 when it is shared by the steps.
    """
    _ = say
    if not price:
        return [_("You can cancel until %(when)s.", when=when(ahead[-1], zone))] if ahead else []
    said = [_sentence(until, zone, _) for until in ahead]
    if said and fee_kept and ahead[0].percent < ALL:
        fee = money.to_text(fee_kept, currency, language())
        said.append(_("The booking fee of %(fee)s is kept.", fee=fee))
    return said


def _sentence(until: Until, zone: str, _: Speak) -> str:
    at = when(until, zone)
    if not until.percent:
        return _("Cancel until %(when)s, and the price of the seats comes back in full.", when=at)
    if until.percent == ALL:
        return _("Cancel until %(when)s, but no money comes back.", when=at)
    return _(
        "Cancel until %(when)s, and %(percent)s %% of the price is kept.",
        when=at,
        percent=until.percent,
    )


def when(until: Until, zone: str) -> str:
    """Fri 12 Dec, 2:30 pm."""
    return f"{filters.day_short(until.at, zone)}, {filters.clock_time(until.at, zone)}"

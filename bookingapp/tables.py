"""Imports every room's tables, so that metadata is whole: for migrations and create_app."""

from bookingapp import audit
from bookingapp.accounts import models as accounts
from bookingapp.booking import change_models as showing_changes
from bookingapp.booking import models as booking
from bookingapp.booking import promo_models as promos
from bookingapp.catalogue import models as catalogue
from bookingapp.email import models as email
from bookingapp.papers import models as papers
from bookingapp.payments import models as payments
from bookingapp.payments import settlement_models as settlements
from bookingapp.tickets import models as tickets

__all__ = [
    "accounts",
    "audit",
    "booking",
    "catalogue",
    "email",
    "papers",
    "payments",
    "promos",
    "settlements",
    "showing_changes",
    "tickets",
]

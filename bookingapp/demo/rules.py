"""When the demo cinema says no."""

from bookingapp.errors import Refused


class NotEmpty(Refused):
    """A cinema is here already; the demo never mixes with it."""

    code = "demo_not_empty"


class NotInProduction(Refused):
    """Invented bookings have no place among real ones."""

    code = "demo_in_production"

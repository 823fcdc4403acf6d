"""The blueprint of a booking's own pages, and what all of them need."""

from flask import Blueprint, Response

from bookingapp.booking import queries
from bookingapp.booking.views import BookingView
from bookingapp.errors import NotFound

pages = Blueprint("booking", __name__)


@pages.after_request
def keep_the_link_secret(response: Response) -> Response:
    """The address is the key to the booking: no other site learns it, no search engine keeps it."""
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def booking_of(token: str) -> BookingView:
    """The booking of a manage link. Raises NotFound, the same for a wrong link and none."""
    view = queries.by_token(token)
    if view is None:
        raise NotFound
    return view

"""The customer's pages before a booking: the programme, a film, its poster and colours, the seat map."""

import re
from datetime import date, timedelta

from flask import (  # fmt: skip
    Blueprint,
    Response,
    flash,
    redirect,
    render_template,
    request,
    send_file,
    session,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from bookingapp.booking import queries as booking
from bookingapp.booking import service
from bookingapp.booking.rules import SeatsTaken
from bookingapp.catalogue import programme as catalogue
from bookingapp.catalogue.models import ShowtimeState
from bookingapp.catalogue.programme import Film, Showing
from bookingapp.catalogue.queries import site
from bookingapp.errors import NotFound, Refused
from bookingapp.settings import current
from bookingapp.shop import posters, programme, rules
from bookingapp.shop.seatmap import SeatMap, Wish, left_alone, other_showings, seat_map
from bookingapp.web import errors
from bookingapp.web.access import access, limiter, me
from bookingapp.web.fragments import remembered
from bookingapp.web.i18n import language
from bookingapp.web.requests import buyer_key, client_key, known_buyer_key

pages = Blueprint("shop", __name__)

YEAR = timedelta(days=365)
FAR = timedelta(days=1000)  # nobody plans further, and dates have an end
DAY = re.compile(r"\d{4}-\d\d-\d\d")
COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
HOLDS = "60 per minute"  # from one address; a whole mobile network may share it


@pages.app_context_processor
def _tools() -> dict[str, object]:
    return {"poster_url": posters.address}


@pages.get("/", endpoint="programme")
@access("public")
def programme_page() -> str:
    """What is on today."""
    return _programme(None)


@pages.get("/day/<day>")
@access("public")
def day(day: str) -> str:
    """What is on that day; a past day can be looked at, not bought."""
    return _programme(_date(day))


@pages.get("/film/<slug>")
@access("public")
def film(slug: str) -> str:
    """One film and all its coming showings."""
    found = _film(slug)
    return render_template(
        "shop/film.html", film=found, days=programme.film_days(found), public=current().url
    )


@pages.get("/film/<slug>/colours.css")
@access("public")
def colours(slug: str) -> ResponseReturnValue:
    """The film's two colours as a stylesheet, because no page of ours carries inline style."""
    found = _film(slug)
    pairs = (("--film", found.colour), ("--film-ink", found.colour_ink))
    known = "".join(f"{name}:{colour};" for name, colour in pairs if COLOUR.fullmatch(colour))
    answer = Response(f":root{{{known}}}\n", mimetype="text/css")
    return _kept(answer)


@pages.get("/poster/<int:movie_id>-<key>-<int:width>.webp")
@access("public")
def poster(movie_id: int, key: str, width: int) -> ResponseReturnValue:
    """A poster, or one drawn from the title. The content's name is in the address: kept for ever."""
    path = posters.stored(key, width)
    if path is None:
        found = catalogue.film(movie_id)
        path = posters.drawn(found, key, width) if found else None
    if path is None:
        raise NotFound
    return _kept(send_file(path, mimetype="image/webp"))


@pages.get("/showtime/<int:showtime_id>")
@access("public")
def showtime(showtime_id: int) -> ResponseReturnValue:
    """The seat map."""
    showing = _showing(showtime_id)
    if showing.state == ShowtimeState.MOVED:
        return _moved(showing)
    wish = Wish(request.args.getlist("seat"), _together())
    return _seats(seat_map(showing, _film_of(showing), known_buyer_key(), wish))


@pages.post("/showtime/<int:showtime_id>/hold")
@access("public")
@limiter.limit(HOLDS)
def hold(showtime_id: int) -> ResponseReturnValue:
    """Take the ticked seats and go on to the details; or say which were lost, the rest ticked."""
    names = request.form.getlist("seat")
    person = me()
    try:
        held = service.hold_seats(
            showtime_id, names, buyer_key=buyer_key(), client_key=client_key(), locale=language(),
            user_id=person.id if person else None,
        )  # fmt: skip
    except Refused as refusal:
        return _refused(showtime_id, names, refusal)
    if request.form.get("plain"):
        _say_if_alone(showtime_id, names)
    return redirect(url_for("booking.checkout", token=held.token), 303)


@pages.get("/my")
@access("public")
def my() -> str:
    """The bookings of this browser."""
    return render_template("booking/my.html", bookings=booking.of_buyer(known_buyer_key()))


def _programme(day: date | None) -> str:
    page, public = programme.programme(day), current().url

    def drawn() -> str:
        return render_template("shop/programme.html", page=page, public=public)

    if "_flashes" in session:  # a notice to this visitor alone
        return drawn()
    return remembered("programme", page, site(), public, caller=drawn)


def _seats(plan: SeatMap, refusal: Refused | None = None) -> ResponseReturnValue:
    """The seat page, with the refusal of a try before."""
    closed = plan.sale != "open" or plan.free == 0
    lost = refusal.values["lost"] if isinstance(refusal, SeatsTaken) else []
    page = render_template(
        "shop/seats.html",
        plan=plan,
        limit=current().limit_seats,
        hold_minutes=current().hold_minutes,
        other=other_showings(plan.showing) if closed else None,
        lost=lost,
        beside=rules.beside(plan.spots, plan.ticked) if len(lost) == 1 else None,
        refusal=refusal and (errors.title(refusal), errors.sentence(refusal)),
        together=_together(),
    )
    return page, errors.status(refusal) if refusal else 200


def _refused(showtime_id: int, names: list[str], refusal: Refused) -> ResponseReturnValue:
    booking.refresh()
    showing = _showing(showtime_id)
    if showing.state == ShowtimeState.MOVED:
        return _moved(showing)
    return _seats(seat_map(showing, _film_of(showing), known_buyer_key(), Wish(names)), refusal)


def _moved(showing: Showing) -> ResponseReturnValue:
    """An old address leads on to where the showing went."""
    onward = catalogue.successor_of(showing.id)
    if onward is None:
        raise NotFound
    flash(_("This showing has another time or hall now. Here it is."), "info")
    return redirect(url_for("shop.showtime", showtime_id=onward))


def _say_if_alone(showtime_id: int, names: list[str]) -> None:
    """Without script the seat page could not say it while the seats were being chosen."""
    booking.see_own_write()
    alone = left_alone(_showing(showtime_id), known_buyer_key(), names)
    if alone:
        flash(_("This leaves %(seat)s alone between two groups.", seat=alone.seat), "info")


def _showing(showtime_id: int) -> Showing:
    showing = catalogue.showing(showtime_id)
    if showing is None:
        raise NotFound
    return showing


def _film(slug: str) -> Film:
    found = catalogue.film_by_slug(slug)
    if found is None:
        raise NotFound
    return found


def _film_of(showing: Showing) -> Film:
    found = catalogue.film(showing.movie_id)
    if found is None:
        raise NotFound
    return found


def _date(text: str) -> date:
    """A day of the address. Raises NotFound for what is none, or centuries away."""
    try:
        day = date.fromisoformat(text) if DAY.fullmatch(text) else None
    except ValueError:
        day = None
    if day is None or abs(day - site().today) > FAR:
        raise NotFound
    return day


def _together() -> int | None:
    """How many seats side by side are asked for; nonsense asks for nothing."""
    asked = request.args.get("together", "")
    people = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 4 else 0
    return people if 1 <= people <= current().limit_seats else None


def _kept(answer: Response) -> Response:
    answer.cache_control.public = True
    answer.cache_control.no_cache = None
    answer.cache_control.max_age = int(YEAR.total_seconds())
    answer.cache_control.immutable = True
    return answer

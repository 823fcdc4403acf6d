"""Moving a showing: where to, who would sit where, then the deed. See showings.py for how far it is."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from bookingapp import clock
from bookingapp.admin import queries as bookings
from bookingapp.admin import showing_queries as showings
from bookingapp.admin.blueprint import pages
from bookingapp.admin.showing_queries import ShowingLine
from bookingapp.admin.showings import line_of, my_id
from bookingapp.booking import change_queries as changes
from bookingapp.booking import change_rules as rules
from bookingapp.booking.change import Wish
from bookingapp.booking.moving import Planned
from bookingapp.booking.service import changing
from bookingapp.catalogue import plans
from bookingapp.catalogue.queries import site
from bookingapp.errors import NotFound, Refused
from bookingapp.web import errors
from bookingapp.web.access import access
from bookingapp.web.filters import clock_time
from bookingapp.web.i18n import gettext as _

# Where a refusal is shown: at the field it is about.
FIELDS: Mapping[type[Refused], str] = {
    rules.TimeMissing: "time",
    rules.NoSuchTime: "time",
    rules.TimeOver: "time",
    rules.TimeTooFar: "day",
    rules.NothingToMove: "time",
    rules.HallTaken: "screen",
    rules.NoHall: "screen",
    rules.WordsTooLong: "words",
}
# Such a refusal is about the showing, not the form.
OVER = (rules.ShowingOver, rules.ShowingNotSold, rules.ShowingBegan, rules.StillMoving)


@dataclass(frozen=True)
class Typed:
    """What stands in the form, as it was typed."""

    day: str
    time: str
    screen: str
    others: bool
    words: str

    @property
    def screen_id(self) -> int:
        """The hall chosen; 0 for nonsense."""
        known = self.screen.isascii() and self.screen.isdigit() and len(self.screen) < 11
        return int(self.screen) if known else 0

    def starts_at(self) -> datetime:
        """Raises TimeMissing, NoSuchTime."""
        return rules.instant(self.day, self.time, site().zone)


@dataclass(frozen=True)
class PartyLine:
    """One booking in the preview. `problem`: none (no seat), apart, category, other or nothing."""

    number: str
    name: str
    before: tuple[str, ...]
    after: str
    problem: str


@pages.get("/showings/<int:showtime_id>/move")
@access("manager")
def showing_move(showtime_id: int) -> ResponseReturnValue:
    """The form; once a time and a hall are chosen, who would sit where."""
    line = line_of(showtime_id)
    if "day" not in request.args:
        return _page(line, _as_it_is(line))
    typed = _typed(request.args)
    try:
        rules.words_of(typed.words, needed=False)
        planned = changes.preview(line.id, typed.starts_at(), typed.screen_id, others=typed.others)
    except Refused as refusal:
        return _refused(line, typed, refusal)
    return _page(line, typed, planned=planned)


@pages.post("/showings/<int:showtime_id>/move")
@access("manager")
def showing_moved(showtime_id: int) -> ResponseReturnValue:
    """Do what was previewed; if that is not true any more, preview again."""
    line = line_of(showtime_id)
    typed = _typed(request.form)
    seen = request.form.get("seen", "")
    try:
        wish = Wish(typed.starts_at(), typed.screen_id, typed.others, typed.words, seen)
        changing.shift(line.id, wish, my_id())
    except NotFound:
        raise
    except rules.PlanChanged as refusal:
        flash(f"{errors.title(refusal)}. {errors.sentence(refusal)}", "warn")
        again = url_for("admin.showing_move", showtime_id=line.id)
        return redirect(f"{again}?{urlencode(_address(typed))}", 303)
    except Refused as refusal:
        return _refused(line, typed, refusal)
    flash(_("It is moved, and everybody is carried over one after the other."), "ok")
    return redirect(url_for("admin.showing", showtime_id=line.id), 303)


def _refused(line: ShowingLine, typed: Typed, refusal: Refused) -> ResponseReturnValue:
    words = f"{errors.title(refusal)}. {errors.sentence(refusal)}"
    if isinstance(refusal, OVER):
        flash(words, "warn")
        return redirect(url_for("admin.showing", showtime_id=line.id), 303)
    if isinstance(refusal, rules.HallTaken):
        words = _hall_taken(refusal)
    field = FIELDS.get(type(refusal), "time")
    return _page(line, typed, errors_at={field: words}), errors.status(refusal)


def _hall_taken(refusal: rules.HallTaken) -> str:
    begins, ends = (clock_time(refusal.values[name], site().zone) for name in ("begins", "ends"))
    return _(
        "%(film)s runs there from %(begins)s to %(ends)s. Choose another time or hall.",
        film=refusal.values["film"], begins=begins, ends=ends,
    )  # fmt: skip


def _page(
    line: ShowingLine,
    typed: Typed,
    *,
    planned: Planned | None = None,
    errors_at: Mapping[str, str] | None = None,
) -> str:
    parties = list(_parties(line, planned)) if planned else []
    problems = [party for party in parties if party.problem]
    return render_template(
        "admin/showing_move.html",
        line=line,
        typed=typed,
        address=_address(typed),
        planned=planned,
        parties=parties,
        problems=problems,
        unseated=[party for party in parties if party.problem == "none"],
        twice=planned and rules.comes_twice(planned.target.span.starts_at, site().zone),
        screens=showings.screens(line.theater_id),
        stake=changes.at_stake(line.id),
        errors=errors_at or {},
        longest=rules.LONGEST_WORDS,
        problem_words=_problem_words(),
    )


ORDER = ("none", "apart", "category", "other", "")


def _parties(line: ShowingLine, planned: Planned) -> Iterator[PartyLine]:
    """Every booking with its seats now and then; what needs a look first."""
    names = bookings.numbers(list(planned.parties))
    categories = {key: found.name for key, found in plans.categories(line.theater_id).items()}
    found = [
        _party(booking_id, planned, names[booking_id], categories) for booking_id in planned.parties
    ]
    yield from sorted(found, key=lambda party: (ORDER.index(party.problem), party.number))


def _party(
    booking_id: int, planned: Planned, who: tuple[str, str], categories: Mapping[int, str]
) -> PartyLine:
    party, seats = planned.parties[booking_id], planned.seating.seats
    before = tuple(sitting.spot.name for sitting in party)
    new = [seats[sitting.key] for sitting in party if sitting.key in seats]
    changed = [
        spot.category != sitting.spot.category for spot, sitting in zip(new, party, strict=False)
    ]
    after = tuple(spot.name for spot in new)
    problem = _problem(booking_id, planned, before == after, any(changed))
    others = sorted({categories[s.category] for s, c in zip(new, changed, strict=True) if c})
    told = ", ".join(after) + (f" ({', '.join(others)})" if others else "")
    return PartyLine(*who, before, told, problem)


def _problem(booking_id: int, planned: Planned, same: bool, other_category: bool) -> str:
    if booking_id in planned.seating.left:
        return "none"
    if booking_id in planned.seating.apart:
        return "apart"
    if other_category:
        return "category"
    return "" if same else "other"


def _problem_words() -> dict[str, str]:
    return {
        "none": _("No seat"),
        "apart": _("Apart"),
        "category": _("Other category"),
        "other": _("Other seats"),
        "": _("Same seats"),
    }


def _as_it_is(line: ShowingLine) -> Typed:
    wall = clock.local(line.starts_at, site().zone)
    return Typed(
        wall.date().isoformat(),
        wall.strftime("%H:%M"),
        str(line.screen_id),
        others=False,
        words="",
    )


def _typed(given: Mapping[str, str]) -> Typed:
    def told(name: str) -> str:
        return given.get(name, "").strip()

    return Typed(
        told("day")[:20], told("time")[:20], told("screen")[:20], bool(told("others")),
        " ".join(told("words").split())[:1000],
    )  # fmt: skip


def _address(typed: Typed) -> dict[str, str]:
    """The form again, for a link or hidden fields."""
    given = {
        "day": typed.day, "time": typed.time, "screen": typed.screen,
        "others": "1" if typed.others else "", "words": typed.words,
    }  # fmt: skip
    return {name: value for name, value in given.items() if value}

"""Showings: the week, one of them, calling it off, and how far that is. Moving stands in moving.py."""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import groupby

from flask import flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from bookingapp import clock
from bookingapp.admin import asked
from bookingapp.admin import showing_queries as queries
from bookingapp.admin.blueprint import pages
from bookingapp.admin.showing_queries import ShowingLine
from bookingapp.booking import change_job, change_rules
from bookingapp.booking import change_queries as changes
from bookingapp.booking.service import changing
from bookingapp.catalogue.queries import site
from bookingapp.errors import NotFound, Refused
from bookingapp.web import errors
from bookingapp.web.access import access, me
from bookingapp.web.i18n import gettext as _

DAYS = 7
# The page of what is being done looks again by itself so often, in seconds.
LOOK_AGAIN = 3
# What somebody does who presses "go on": the job does the rest.
AT_ONCE_SECONDS = 2.0


@pages.get("/showings")
@access("manager")
def showings() -> ResponseReturnValue:
    """Seven days of showings."""
    first = asked.read().since or site().today
    last = first + timedelta(days=DAYS)
    lines = queries.showings(site().span(first)[0], site().span(last)[0])
    days = [(day, list(group)) for day, group in groupby(lines, lambda line: site().day_of(line.starts_at))]  # fmt: skip
    return render_template(
        "admin/showings.html",
        days=days,
        first=first,
        earlier=first - timedelta(days=DAYS),
        later=last,
        today=site().today,
    )


@pages.get("/showings/<int:showtime_id>")
@access("manager")
def showing(showtime_id: int) -> ResponseReturnValue:
    """One showing: what is sold, what can be done; or how far it is with what is being done."""
    line = line_of(showtime_id)
    change = changes.of_showing(showtime_id)
    page = render_template(
        "admin/showing.html",
        line=line,
        change=change,
        to_look_at=changes.to_look_at(change.id) if change else [],
        onward=queries.showing(change.to_showtime_id or 0) if change else None,
        was=queries.showing(line.moved_from_id or 0),
        able=dict(_able(line)),
        stake=changes.at_stake(showtime_id),
    )
    answer = make_response(page)
    if change and change.goes_on:
        answer.headers["Refresh"] = f"{LOOK_AGAIN}; url={url_for('admin.showing', showtime_id=showtime_id)}"  # fmt: skip
    return answer


@pages.get("/showings/<int:showtime_id>/cancel")
@access("manager")
def showing_cancel(showtime_id: int) -> ResponseReturnValue:
    """What it costs, and why."""
    return _cancel_page(line_of(showtime_id))


@pages.post("/showings/<int:showtime_id>/cancel")
@access("manager")
def showing_cancelled(showtime_id: int) -> ResponseReturnValue:
    """Call it off. Off sale at once; the money goes back booking by booking."""
    line = line_of(showtime_id)
    words = request.form.get("words", "")
    try:
        changing.call_off(showtime_id, words, my_id())
    except (change_rules.WordsMissing, change_rules.WordsTooLong) as refusal:
        return _cancel_page(line, words, errors.sentence(refusal)), errors.status(refusal)
    except NotFound:
        raise
    except Refused as refusal:
        flash(f"{errors.title(refusal)}. {errors.sentence(refusal)}", "warn")
    else:
        flash(_("It is off sale. Its bookings are cancelled one after the other."), "ok")
    return redirect(url_for("admin.showing", showtime_id=showtime_id), 303)


@pages.post("/showings/<int:showtime_id>/go-on")
@access("manager")
def showing_go_on(showtime_id: int) -> ResponseReturnValue:
    """Try what is left now, what failed among it."""
    change = changes.of_showing(showtime_id)
    if change is None:
        raise NotFound
    changing.hurry_change(change.id, my_id())
    change_job.run(AT_ONCE_SECONDS)
    return redirect(url_for("admin.showing", showtime_id=showtime_id), 303)


def line_of(showtime_id: int) -> ShowingLine:
    """The showing of an address. Raises NotFound."""
    line = queries.showing(showtime_id)
    if line is None:
        raise NotFound
    return line


def my_id() -> int | None:
    """Who does it, for the books."""
    person = me()
    return person.id if person else None


def day_text(day: date) -> str:
    """For a link."""
    return day.isoformat()


def _able(line: ShowingLine) -> Iterator[tuple[str, bool]]:
    """Which deeds make sense for it now."""
    now = clock.now()
    try:
        change_rules.check_cancel(line.state, line.ends_at, now)
    except Refused:
        return
    if not changes.arriving(line.id):
        yield "cancel", True
        yield "move", now < line.starts_at


def _cancel_page(line: ShowingLine, words: str = "", error: str = "") -> str:
    return render_template(
        "admin/showing_cancel.html",
        line=line,
        able=dict(_able(line)),
        stake=changes.at_stake(line.id),
        words=words,
        error=error,
        longest=change_rules.LONGEST_WORDS,
    )

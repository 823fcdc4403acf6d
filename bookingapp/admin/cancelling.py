"""Staff cancel seats, or give money back for seats that stay sold: a form, a look, one button.

Manager and owner: the box office looks a booking up and rings the office. Reasons travel by POST, so
none of them stands in an address or a log.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from bookingapp import clock, money
from bookingapp.admin import queries
from bookingapp.admin.blueprint import pages
from bookingapp.admin.queries import BookingLine
from bookingapp.booking import cancel, goodwill, service
from bookingapp.booking import cancel_rules as rules
from bookingapp.booking import queries as bookings
from bookingapp.booking.cancel_wish import How, Plan, Wish, wished
from bookingapp.booking.models import Booking
from bookingapp.db import db
from bookingapp.errors import NotFound, Refused
from bookingapp.web import errors
from bookingapp.web.access import access, me
from bookingapp.web.filters import money_text

LONGEST_WORDS = 300


@dataclass(frozen=True)
class Typed:
    """What stands in the form, and a sentence per field that needs another look."""

    seats: tuple[str, ...] = ()
    how: str = How.ALL
    words: str = ""
    parts: Mapping[str, str] = field(default_factory=dict)
    fee: str = ""
    amount: str = ""
    errors: Mapping[str, str] = field(default_factory=dict)


@pages.get("/bookings/<number>/cancel")
@access("manager")
def booking_cancel(number: str) -> ResponseReturnValue:
    """Which seats, what goes back, why."""
    line, row = _booking(number)
    try:
        cancel.check_confirmed(row)
    except Refused as refusal:
        return _back_to(line, refusal)
    names = tuple(claim.seat.name for claim in cancel.live_seats(db.session(), row))
    return _form(line, row, Typed(seats=names))


@pages.post("/bookings/<number>/cancel")
@access("manager")
def booking_cancel_post(number: str) -> ResponseReturnValue:
    """`step` look: what that comes to, with one button; do: it is done; else the form again."""
    line, row = _booking(number)
    typed = _read(request.form)
    step = request.form.get("step", "look")
    wish, typed = _wish(typed, line.currency)
    if wish is None or step == "back":
        return _form(line, row, typed, 400 if typed.errors else 200)
    try:
        if step == "do":
            return _do(line, wish)
        plan = wished(db.session(), row, wish, clock.now())
    except (rules.AlreadyCancelled, rules.NotToCancel) as refusal:
        return _back_to(line, refusal)
    except NotFound:
        raise
    except Refused as refusal:
        bookings.refresh()
        line, row = _booking(number)
        return _form(line, row, typed, errors.status(refusal), refusal)
    return _look(line, row, typed, plan)


@pages.get("/bookings/<number>/give-back")
@access("manager")
def booking_give_back(number: str) -> ResponseReturnValue:
    """Money back, and the seats stay as they are."""
    line, row = _booking(number)
    return _give_form(line, row, Typed())


@pages.post("/bookings/<number>/give-back")
@access("manager")
def booking_give_back_post(number: str) -> ResponseReturnValue:
    """As for cancelling: first a look, then the deed."""
    line, row = _booking(number)
    typed = _read(request.form)
    amount = money.from_text(typed.amount, line.currency)
    wrong = _wrong_gift(typed, amount, line.currency)
    if wrong or amount is None:
        return _give_form(line, row, _with(typed, wrong), 400)
    step = request.form.get("step", "look")
    if step == "back":
        return _give_form(line, row, typed)
    try:
        if step == "do":
            service.give_goodwill(
                line.id, amount, typed.words, left=_number("left"), actor_id=_me()
            )
            flash(_("%(sum)s is owed back. The customer is told by mail.", sum=money_text(amount, line.currency)), "ok")  # fmt: skip
            return _back_to(line)
        left = goodwill.all_left(db.session(), row)
        rules.gift(left, amount, line.currency)
    except NotFound:
        raise
    except Refused as refusal:
        bookings.refresh()
        line, row = _booking(number)
        return _give_form(line, row, typed, errors.status(refusal), refusal)
    return render_template(
        "admin/give_back.html", line=line, typed=typed, left=left, amount=amount, look=True,
        refusal=None,
    )  # fmt: skip


def _do(line: BookingLine, wish: Wish) -> ResponseReturnValue:
    done = service.cancel_by_house(
        line.id, wish, revision=_number("revision"), shown=_number("shown"), actor_id=_me()
    )
    names = ", ".join(done.seats)
    back = money_text(done.back, line.currency)
    said = _("%(seats)s cancelled. %(sum)s goes back; the customer is told by mail.", seats=names, sum=back) if done.back else _("%(seats)s cancelled, no money goes back; the customer is told by mail.", seats=names)  # fmt: skip
    flash(said, "ok")
    return _back_to(line)


def _form(
    line: BookingLine, row: Booking, typed: Typed, status: int = 200,
    refusal: Refused | None = None,
) -> ResponseReturnValue:  # fmt: skip
    claims = cancel.live_seats(db.session(), row)
    page = render_template(
        "admin/cancel.html", line=line, typed=typed, claims=claims, plan=None,
        left=cancel.money_left(db.session(), row, claims),
        refusal=refusal and (errors.title(refusal), errors.sentence(refusal)),
    )  # fmt: skip
    return page, status


def _look(line: BookingLine, row: Booking, typed: Typed, plan: Plan) -> ResponseReturnValue:
    return render_template(
        "admin/cancel.html", line=line, typed=typed, claims=plan.claims, plan=plan, left=plan.left,
        revision=row.revision, refusal=None,
    )  # fmt: skip


def _give_form(
    line: BookingLine, row: Booking, typed: Typed, status: int = 200,
    refusal: Refused | None = None,
) -> ResponseReturnValue:  # fmt: skip
    page = render_template(
        "admin/give_back.html", line=line, typed=typed, amount=0, look=False, least=money.LEAST,
        left=goodwill.all_left(db.session(), row),
        refusal=refusal and (errors.title(refusal), errors.sentence(refusal)),
    )  # fmt: skip
    return page, status


def _read(form: MultiDict[str, str]) -> Typed:
    parts = {name.removeprefix("back-"): text for name, text in form.items() if name.startswith("back-")}  # fmt: skip
    return Typed(
        tuple(form.getlist("seat")), form.get("how", How.ALL), form.get("words", "").strip(), parts,
        form.get("fee", ""), form.get("amount", ""),
    )  # fmt: skip


def _wish(typed: Typed, currency: str) -> tuple[Wish | None, Typed]:
    """What was typed as values; or what is wrong with it, field by field."""
    wrong = _wrong_words(typed)
    if not typed.seats:
        wrong["seats"] = _("Tick the seats to cancel.")
    sums = {name: money.from_text(text or "0", currency) for name, text in typed.parts.items()}
    fee = money.from_text(typed.fee or "0", currency)
    how = How(typed.how) if typed.how in set(How) else How.ALL
    if how is How.PARTS:
        bad = [name for name in typed.seats if sums.get(name) is None]
        wrong |= {f"back-{name}": _not_a_sum() for name in bad}
        if fee is None:
            wrong["fee"] = _not_a_sum()
    if wrong:
        return None, _with(typed, wrong)
    parts = {name: amount for name, amount in sums.items() if amount is not None}
    return Wish(typed.seats, how, typed.words, parts, fee or 0), typed


def _wrong_words(typed: Typed) -> dict[str, str]:
    if not typed.words:
        return {"words": _("Say why: the customer reads it in the mail, and the books keep it.")}
    if len(typed.words) > LONGEST_WORDS:
        return {"words": _("At most %(count)s characters, please.", count=LONGEST_WORDS)}
    return {}


def _wrong_gift(typed: Typed, amount: int | None, currency: str) -> dict[str, str]:
    wrong = {} if amount else {"amount": _not_a_sum()}
    if money.too_small(amount or 0):
        least = money_text(money.LEAST, currency)
        wrong["amount"] = _("At least %(least)s: the payment service sends no less.", least=least)
    return wrong | _wrong_words(typed)


def _not_a_sum() -> str:
    return str(_("Write a sum such as 90 or 90.50."))


def _with(typed: Typed, wrong: Mapping[str, str]) -> Typed:
    return Typed(
        typed.seats, typed.how, typed.words, typed.parts, typed.fee, typed.amount, dict(wrong)
    )


def _booking(number: str) -> tuple[BookingLine, Booking]:
    line = queries.booking(number)
    if line is None:
        raise NotFound
    return line, bookings.row(line.id)


def _number(name: str) -> int:
    """A field of ours; whoever tampers with it sees the form again."""
    text = request.form.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) <= 12):
        raise rules.BackChanged
    return int(text)


def _back_to(line: BookingLine, refusal: Refused | None = None) -> ResponseReturnValue:
    if refusal:
        flash(f"{errors.title(refusal)}. {errors.sentence(refusal)}", "warn")
    return redirect(url_for("admin.booking", number=line.number), 303)


def _me() -> int:
    person = me()
    return person.id if person else 0

"""Money without a ticket: what came in and stands for no seat, what goes back, and one button each."""

import re
from collections.abc import Callable, Iterator
from dataclasses import asdict

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from bookingapp import clock
from bookingapp import money as sums
from bookingapp.admin import asked, csv_file, figures
from bookingapp.admin.blueprint import pages
from bookingapp.admin.money_words import HAPPENED, STATES, gap_words, happened
from bookingapp.booking import books, service
from bookingapp.catalogue.queries import site
from bookingapp.db import db
from bookingapp.email import queries as mails
from bookingapp.email.lines import MailLine
from bookingapp.errors import Refused
from bookingapp.payments import loose
from bookingapp.payments.gateway import GatewayError, GatewayRefused
from bookingapp.payments.heard import heard
from bookingapp.payments.loose import LooseMoney, Place, Wanted
from bookingapp.web.access import access, me
from bookingapp.web.errors import sentence, title

# What tells a customer about money.
TOLD = ("payment_refund", "booking_cancellation")
PLACE = re.compile(r"(\d{1,9})-(\d{1,9})", re.ASCII)


@pages.get("/money")
@access("manager")
def money() -> ResponseReturnValue:
    """Whether the books balance, and every sum that is not where it belongs, oldest first."""
    now, wanted, after = clock.now(), _wanted(), _place(request.args.get("after", ""))
    told = heard(now)
    found = loose.money_without_ticket(wanted, after=after, size=asked.SIZE + 1)
    rows = found[: asked.SIZE]
    return render_template(
        "admin/money.html",
        rows=rows,
        more="-".join(map(str, rows[-1].place)) if len(found) > len(rows) else "",
        after=after,
        wanted=wanted,
        filters={name: value for name, value in asdict(wanted).items() if value},
        states=STATES,
        reasons=HAPPENED,
        happened=happened,
        letters=_letters(rows),
        books=books.read(db.session()),
        gap_words=gap_words,
        heard=told,
        silent=told.silent(now),
        unsettled=figures.unsettled(now, afresh=True),
    )


@pages.get("/money.csv")
@access("manager")
def money_csv() -> ResponseReturnValue:
    """The list, all of it, for a spreadsheet."""
    head = (
        gettext("State"), gettext("What happened"), gettext("Booking"), gettext("Name"),
        gettext("E-mail"), gettext("Paid"), gettext("Amount"), gettext("Currency"), gettext("Method"),
        gettext("Payment"), gettext("Order"), gettext("Refund"), gettext("Tries"), gettext("Why"),
    )  # fmt: skip
    return csv_file.answer(f"money-{site().today}.csv", head, _csv_rows(_wanted()))


def _csv_rows(wanted: Wanted) -> Iterator[tuple[object, ...]]:
    for row in loose.everything(wanted):
        yield (
            row.refund_state or loose.UNSETTLED, happened(row.reason), row.number, row.customer,
            row.email, clock.local(row.came_at, site().zone).isoformat(" ", "minutes"),
            sums.to_number(row.amount, row.currency), row.currency, row.method,
            row.gateway_payment_id, row.gateway_order_id, row.gateway_refund_id, row.attempts,
            row.last_error,
        )  # fmt: skip


def _wanted() -> Wanted:
    """What the address bar asks for. What makes no sense is left out."""
    wish = asked.read()
    reason = request.args.get("reason", "")
    return Wanted(
        wish.q, wish.state if wish.state in STATES else "", reason if reason in HAPPENED else ""
    )


def _place(text: str) -> Place | None:
    found = PLACE.fullmatch(text)
    return Place(int(found[1]), int(found[2])) if found else None


def _letters(rows: list[LooseMoney]) -> dict[Place, MailLine]:
    """The newest letter that told a customer of each of these sums."""
    told = mails.of_bookings([row.booking_id for row in rows], TOLD)
    found: dict[Place, MailLine] = {}
    for row in rows:
        about = (
            line for line, payment in told
            if line.booking_id == row.booking_id and payment in {None, row.payment_id}
        )  # fmt: skip
        if newest := next(about, None):
            found[row.place] = newest
    return found


@pages.post("/money/refund/<int:refund_id>/again")
@access("manager")
def refund_again(refund_id: int) -> ResponseReturnValue:
    """Ask the gateway now; a failed refund is tried anew."""
    try:
        service.try_refund_again(refund_id, _me())
    except Refused as refusal:
        return _back(refusal)
    flash(gettext("The gateway is asked within half a minute."), "ok")
    return redirect(url_for("admin.money"), 303)


@pages.post("/money/refund/<int:refund_id>/by-hand")
@access("manager")
def refund_by_hand(refund_id: int) -> ResponseReturnValue:
    """It was paid back in another way; the note says how."""
    try:
        service.paid_back_by_hand(refund_id, request.form.get("note", ""), _me())
    except Refused as refusal:
        return _back(refusal)
    flash(gettext("Written down. The customer is told by mail."), "ok")
    return redirect(url_for("admin.money"), 303)


@pages.post("/money/payment/<payment_id>/settle")
@access("manager")
def payment_settle(payment_id: str) -> ResponseReturnValue:
    """Ask what became of a payment and do what follows: tickets, or the money back."""
    return _asked(service.settle, payment_id)


@pages.post("/money/payment/<payment_id>/look-up")
@access("manager")
def payment_look_up(payment_id: str) -> ResponseReturnValue:
    """Ask what the gateway knows of a payment and its refunds, and write it down."""
    return _asked(service.look_up, payment_id)


def _asked(deed: Callable[[str], object], payment_id: str) -> ResponseReturnValue:
    try:
        deed(payment_id)
    except GatewayRefused as error:
        flash(
            gettext(
                "The gateway knows no such payment. It said: %(words)s", words=error.says or error
            ),
            "bad",
        )
    except GatewayError:
        flash(gettext("The gateway gives no answer just now. Try again in a few minutes."), "bad")
    except Refused as refusal:
        return _back(refusal, _from())
    else:
        flash(gettext("Asked, and done what follows."), "ok")
    return redirect(url_for(_from()), 303)


def _from() -> str:
    """The page whose button it was."""
    return "admin.settlements" if request.args.get("back") == "settlements" else "admin.money"


def _me() -> int:
    person = me()
    return person.id if person else 0


def _back(refusal: Refused, page: str = "admin.money") -> ResponseReturnValue:
    flash(f"{title(refusal)}. {sentence(refusal)}", "bad")
    return redirect(url_for(page), 303)

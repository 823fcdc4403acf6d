"""Page 2: who is coming, where the ticket goes, what it costs; and what is left of a lapsed hold."""

from dataclasses import replace

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from bookingapp import clock
from bookingapp.booking import checkout, forms, policy, promos, queries, rules, service
from bookingapp.booking.blueprint import booking_of, pages
from bookingapp.booking.details import Details
from bookingapp.booking.forms import Typed
from bookingapp.booking.promo_rules import PromoUnknown, normal
from bookingapp.booking.views import BookingView, Stage
from bookingapp.catalogue.models import ShowtimeState
from bookingapp.errors import NotFound, Refused
from bookingapp.payments import gateway
from bookingapp.payments.rules import GatewayDown, PaymentSlow
from bookingapp.settings import current
from bookingapp.web import errors
from bookingapp.web.access import access, limiter, me
from bookingapp.web.filters import money_short
from bookingapp.web.i18n import gettext as _
from bookingapp.web.i18n import language
from bookingapp.web.requests import buyer_key, client_key, known_buyer_key

SEATS_GONE = {Stage.OVER, Stage.RELEASED}
POSTS = "120 per minute"  # from one address; a whole mobile network may share it


def _guesses() -> str:
    return current().limit_promo_guesses


@pages.route("/b/<token>/checkout", methods=["GET", "POST"], endpoint="checkout")
@access("link")
@limiter.limit(POSTS, methods=["POST"])
@limiter.limit(
    _guesses,
    methods=["POST"],
    exempt_when=lambda: not request.form.get("code"),
    deduct_when=lambda _response: bool(g.get("wrong_code")),
)
def check_out(token: str) -> ResponseReturnValue:
    """The form, or the truth about a hold that is over; a posted one is saved first."""
    if request.method == "POST":
        return _posted(token, request.form.get("action", "pay"))
    view = booking_of(token)
    return _page(view, _stored(view)) if _held(view) else _truth(view, _stored(view))


def _posted(token: str, action: str) -> ResponseReturnValue:
    """By the button pressed: update, pay, give back, or hold again."""
    if action == "release":
        return give_back(booking_of(token))
    typed = forms.read(request.form, to_pay=action == "pay")
    if action == "again":
        return _hold_again(booking_of(token), typed)
    if typed.errors:
        view = booking_of(token)
        return _page(view, typed, status=422) if _held(view) else _truth(view, typed)
    # a code that was typed and not yet used is used first: nobody pays more than they thought
    if action in {"code", "nocode"} or (action == "pay" and typed.code):
        return _with_code(token, typed, off=action == "nocode")
    return _save(token, typed, to_pay=action == "pay")


def give_back(view: BookingView) -> ResponseReturnValue:
    """Release the seats at once. Twice is as good as once; a paid booking stays as it is."""
    try:
        given = service.release(view.token)
    except rules.AlreadyPaid:
        return redirect(url_for("booking.booking", token=view.token), 303)
    if given:
        flash(
            _("%(seats)s can be bought by others again. Nothing was paid.", seats=_names(view)),
            "ok",
        )
    return redirect(url_for("shop.showtime", showtime_id=view.show.showtime_id), 303)


def gone_page(
    view: BookingView, typed: Typed | None = None, status: int = 200
) -> ResponseReturnValue:
    """A hold that is over: are the seats still free, and did this browser choose others meanwhile?"""
    page = render_template(
        "booking/gone.html",
        view=view,
        stage=view.stage(clock.now()),
        typed=typed or _stored(view),
        free=_on_sale(view) and queries.still_free(view),
        on_sale=_on_sale(view),
        other=queries.own_hold(view.show.showtime_id, known_buyer_key()),
    )
    return page, status


def _save(token: str, typed: Typed, *, to_pay: bool) -> ResponseReturnValue:
    """The hold is not looked at before: writing does, and the page is put together on a refusal only."""
    said = Details(typed.email, typed.name, typed.phone, typed.types)
    try:
        if to_pay:
            return _onward(service.start_payment(token, said, seen=_seen))
        service.set_details(token, **vars(said))
    except NotFound:
        raise
    except (PaymentSlow, GatewayDown):
        return redirect(url_for("pay.trying", token=token), 303)
    except (rules.HoldOver, rules.AlreadyPaid) as refusal:
        queries.refresh()
        return _truth(booking_of(token), typed, errors.status(refusal))
    except Refused as refusal:
        queries.refresh()
        return _page(booking_of(token), _told(typed, refusal), refusal, errors.status(refusal))
    return _look_again(token)


def _with_code(token: str, typed: Typed, *, off: bool) -> ResponseReturnValue:
    """Save what was typed, then use the code or take it off; the page shows the new sum."""
    try:
        service.set_details(
            token, email=typed.email, name=typed.name, phone=typed.phone, types=typed.types
        )
        if off:
            service.take_code_off(token)
        else:
            service.use_code(token, typed.code)
    except NotFound:
        raise
    except (rules.HoldOver, rules.AlreadyPaid) as refusal:
        queries.refresh()
        return _truth(booking_of(token), typed, errors.status(refusal))
    except Refused as refusal:
        queries.refresh()
        g.wrong_code = isinstance(refusal, PromoUnknown)
        said = {"code": f"{errors.title(refusal)}. {errors.sentence(refusal)}"}
        at_field = replace(typed, errors=said)
        return _page(booking_of(token), at_field, status=errors.status(refusal))
    flash(_("The code is taken off.") if off else _("The code is used: look at the new sum."), "ok")
    return _look_again(token)


def _seen(total: int) -> bool:
    """Whether the sum is the one that stood on the button. Nobody pays a sum unseen."""
    return request.form.get("seen", str(total)) == str(total)


def _onward(page: service.PayPage) -> ResponseReturnValue:
    """To the gateway, to the ticket where there is nothing to pay, or to another look at the sum."""
    if page.agreed:
        where = "pay.pay" if page.gateway_order_id else "booking.booking"
        return redirect(url_for(where, token=page.token), 303)
    flash(
        _(
            "The total is %(total)s now. Have a look, then pay.",
            total=money_short(page.amount, page.currency),
        ),
        "info",
    )
    return _look_again(page.token)


def _look_again(token: str) -> ResponseReturnValue:
    return redirect(url_for("booking.checkout", token=token, _anchor="slip-title"), 303)


def _hold_again(view: BookingView, typed: Typed) -> ResponseReturnValue:
    """One tap after the time was over: the same seats, and nothing has to be typed again."""
    person, code = me(), typed.code or promos.code_of(view.id)
    try:
        held = service.hold_seats(
            view.show.showtime_id, view.seat_names, buyer_key=buyer_key(), client_key=client_key(),
            locale=language(), user_id=person.id if person else None,
        )  # fmt: skip
    except Refused as refusal:
        flash(f"{errors.title(refusal)}. {errors.sentence(refusal)}", "warn")
        free = refusal.values.get("free", [])
        here = url_for("shop.showtime", showtime_id=view.show.showtime_id, seat=free)
        return redirect(here, 303)
    _carry_over(held.token, typed)
    if code:
        _try_code_anew(held.token, normal(code))
    return redirect(url_for("booking.checkout", token=held.token), 303)


def _carry_over(token: str, typed: Typed) -> None:
    """What was typed for the lapsed hold. What can't be kept is asked for again, that is all."""
    kept = {
        key: "" if key in typed.errors else getattr(typed, key)
        for key in ("email", "name", "phone")
    }
    try:
        service.set_details(token, **kept, types=typed.types)
    except Refused:
        return


def _try_code_anew(token: str, code: str) -> None:
    """The lapsed hold gave its use back, so its code has to hold today; the full price is never a surprise."""
    try:
        service.use_code(token, code)
    except Refused as refusal:
        g.wrong_code = isinstance(refusal, PromoUnknown)
        said = _("%(code)s could not be used again: the sum is the full price.", code=code)
        why = "" if g.wrong_code else f" {errors.title(refusal)}. {errors.sentence(refusal)}"
        flash(said + why, "warn")


def _page(
    view: BookingView, typed: Typed, refusal: Refused | None = None, status: int = 200
) -> ResponseReturnValue:
    rows = checkout.guests(view)
    shown = checkout.preview(view, rows, typed.types)
    page = render_template(
        "booking/checkout.html",
        view=shown,
        guests=rows,
        typed=typed,
        tax_lines=checkout.all_tax_lines(shown, rows),
        code=promos.code_of(view.id) if view.discount else "",
        refusal=refusal and (errors.title(refusal), errors.sentence(refusal)),
        hold_seconds=current().hold_minutes * 60,
        down=gateway.connect().health.down,
        terms=policy.sentences(view, clock.now()),
    )
    return page, status


def _truth(view: BookingView, typed: Typed, status: int = 200) -> ResponseReturnValue:
    """A booking that is not held any more, or never was this far."""
    if view.stage(clock.now()) in SEATS_GONE:
        return gone_page(view, typed, status)
    return redirect(url_for("booking.booking", token=view.token), 303)


def _told(typed: Typed, refusal: Refused) -> Typed:
    """A refusal that is about one field stands at that field too."""
    if isinstance(refusal, rules.UnknownTicketType):
        seat = refusal.values["seat"]
        return replace(typed, errors={**typed.errors, f"type-{seat}": errors.title(refusal)})
    return typed


def _stored(view: BookingView) -> Typed:
    return Typed(view.email, view.name, view.phone, {s.name: s.ticket_type_id for s in view.seats})


def _held(view: BookingView) -> bool:
    return view.stage(clock.now()) is Stage.HELD


def _on_sale(view: BookingView) -> bool:
    show = view.show
    return show.showtime_state is ShowtimeState.ON_SALE and clock.now() < show.starts_at


def _names(view: BookingView) -> str:
    return ", ".join(view.seat_names)

"""Page 2 when there is nothing to pay for any more: time over, started, replaced, paid, given back."""

from datetime import timedelta

from flask import Flask
from sqlalchemy import update

from bookingapp import clock
from bookingapp.catalogue.models import Showtime
from bookingapp.db import transaction
from tests.booking.details import Form, asha, showtime
from tests.booking.guests import ADDRESS, Guest, booking, guest, let_lapse, live_claims, pay_in_full
from tests.factories import Cinema

__all__ = ["asha", "showtime"]


def test_giving_back_frees_the_seats_at_once(app: Flask, asha: Guest, showtime: int) -> None:
    answer = asha.client.post(f"/b/{asha.token}/release")
    assert answer.location == f"/showtime/{showtime}"
    assert "C3, C4 can be bought by others again." in asha.see(answer.location)
    assert live_claims(showtime) == {}
    assert guest(app).hold(showtime, "C3").status_code == 303
    assert asha.client.post(f"/b/{asha.token}/release").status_code == 303, "twice is no error"


def test_after_the_time_is_over_one_tap_holds_again_and_nothing_is_typed_twice(
    asha: Guest, showtime: int, cinema: Cinema
) -> None:
    child = str(cinema.ticket_type("Child"))
    let_lapse(asha.token)
    answer = asha.pays(name="Asha O'Neill", phone="98470 12345", **{"type-C3": child})
    assert "They are still free: hold them again." in answer.text
    again = Form(answer.text).values
    old = asha.token
    held = asha.press("again", **again)
    new = held.location.split("/")[2]
    assert new != old
    row = booking(new)
    assert (row.email, row.name, row.phone) == (ADDRESS, "Asha O'Neill", "98470 12345")
    assert row.total == 29_500
    assert set(live_claims(showtime).values()) == {row.id}


def test_after_the_time_is_over_taken_seats_lead_back_to_the_plan(
    app: Flask, asha: Guest, showtime: int
) -> None:
    let_lapse(asha.token)
    guest(app).hold(showtime, "C4")
    page = asha.see()
    assert "Somebody else has one or more of C3, C4 now." in page
    answer = asha.press("again")
    assert answer.location == f"/showtime/{showtime}?seat=C3"
    assert "Taken a moment ago: C4" in asha.see(answer.location)


def test_a_showing_that_has_started_is_not_offered_again(asha: Guest, showtime: int) -> None:
    let_lapse(asha.token)
    begun = clock.now() - timedelta(minutes=1)
    with transaction() as session:
        session.execute(update(Showtime).where(Showtime.id == showtime).values(starts_at=begun))
    assert "can no longer be booked" in asha.see()


def test_a_stale_tab_is_led_to_the_newer_choice(asha: Guest, showtime: int) -> None:
    old, new_address = asha.token, asha.hold(showtime, "D3").location
    stale = asha.client.post(f"/b/{old}/checkout", data={"action": "pay", "email": ADDRESS})
    assert "You chose other seats" in stale.text
    assert new_address in stale.text


def test_a_paid_booking_is_not_paid_again(asha: Guest) -> None:
    pay_in_full(asha.token)
    there = f"/b/{asha.token}"
    assert asha.client.get(asha.checkout).location == there
    for action in ("pay", "update", "release"):
        assert asha.press(action, email="other@example.com").location == there
    row = booking(asha.token)
    assert (row.state, row.email) == ("confirmed", ADDRESS)

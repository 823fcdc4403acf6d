"""Choosing seats: the plan, best seats, lost seats, own seats, showings that don't sell."""

import re
from collections.abc import Iterator

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from time_machine import Traveller

from bookingapp.catalogue.models import Price, Seat, SeatCategory, Showtime
from bookingapp.db import db, transaction
from tests.factories import Cinema
from tests.shop.cinema_days import Statements, at, fill, plain, ticked, words


@pytest.fixture(autouse=True)
def sunday() -> Iterator[Traveller]:
    """It is Sunday noon at the cinema."""
    with time_machine.travel(at("2026-11-22 12:00"), tick=False) as traveller:
        yield traveller


@pytest.fixture
def showtime(cinema: Cinema) -> int:
    """Tonight at half past seven."""
    return cinema.showtime(at("2026-11-22 19:30"))


def hold(client: FlaskClient, showtime: int, *seats: str, **more: str) -> str:
    """Press "hold"; the page or the address that follows."""
    answer = client.post(f"/showtime/{showtime}/hold", data={"seat": list(seats), **more})
    return answer.location if answer.status_code == 303 else answer.text


def tag(page: str, seat: str) -> str:
    """A seat's checkbox."""
    found = re.search(rf'<input type="checkbox"[^>]* value="{seat}"[^>]*>', page)
    assert found, seat
    return found.group()


def test_each_seat_is_a_checkbox_with_its_name_kind_and_price(
    client: FlaskClient, showtime: int
) -> None:
    page = client.get(f"/showtime/{showtime}").text
    assert 'aria-label="A1, ₹120"' in tag(page, "A1")
    assert 'aria-label="C3, ₹180"' in tag(page, "C3")
    assert 'aria-label="D1, wheelchair place, ₹180"' in tag(page, "D1")
    assert 'aria-label="D2, companion seat, ₹180"' in tag(page, "D2")
    assert page.count('type="checkbox"') == 24
    assert ticked(page) == []


def test_the_plan_stands_on_half_seats_with_headings_rows_and_letters_in_the_aisle(
    client: FlaskClient, showtime: int
) -> None:
    page = client.get(f"/showtime/{showtime}").text
    assert 'class="plan w14"' in page
    assert "x1" in tag(page, "A1")
    assert "x9" in tag(page, "A4")
    assert page.count('<legend class="sr">Row B</legend><span class="letter x7"') == 1
    assert "Front ₹120" in plain(page)
    assert "Stalls ₹180" in plain(page)
    assert (
        page.index("look-front")
        < page.index("Row A")
        < page.index("look-stalls")
        < page.index("Row C")
    )


def test_the_page_says_what_when_where_and_how_many_are_free(
    client: FlaskClient, showtime: int
) -> None:
    assert "Sherlock Jr. Today 7:30 pm Hall 1 24 seats free" in words(
        client, f"/showtime/{showtime}"
    )


@pytest.mark.parametrize(
    ("starts", "said"),
    [
        ("2026-11-29 14:00", "Sun 29 Nov, 2:00 pm"),
        ("2026-11-23 00:15", "Night to Mon 23 Nov, 12:15 am"),
    ],
)
def test_another_day_and_the_hours_after_midnight_are_said_without_doubt(
    client: FlaskClient, cinema: Cinema, starts: str, said: str
) -> None:
    assert said in words(client, f"/showtime/{cinema.showtime(at(starts))}")


def test_a_seat_somebody_has_is_disabled_and_called_taken(
    app: Flask, client: FlaskClient, showtime: int
) -> None:
    hold(app.test_client(), showtime, "C3")
    fill(showtime, only=["B1"])
    page = client.get(f"/showtime/{showtime}").text
    assert tag(page, "C3").endswith("disabled>")
    assert 'aria-label="C3, taken"' in tag(page, "C3")
    assert 'aria-label="B1, not on sale"' in tag(page, "B1")
    assert "22 seats free" in plain(page)


def test_best_seats_ticks_two_together_near_the_sweet_spot(
    client: FlaskClient, showtime: int
) -> None:
    page = client.get(f"/showtime/{showtime}?together=2").text
    assert ticked(page) == ["C4", "C5"] or ticked(page) == ["C2", "C3"]
    assert f"{', '.join(ticked(page))} are ticked for you." in plain(page)
    assert "<option selected>2</option>" in page


def test_best_seats_says_so_when_they_are_not_together(client: FlaskClient, showtime: int) -> None:
    page = client.get(f"/showtime/{showtime}?together=4").text
    assert len(ticked(page)) == 4
    assert "4 together are no longer free." in plain(page)


def test_best_seats_says_how_many_are_free_when_they_are_too_few(
    client: FlaskClient, showtime: int
) -> None:
    fill(showtime, leave=["A1", "B2"])
    page = client.get(f"/showtime/{showtime}?together=3").text
    assert "Only 2 seats are free." in plain(page)
    assert ticked(page) == []


@pytest.mark.parametrize("asked", ["0", "-1", "11", "two", "٣", "9" * 50, ""])
def test_a_nonsense_number_of_seats_is_passed_over(
    client: FlaskClient, showtime: int, asked: str
) -> None:
    answer = client.get(f"/showtime/{showtime}?together={asked}")
    assert answer.status_code == 200
    assert ticked(answer.text) == []


def test_seats_of_the_address_are_ticked_if_they_are_free(
    app: Flask, client: FlaskClient, showtime: int
) -> None:
    hold(app.test_client(), showtime, "C3")
    page = client.get(f"/showtime/{showtime}?seat=C3&seat=C4&seat=Z9").text
    assert ticked(page) == ["C4"]


def test_holding_leads_to_the_details(client: FlaskClient, showtime: int) -> None:
    assert re.fullmatch(r"/b/[\w-]+/checkout", hold(client, showtime, "C3", "C4"))


def test_own_held_seats_are_ticked_called_yours_and_lead_on_to_pay(
    client: FlaskClient, showtime: int
) -> None:
    checkout = hold(client, showtime, "C3", "C4")
    page = client.get(f"/showtime/{showtime}").text
    assert ticked(page) == ["C3", "C4"]
    assert " yours" in tag(page, "C3")
    assert "You hold C3, C4 until 12:12 pm." in plain(page)
    assert f'href="{checkout}"' in page


def test_own_held_seats_are_nobody_elses_business(
    app: Flask, client: FlaskClient, showtime: int
) -> None:
    hold(client, showtime, "C3")
    other = app.test_client().get(f"/showtime/{showtime}").text
    assert "You hold" not in other
    assert tag(other, "C3").endswith("disabled>")


def test_a_lapsed_hold_is_free_again_for_everybody(
    client: FlaskClient, showtime: int, sunday: Traveller
) -> None:
    hold(client, showtime, "C3")
    sunday.shift(12 * 60)
    page = client.get(f"/showtime/{showtime}").text
    assert "You hold" not in page
    assert ticked(page) == []
    assert "disabled" not in tag(page, "C3")


def test_a_lost_seat_is_named_the_rest_stays_ticked_and_the_next_one_is_offered(
    app: Flask, client: FlaskClient, showtime: int
) -> None:
    hold(app.test_client(), showtime, "C3")
    answer = client.post(f"/showtime/{showtime}/hold", data={"seat": ["C2", "C3"]})
    assert answer.status_code == 409
    said = plain(answer.text)
    assert "C3 was taken a moment ago." in said
    assert "C2 is still free and ticked." in said
    assert "C1 next to it is free: take C1 instead." in said
    assert ticked(answer.text) == ["C2"]
    followed = client.get(f"/showtime/{showtime}?seat=C2&seat=C1").text
    assert f"/showtime/{showtime}?seat=C2&amp;seat=C1" in answer.text
    assert ticked(followed) == ["C1", "C2"]


def test_after_a_refusal_nothing_new_is_held(
    app: Flask, client: FlaskClient, showtime: int
) -> None:
    hold(app.test_client(), showtime, "C3")
    hold(client, showtime, "C2", "C3")
    assert "23 seats free" in words(client, f"/showtime/{showtime}")


def test_when_all_chosen_seats_are_lost_as_many_others_are_offered(
    app: Flask, client: FlaskClient, showtime: int
) -> None:
    hold(app.test_client(), showtime, "C2", "C3")
    page = hold(client, showtime, "C2", "C3")
    assert "C2, C3 were taken a moment ago. Nothing is held." in plain(page)
    assert f'href="/showtime/{showtime}?together=2"' in page


def test_the_refusal_is_announced(app: Flask, client: FlaskClient, showtime: int) -> None:
    hold(app.test_client(), showtime, "C3")
    assert 'role="alert"' in hold(client, showtime, "C3")


def test_holding_nothing_says_what_to_do(client: FlaskClient, showtime: int) -> None:
    answer = client.post(f"/showtime/{showtime}/hold")
    assert answer.status_code == 400
    assert "No seat is chosen yet" in plain(answer.text)


@pytest.mark.settings(limit_seats=2)
def test_more_than_the_limit_is_named_and_the_choice_stays_ticked(
    client: FlaskClient, showtime: int
) -> None:
    page = hold(client, showtime, "C1", "C2", "C3")
    assert "At most 2 seats in one booking" in plain(page)
    assert ticked(page) == ["C1", "C2", "C3"]


def test_a_seat_of_another_hall_is_refused_and_not_repeated_as_markup(
    client: FlaskClient, showtime: int
) -> None:
    answer = client.post(f"/showtime/{showtime}/hold", data={"seat": "<script>x</script>"})
    assert answer.status_code == 400
    assert "<script>x" not in answer.text


def test_a_seat_left_alone_is_said_and_not_forbidden(
    app: Flask, client: FlaskClient, showtime: int
) -> None:
    hold(app.test_client(), showtime, "A1")
    page = client.get(f"/showtime/{showtime}?seat=A3").text
    assert "This leaves A2 alone between two groups." in plain(page)
    assert "/checkout" in hold(client, showtime, "A3")


def test_without_script_the_next_page_says_that_a_seat_is_left_alone(
    app: Flask, client: FlaskClient, showtime: int
) -> None:
    hold(app.test_client(), showtime, "A1")
    checkout = hold(client, showtime, "A3", plain="1")
    assert "This leaves A2 alone between two groups." in words(client, checkout)


def test_with_script_it_was_said_while_choosing_and_is_not_said_again(
    app: Flask, client: FlaskClient, showtime: int
) -> None:
    hold(app.test_client(), showtime, "A1")
    assert "alone" not in words(client, hold(client, showtime, "A3"))


def test_the_number_of_statements_does_not_grow_with_the_hall(
    client: FlaskClient, showtime: int
) -> None:
    with Statements() as few:
        client.get(f"/showtime/{showtime}")
    plan = db.session.get_one(Showtime, showtime).seat_plan_id
    with transaction() as session:
        stalls = session.scalars(select(Seat.category_id).where(Seat.name == "C1")).one()
        session.add_all(
            Seat(seat_plan_id=plan, category_id=stalls, row="E", number=n, name=f"E{n}", x=2 * n, y=10)
            for n in range(1, 30)
        )  # fmt: skip
    with Statements() as many:
        client.get(f"/showtime/{showtime}")
    assert len(many.texts) == len(few.texts) <= 8


@pytest.mark.settings(limit_requests=True)
def test_a_machine_that_presses_hold_all_the_time_is_slowed_down(
    client: FlaskClient, showtime: int
) -> None:
    answers = {client.post(f"/showtime/{showtime}/hold").status_code for _ in range(61)}
    assert answers == {400, 429}


def test_a_changed_price_and_a_renamed_category_are_seen_at_once(
    client: FlaskClient, showtime: int
) -> None:
    assert "Stalls" in words(client, f"/showtime/{showtime}")
    with transaction() as session:
        session.execute(
            update(SeatCategory).where(SeatCategory.name == "Stalls").values(name="Pit")
        )
        session.execute(update(Price).values(amount=7700))
    said = words(client, f"/showtime/{showtime}")
    assert "Stalls" not in said
    assert "Pit" in said
    assert "₹77" in said
    assert "₹180" not in said

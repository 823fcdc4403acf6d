"""Pressing "hold" on the seat map: seats that are lost, one's own, too many, of another hall, left alone."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from time_machine import Traveller

from tests.shop.choosing import hold, showtime, sunday, tag
from tests.shop.cinema_days import plain, ticked, words

__all__ = ["showtime", "sunday"]


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


@pytest.mark.settings(limit_requests=True)
def test_a_machine_that_presses_hold_all_the_time_is_slowed_down(
    client: FlaskClient, showtime: int
) -> None:
    answers = {client.post(f"/showtime/{showtime}/hold").status_code for _ in range(61)}
    assert answers == {400, 429}

"""A ticket printed from a plate is the ticket drawn in full, word by word."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from markupsafe import Markup

from bookingapp import clock
from bookingapp.email import plate, samples
from bookingapp.email.messages import BookingConfirmation, PaidFacts, TicketFacts
from bookingapp.email.render import draw
from bookingapp.web.i18n import force_locale

# What letters say does not depend on the database.
pytestmark = pytest.mark.engine("sqlite")
many = settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
words = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)


@pytest.fixture(autouse=True)
def english(app: Flask) -> Iterator[None]:
    with force_locale("en"):
        yield


def ticket(**changes: Any) -> BookingConfirmation:
    """The sample, its ticket changed."""
    made = samples.samples(clock.now(), "https://lantern.test")["booking_confirmation"]
    assert isinstance(made, BookingConfirmation)
    return replace(made, ticket=replace(made.ticket, **changes))


def more(facts: TicketFacts) -> dict[str, Any]:
    machines = Markup('{"name": "<b>"}')
    return {
        "qr_cid": f"qr.{facts.number}@x",
        "facts_for_machines": machines,
        "attached": True,
    }


def same(message: BookingConfirmation, **others: Any) -> None:
    values = more(message.ticket) | others
    assert plate.fill(message, values, "en", draw) == draw(message, values)


@many
@example(name="", number="BK&<>'\"", link="https://x/?a=1&b=<", seat="₹", reference="पैसा")
@given(name=words, number=words, link=words, seat=words, reference=words)
def test_any_words_of_ones_own_stand_where_they_would(
    name: str, number: str, link: str, seat: str, reference: str
) -> None:
    message = ticket(
        customer_name=name, number=number, manage_url=link, ticket_url=link, invoice=seat
    )
    first, *rest = message.ticket.seats
    seats = (replace(first, name=seat), *rest)
    paid = PaidFacts(message.ticket.total, "upi", reference, clock.now())
    same(replace(message, ticket=replace(message.ticket, seats=seats), paid=paid))


@pytest.mark.parametrize(
    "changes",
    [{"invoice": ""}, {"total": 0}, {"customer_name": "Asha, Rao"}, {"customer_name": " , x"},
     {"phone": ""}, {"address": ""}, {"movie": "A very long title indeed, " * 6}],
)  # fmt: skip
def test_what_is_missing_or_odd_is_so_on_the_plate_too(changes: dict[str, Any]) -> None:
    same(ticket(**changes))
    same(replace(ticket(**changes), paid=None))
    same(ticket(**changes), attached=False)


def test_two_of_one_showing_share_a_plate_and_nothing_else() -> None:
    plate._plate.cache_clear()
    asha, ravi = (
        ticket(customer_name="Asha Rao", number="BK1"),
        ticket(customer_name="Ravi", number="BK2"),
    )
    drawn = [plate.fill(one, more(one.ticket), "en", draw) for one in (asha, ravi)]
    assert plate._plate.cache_info().currsize == 1
    assert "Asha" in drawn[0].html
    assert "BK1" in drawn[0].text
    assert "Ravi" in drawn[1].html
    assert not any("Asha" in said or "BK1" in said for said in drawn[1])


def test_another_fact_or_language_is_another_plate() -> None:
    plate._plate.cache_clear()
    for message in (ticket(), ticket(movie="Another"), ticket(seats=ticket().ticket.seats[:1])):
        plate.fill(message, more(message.ticket), "en", draw)
    plate.fill(ticket(), more(ticket().ticket), "hi", draw)
    assert plate._plate.cache_info().currsize == 4

"""Sunday noon before the seats of tonight's showing: pressing "hold", and a seat's checkbox."""

import re
from collections.abc import Iterator

import pytest
import time_machine
from flask.testing import FlaskClient
from time_machine import Traveller

from tests.factories import Cinema
from tests.shop.cinema_days import at


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

"""Page 2 before it is sent: two seats on hold, and its form as a browser without script reads it."""

from html.parser import HTMLParser

import pytest
from flask import Flask

from tests.booking.guests import Guest, guest
from tests.factories import Cinema


class Form(HTMLParser):
    """The fields of a page by name, and which one takes the focus."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.values: dict[str, str] = {}
        self.wrong: list[str] = []
        self.focus = ""
        self._select = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag in {"input", "select"} and "name" in found:
            self.values[found["name"]] = found.get("value", "")
            self.wrong += [found["name"]] if found.get("aria-invalid") else []
            self.focus = found["name"] if "autofocus" in found else self.focus
        if tag == "select":
            self._select = found["name"]
        if tag == "option" and "selected" in found:
            self.values[self._select] = found["value"]


@pytest.fixture
def showtime(cinema: Cinema) -> int:
    """Tomorrow's showing, with a booking fee of 25 rupees."""
    return cinema.showtime(booking_fee=2_500)


@pytest.fixture
def asha(app: Flask, showtime: int) -> Guest:
    """Has C3 and C4 on hold."""
    person = guest(app)
    person.hold(showtime, "C3", "C4")
    return person

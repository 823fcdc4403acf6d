"""A title may be as long as the database takes it, in one word and with every sign there is."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.house import House
from tests.pages.audit import TOO_WIDE
from tests.pages.tour import Tour

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(300),
]
LONG = "O'Brien's \"Very\" Long & <b>Winding</b> Title मुग़ल-ए-आज़म " + "Donaudampfschifffahrt" * 6


@pytest.fixture
def tour(afternoon_house: House, browser: Browser) -> Iterator[Tour]:
    """The cinema shows a film with a long name, for as long as the test."""
    tour = Tour(afternoon_house, browser, lambda _name, _page: None, lambda _page: None)
    kept = tour.sql("SELECT title FROM movie WHERE id = 1")
    tour.sql("UPDATE movie SET title = ? WHERE id = 1 RETURNING id", LONG)
    yield tour
    tour.sql("UPDATE movie SET title = ? WHERE id = 1 RETURNING id", kept)
    tour.end()


def test_no_page_is_wider_than_the_phone_for_it(tour: Tour) -> None:
    page = tour.buyer
    page.set_viewport_size({"width": 360, "height": 800})
    tomorrow = tour.showing("", 0, movie=1)
    slug = tour.sql("SELECT slug FROM movie WHERE id = 1")
    day = tour.sql("SELECT date(starts_at) FROM showtime WHERE id = ?", tomorrow.split("/")[-1])
    tour.hold(page, tomorrow)
    wide = {page.url: page.evaluate(TOO_WIDE)}
    for address in (f"/day/{day}", f"/film/{slug}", tomorrow, "/my"):
        page.goto(address)
        assert "donaudampf" in page.inner_text("main").lower(), page.inner_text("main")[150:900]
        wide[address] = page.evaluate(TOO_WIDE)
    assert {address: over for address, over in wide.items() if over} == {}

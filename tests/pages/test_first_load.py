"""The first load of each customer page on a phone: an empty cache, and all that is in view."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.house import House
from tests.pages.tour import Tour

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(300),
]
PHONE = {"width": 360, "height": 800}
MOST_BYTES = 100_000
MOST_REQUESTS = 10
PAGES = ("programme", "film", "seats", "checkout", "booking")


@dataclass
class Weight:
    """What went over the wire, headers included, as the browser's own network counts it."""

    sizes: dict[str, int] = field(default_factory=dict)
    finished: int = 0

    def listen(self, page: Page) -> None:
        wire = page.context.new_cdp_session(page)
        wire.send("Network.enable")
        wire.send("Network.setCacheDisabled", {"cacheDisabled": False})
        wire.on("Network.responseReceived", self._name)
        wire.on("Network.loadingFinished", self._weigh)

    def _name(self, event: dict[str, Any]) -> None:
        self.sizes.setdefault(event["requestId"], 0)

    def _weigh(self, event: dict[str, Any]) -> None:
        self.sizes[event["requestId"]] = int(event["encodedDataLength"])


@pytest.fixture(scope="module")
def addresses(afternoon_house: House, browser: Browser) -> dict[str, str]:
    """Where the five pages are; a booking is made for the last two."""
    tour = Tour(afternoon_house, browser, lambda _name, _page: None, lambda _page: None)
    hall = tour.showing("Hall 1", 5)
    token = tour.hold(tour.buyer, hall)
    paid = tour.hold(tour.rival, tour.showing("Studio", 5))
    tour.go_to_pay(tour.rival)
    tour.gateway(tour.rival, "Pay by UPI").click()
    expect(tour.rival.locator(".ticket")).to_be_visible()
    tour.mail_of(paid)
    film = tour.sql("SELECT slug FROM movie WHERE title LIKE 'Sherlock%'")
    tour.end()
    return dict(
        zip(PAGES, ("/", f"/film/{film}", hall, f"/b/{token}/checkout", f"/b/{paid}"), strict=True)
    )


@pytest.mark.parametrize("name", PAGES)
def test_the_first_load_on_a_phone_is_small(
    afternoon_house: House, browser: Browser, addresses: dict[str, str], name: str
) -> None:
    context = browser.new_context(viewport=PHONE, base_url=afternoon_house.url)  # type: ignore[arg-type]
    page, weight = context.new_page(), Weight()
    weight.listen(page)
    page.goto(addresses[name], wait_until="networkidle")
    loaded = page.evaluate(
        "() => [...document.images].filter(i => i.getBoundingClientRect().top < innerHeight)"
        ".every(i => i.complete && i.naturalWidth)"
    )
    context.close()
    assert loaded, "a picture in view was not loaded"
    assert len(weight.sizes) <= MOST_REQUESTS
    assert 5_000 < sum(weight.sizes.values()) < MOST_BYTES

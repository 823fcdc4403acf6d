"""What only a browser can show: weight, width, and the way without script."""

import re
from collections.abc import Iterator

import pytest
import time_machine
from playwright.sync_api import Browser, BrowserContext, Page, Request, ViewportSize, expect

from tests.browser import Live
from tests.factories import Cinema
from tests.shop.cinema_days import at, fill

pytestmark = [pytest.mark.browser, pytest.mark.engine("sqlite")]  # pages are the same on both
PHONE: ViewportSize = {"width": 360, "height": 800}
HUNDRED_KB = 100_000


@pytest.fixture(autouse=True)
def sunday() -> Iterator[None]:
    """It is Sunday noon at the cinema, and the clock ticks."""
    with time_machine.travel(at("2026-11-22 12:00"), tick=True):
        yield


@pytest.fixture
def season(cinema: Cinema) -> int:
    """A busy week: nine films today, three more tomorrow. The id of the next showing."""
    ids = []
    for number in range(12):
        movie = cinema.movie(
            f"The {'Long ' * (number % 3)}Film {number}", slug=f"film-{number}",
            tagline="A projectionist falls asleep at work and walks straight into the film he shows.",
        )  # fmt: skip
        day = 22 if number < 9 else 23
        ids += [
            cinema.showtime(at(f"2026-11-{day} {hour}:{number:02}"), movie_id=movie)
            for hour in (14, 19)
        ]
    fill(ids[3])
    return ids[0]


@pytest.fixture
def phone(browser: Browser) -> Iterator[BrowserContext]:
    """A phone with script switched off."""
    context = browser.new_context(viewport=PHONE, java_script_enabled=False)
    yield context
    context.close()


def weigh(page: Page, url: str) -> tuple[int, int]:
    """Requests and bytes of a first load, headers included, until the network rests."""
    done: list[Request] = []

    def note(request: Request) -> None:
        done.append(request)

    page.on("requestfinished", note)
    page.goto(url, wait_until="networkidle")
    sizes = [request.sizes() for request in done]
    return len(done), sum(s["responseBodySize"] + s["responseHeadersSize"] for s in sizes)


def test_the_first_load_of_the_programme_on_a_phone_is_light(
    browser: Browser, live: Live, season: int
) -> None:
    context = browser.new_context(viewport=PHONE)
    requests, size = weigh(context.new_page(), live.url + "/")
    context.close()
    assert requests <= 10, requests
    assert size < HUNDRED_KB


@pytest.mark.parametrize("path", ["/film/film-0", "/showtime/1?together=2"])
def test_the_first_load_of_every_other_page_is_lighter_still(
    browser: Browser, live: Live, season: int, path: str
) -> None:
    context = browser.new_context(viewport=PHONE)
    requests, size = weigh(context.new_page(), live.url + path)
    context.close()
    assert requests <= 10, requests
    assert size < HUNDRED_KB


@pytest.mark.parametrize("path", ["/", "/day/2026-11-24", "/film/film-2", "/showtime/1"])
def test_no_page_is_wider_than_the_phone(
    phone: BrowserContext, live: Live, season: int, path: str
) -> None:
    page = phone.new_page()
    page.goto(live.url + path)
    wide = page.locator("html").evaluate("html => html.scrollWidth")
    assert wide <= PHONE["width"]


def test_without_script_the_way_leads_from_the_board_to_the_details(
    phone: BrowserContext, live: Live, season: int
) -> None:
    page = phone.new_page()
    page.goto(live.url)
    page.locator(".board li a").first.click()
    page.get_by_role("button", name="Find them").click()
    expect(page.locator(".seat:checked")).to_have_count(2)
    page.get_by_role("button", name="Hold seats").click()
    expect(page).to_have_url(re.compile(r"/b/[\w-]+/checkout$"))


def test_without_script_the_bar_counts_the_seats_that_are_ticked(
    phone: BrowserContext, live: Live, season: int
) -> None:
    page = phone.new_page()
    page.goto(f"{live.url}/showtime/{season}")
    page.get_by_label("C3, ₹180").check()
    page.get_by_label("C4, ₹180").check()
    drawn = page.locator(".count").evaluate("it => getComputedStyle(it, '::before').content")
    assert drawn == "counter(chosen)"
    expect(page.get_by_text("Seats chosen:")).to_be_visible()

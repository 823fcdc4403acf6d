"""Seats, details and payment by keyboard alone: everything is reached, and one sees where one is."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.house import House
from tests.pages.tour import Tour

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(300),
]
# What has the focus, and whether it shows: a ring of its own beside what it looks like at rest.
HERE = """() => { const it = document.activeElement, style = getComputedStyle(it);
    const ring = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
    const box = it.getBoundingClientRect();
    const seen = box.bottom > 0 && box.top < innerHeight && box.width > 0;
    return {id: it.dataset.nth ?? it.tagName, shows: ring && seen}; }"""
# Everything a tab key stops at by itself gets a number.
NUMBER = """() => [...document.querySelectorAll(
    'a[href], button, input:not([type=hidden]), select, [tabindex="0"]')]
    .filter(it => it.tabIndex >= 0 && !it.disabled && it.checkVisibility())
    .map((it, nth) => (it.dataset.nth = String(nth)))"""


@pytest.fixture
def tour(afternoon_house: House, browser: Browser) -> Iterator[Tour]:
    """Somebody without a mouse."""
    tour = Tour(afternoon_house, browser, lambda _name, _page: None, lambda _page: None)
    yield tour
    tour.end()


def walk_by_tab(page: Page) -> tuple[set[str], list[str]]:
    """Everything that Tab reaches from the top, and what of it does not show that it is there."""
    reached: set[str] = set()
    hidden = []
    for _ in range(400):
        page.keyboard.press("Tab")
        here = page.evaluate(HERE)
        if here["id"] == "BODY":
            break
        reached.add(here["id"])
        if not here["shows"]:
            hidden.append(page.evaluate("() => document.activeElement.outerHTML.slice(0, 120)"))
    return reached, hidden


def test_tab_reaches_all_of_the_seat_page_and_shows_where_it_is(tour: Tour) -> None:
    page = tour.buyer
    page.goto(tour.showing("Studio", 6))
    everything = set(page.evaluate(NUMBER))
    reached, hidden = walk_by_tab(page)
    assert everything - reached == set()
    assert hidden == []


def test_tab_reaches_all_of_the_checkout_and_shows_where_it_is(tour: Tour) -> None:
    tour.hold(tour.buyer, tour.showing("Studio", 6))
    everything = set(tour.buyer.evaluate(NUMBER))
    reached, hidden = walk_by_tab(tour.buyer)
    assert everything - reached == set()
    assert hidden == []


def test_space_chooses_a_seat_and_enter_holds_it_and_pays(tour: Tour) -> None:
    page = tour.buyer
    page.goto(tour.showing("Studio", 6))
    seat = page.locator("input.seat:enabled").first
    seat.focus()
    page.keyboard.press("Space")
    expect(seat).to_be_checked()
    page.get_by_role("button", name="Hold seats").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/checkout")
    page.get_by_label("E-mail").fill("asha@example.com")
    page.keyboard.press("Enter")
    page.wait_for_url("**/pay")
    pay = tour.gateway(page, "Pay by UPI")
    expect(pay).to_be_visible()
    pay.press("Enter")
    expect(page.locator(".ticket")).to_be_visible()

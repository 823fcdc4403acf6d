"""The scripts only quicken what works without them; here is what they add."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, Route, expect

from tests.look import kit

# The scripts ask no database, so one engine is enough.
pytestmark = [pytest.mark.engine("sqlite"), pytest.mark.browser]
NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
ROWS: dict[str, list[int]] = {"A": [], "B": [4], "C": [1, 7]}


@pytest.fixture
def plan(browser: Browser, app: Flask) -> Iterator[Page]:
    """Three rows of seven seats; B4, C1 and C7 are taken; one order takes three."""
    page = kit.open_page(browser, app, kit.PLAN, "seats.js", "busy.js", rows=ROWS)
    yield page
    page.context.close()


def checkout(browser: Browser, app: Flask, seconds_left: float) -> Page:
    """Two seats held for so many seconds more."""
    until = NOW + timedelta(seconds=seconds_left)
    return kit.open_page(browser, app, kit.CHECKOUT, "checkout.js", "busy.js", at=NOW, until=until)


def tick(plan: Page, *names: str) -> None:
    """Choose seats."""
    for name in names:
        plan.locator(f'[value="{name}"]').check()


def said(plan: Page) -> str:
    """What the bar says politely."""
    return plan.locator("[data-say]").inner_text()


def test_the_bar_counts_sums_and_names_the_choice(plan: Page) -> None:
    expect(plan.locator(".what")).to_contain_text("Choose your seats")
    tick(plan, "A1", "A2")
    expect(plan.locator(".what")).to_contain_text("2 seats, ₹360")
    assert plan.locator(".seatno.look-stalls").all_inner_texts() == ["A1", "A2"]


def test_a_seat_over_the_limit_is_not_ticked_and_the_bar_says_why(plan: Page) -> None:
    tick(plan, "A1", "A2", "A3")
    plan.locator('[value="A4"]').click()
    assert not plan.locator('[value="A4"]').is_checked()
    assert said(plan) == "One order takes up to 3 seats. Leave one out to take another."


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        (
            ("B2",),
            "This leaves B3 alone between two groups. Moving one to the right keeps a pair free.",
        ),
        (
            ("C3",),
            "This leaves C2 alone between two groups. Moving one to the left keeps a pair free.",
        ),
        # moving over would leave B1 alone instead
        (("B1", "B2"), "This leaves B3 alone between two groups."),
        (("A3", "A5"), "This leaves A4 alone between two groups."),
        (("C4",), ""),
        # a seat at the wall is nobody's neighbour
        (("A2",), ""),
    ],
)
def test_a_seat_left_alone_is_said_with_the_better_move(
    plan: Page, chosen: tuple[str, ...], words: str
) -> None:
    tick(plan, *chosen)
    assert said(plan) == words


def test_the_hint_goes_when_the_choice_is_mended(plan: Page) -> None:
    tick(plan, "B2")
    plan.locator('[value="B2"]').uncheck()
    assert said(plan) == ""


def test_arrow_keys_walk_over_the_free_seats_of_the_plan(plan: Page) -> None:
    plan.locator('[value="B3"]').focus()
    walked = []
    for key in ("ArrowRight", "ArrowDown", "Home", "ArrowUp", "End"):
        plan.keyboard.press(key)
        walked.append(plan.evaluate("document.activeElement.value"))
    assert walked == ["B5", "C5", "C2", "B2", "B7"]


def test_the_whole_plan_is_one_stop_of_the_tab_key(plan: Page) -> None:
    assert plan.locator('.seat[tabindex="0"]').count() == 1


def test_totals_follow_the_ticket_types(browser: Browser, app: Flask) -> None:
    page = checkout(browser, app, 600)
    expect(page.locator("[data-total]")).to_have_text("₹370.00")
    page.get_by_label("H7").select_option("Child")
    expect(page.locator("[data-total]")).to_have_text("₹280.00")
    expect(page.locator("[data-total-short]")).to_have_text("₹280")
    expect(page.locator('[data-tax="1800"]')).to_have_text("₹41.19")
    expect(page.locator("[data-update]")).to_be_hidden()


def test_the_clock_counts_by_the_servers_time_not_the_phones(browser: Browser, app: Flask) -> None:
    page = checkout(browser, app, 540)
    expect(page.locator(".dial")).to_have_text("8:59")


def test_two_minutes_before_the_end_it_is_said_once(browser: Browser, app: Flask) -> None:
    page = checkout(browser, app, 121.5)
    words = page.locator(".leader [data-say]")
    expect(words).to_have_text("Two minutes left: H6, H7 go back on sale at 2:32 pm.")
    expect(page.locator(".leader")).to_have_class("leader left-2 late")


def test_when_the_time_is_over_the_page_says_so(browser: Browser, app: Flask) -> None:
    page = checkout(browser, app, 1)
    expect(page.locator(".leader strong")).to_have_text(
        "Your time is over and H6, H7 are on sale again."
    )
    expect(page.locator(".dial")).to_have_text("0:00")


def test_a_form_goes_once_and_its_button_says_what_it_does(browser: Browser, app: Flask) -> None:
    page = checkout(browser, app, 600)
    # the last to hear of a submit counts it and stays on the page
    page.evaluate("""() => { window.sent = 0; addEventListener('submit', (event) => {
        if (!event.defaultPrevented) window.sent += 1; event.preventDefault(); }); }""")
    button = page.locator(".btn")
    width = button.evaluate("it => it.offsetWidth")
    button.evaluate("it => { it.click(); it.click(); it.click(); }")
    assert page.evaluate("window.sent") == 1
    expect(button).to_have_text("Paying")
    expect(button).to_have_attribute("aria-busy", "true")
    assert button.evaluate("it => it.offsetWidth") == width


def test_the_mails_state_is_followed_until_it_is_settled(browser: Browser, app: Flask) -> None:
    news = [("sending", "Sending", "On its way.", True), ("sent", "Sent", "In your mail.", False)]

    def answer(route: Route) -> None:
        keys = ("look", "words", "sentence", "pending")
        body = json.dumps(dict(zip(keys, news.pop(0), strict=True)))
        route.fulfill(body=body, content_type="application/json")

    page = kit.open_page(browser, app, kit.MAIL, "booking.js", answer=answer)
    expect(page.locator(".badge.sending")).to_have_text("Sending", timeout=10_000)
    expect(page.locator(".badge.sent")).to_have_text("Sent", timeout=10_000)
    expect(page.locator("[data-sentence]")).to_have_text("In your mail.")


def test_a_page_that_can_print_offers_it(browser: Browser, app: Flask) -> None:
    page = kit.open_page(browser, app, kit.MAIL, "booking.js")
    expect(page.get_by_role("button", name="Print")).to_be_visible()

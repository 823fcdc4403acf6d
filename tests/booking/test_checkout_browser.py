"""What script adds to the checkout: sums at once, a ticking clock. In a real Chromium."""

import re
from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from bookingapp.booking import service
from bookingapp.booking.service import NewCode
from tests.booking.guests import ADDRESS, booking, guest
from tests.browser import Live
from tests.factories import Cinema
from tests.sandbox_process import SandboxProcess

pytestmark = [
    pytest.mark.browser,
    pytest.mark.engine("sqlite"),  # the browser does not know which database answers
]


@pytest.fixture
def token(app: Flask, cinema: Cinema, sandbox: SandboxProcess) -> str:
    """C3 and C4 on hold, with a booking fee of 25 rupees."""
    person = guest(app)
    person.hold(cinema.showtime(booking_fee=2_500), "C3", "C4")
    return person.token


@pytest.fixture
def checkout(browser: Browser, live: Live, token: str) -> Iterator[Page]:
    """The page on a phone; an error in its script fails the test."""
    context = browser.new_context(viewport={"width": 360, "height": 800})
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda line: errors.append(line.text) if line.type == "error" else None)
    page.goto(f"{live.url}/b/{token}/checkout")
    yield page
    context.close()
    # Chromium calls a form with errors in it (422) a resource that failed to load
    assert [error for error in errors if "422" not in error] == []


def test_the_sums_follow_the_ticket_types_at_once(checkout: Page) -> None:
    slip = checkout.locator(".slip")
    expect(slip.get_by_text("GST at 18 %")).to_contain_text("₹58.73")
    expect(slip.get_by_text("GST at 5 %")).to_be_hidden()
    checkout.get_by_label("Ticket for C3").select_option(label="Child, ₹90")
    expect(slip.locator("[data-total]")).to_have_text("₹295.00")
    expect(slip.get_by_text("GST at 18 %")).to_contain_text("₹31.27")
    expect(slip.get_by_text("GST at 5 %")).to_contain_text("₹4.29")
    expect(checkout.get_by_role("button", name="Pay ₹295")).to_be_visible()
    checkout.get_by_label("Ticket for C4").select_option(label="Child, ₹90")
    expect(slip.get_by_text("GST at 18 %")).to_contain_text("₹3.81")
    expect(checkout.get_by_role("button", name="Update total")).to_be_hidden()


def test_the_sum_on_the_button_is_the_sum_that_is_paid(checkout: Page, token: str) -> None:
    checkout.get_by_label("Ticket for C3").select_option(label="Child, ₹90")
    checkout.get_by_label("E-mail").fill(ADDRESS)
    checkout.get_by_label("E-mail").press("Enter")
    checkout.wait_for_url("**/pay")
    assert booking(token).total == 29_500


@pytest.fixture
def coded(checkout: Page, cinema: Cinema, token: str) -> Page:
    """The same page with a code that takes a tenth off."""
    cinema.staff("manager")
    service.add_code(NewCode("FRIENDS", percent=10), 1)
    service.use_code(token, "FRIENDS")
    checkout.reload()
    return checkout


def test_under_a_code_the_server_is_asked_for_the_sums(coded: Page, token: str) -> None:
    slip = coded.locator(".slip")
    expect(slip.locator("[data-total]")).to_have_text("₹349.00")
    expect(coded.get_by_role("button", name="Update total")).to_be_hidden()
    coded.get_by_label("E-mail").fill(ADDRESS)
    coded.get_by_label("Ticket for C3").select_option(label="Child, ₹90")
    expect(slip.locator("[data-total]")).to_have_text("₹268.00")
    expect(slip.get_by_text("Discount")).to_be_visible()
    expect(coded.get_by_text("Code FRIENDS takes ₹27.00 off.")).to_be_visible()
    expect(slip.get_by_text("GST at 5 %")).to_contain_text("₹3.86")
    coded.get_by_role("button", name="Pay ₹268").click()
    coded.wait_for_url("**/pay")
    assert booking(token).total == 26_800


def test_under_a_code_the_last_of_quick_choices_counts(coded: Page, token: str) -> None:
    for label in ("Child, ₹90", "Adult, ₹180", "Child, ₹90"):
        for seat in ("C3", "C4"):
            coded.get_by_label(f"Ticket for {seat}").select_option(label=label)
    expect(coded.locator(".slip [data-total]")).to_have_text("₹187.00")
    assert booking(token).total == 18_700


def test_under_a_code_no_sum_is_shown_while_nobody_knows_it(coded: Page, token: str) -> None:
    coded.route("**/checkout", lambda route: route.fulfill(status=204, body=""))
    coded.get_by_label("Ticket for C3").select_option(label="Child, ₹90")
    expect(coded.get_by_role("button", name="Update total")).to_be_visible()
    expect(coded.locator(".slip [data-total]")).to_have_text("…")
    expect(coded.get_by_text("₹349")).to_have_count(0)
    coded.unroute("**/checkout")
    coded.get_by_label("E-mail").fill(ADDRESS)
    coded.get_by_label("E-mail").press("Enter")
    # nobody pays a sum unseen
    expect(coded.get_by_text("The total is ₹268 now. Have a look, then pay.")).to_be_visible()
    expect(coded.get_by_role("button", name="Pay ₹268")).to_be_visible()


def test_the_clock_ticks_by_the_servers_time(checkout: Page) -> None:
    # a phone whose clock is an hour slow
    checkout.add_init_script("const now = Date.now; Date.now = () => now() - 3_600_000")
    checkout.reload()
    dial = checkout.locator(".dial")
    expect(dial).to_have_text(re.compile(r"^1[01]:\d\d$"))
    before = dial.inner_text()
    expect(dial).not_to_have_text(before)
    assert dial.inner_text() < before


def test_a_field_in_error_has_the_focus(checkout: Page) -> None:
    checkout.get_by_label("E-mail").fill("asha@example")
    checkout.get_by_role("button", name="Pay ₹385").click()
    expect(checkout.get_by_text("That address has no ending")).to_be_visible()
    expect(checkout.get_by_label("E-mail")).to_be_focused()
    expect(checkout.get_by_label("E-mail")).to_have_value("asha@example")

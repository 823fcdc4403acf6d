"""Paying in a real browser: the pop-up, the form behind it, and what happens when either is missing."""

import socket
import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, expect
from waitress.server import create_server

from bookingapp.booking import service
from bookingapp.settings import Settings
from tests.booking import buyers
from tests.booking.buyers import go_to_pay, hold
from tests.factories import Cinema
from tests.sandbox_process import SandboxProcess

pytestmark = [
    pytest.mark.browser,
    pytest.mark.engine("sqlite"),  # what a browser shows does not depend on the database
]
PHONE = {"width": 360, "height": 800}


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """The gateway sends the browser to PUBLIC_URL, so it must be where the server listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    return replace(settings, public_url=f"http://127.0.0.1:{port}", port=port)


@pytest.fixture
def url(app: Flask, settings: Settings) -> Iterator[str]:
    """The cinema, open."""
    server = create_server(app, host="127.0.0.1", port=settings.port, threads=8)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield settings.url
    server.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A phone."""
    made = browser.new_context(viewport=PHONE)  # type: ignore[arg-type]
    made.set_default_timeout(10_000)
    yield made
    made.close()


@pytest.fixture
def token(cinema: Cinema, sandbox: SandboxProcess) -> str:
    """Two seats, and their order at the gateway."""
    token = hold(cinema.showtime(), "C4", "C5")
    go_to_pay(token)
    return token


def test_the_pop_up_opens_by_itself_and_ends_at_the_ticket(
    page: Page, url: str, token: str
) -> None:
    page.goto(f"{url}/b/{token}/pay")
    page.frame_locator("iframe").get_by_role("button", name="Pay by UPI").click()
    page.wait_for_url(f"{url}/b/{token}")
    assert buyers.state(token) == "confirmed"


def test_closing_the_pop_up_says_that_nothing_was_paid_and_may_be_undone(
    page: Page, url: str, token: str
) -> None:
    page.goto(f"{url}/b/{token}/pay")
    page.frame_locator("iframe").get_by_role("button", name="Close", exact=True).click()
    expect(page.locator("iframe")).to_have_count(0)
    said = page.get_by_role("status").filter(has_text="Nothing was paid.")
    expect(said).to_contain_text("C4, C5 are still yours")
    page.get_by_role("button", name="Pay").click()
    expect(page.locator("iframe")).to_have_count(1)
    expect(said).to_have_count(0)


def test_without_the_gateways_script_the_button_sends_the_form(
    context: BrowserContext, page: Page, url: str, token: str, sandbox: SandboxProcess
) -> None:
    context.route("**/checkout.js", lambda route: route.abort())
    page.goto(f"{url}/b/{token}/pay")
    page.get_by_role("button", name="Pay").click()
    page.wait_for_url(f"{sandbox.base_url}/**")
    page.get_by_role("button", name="Pay by UPI").click()
    page.wait_for_url(f"{url}/b/{token}")
    assert buyers.state(token) == "confirmed"


def test_leaving_the_hosted_page_leads_back_to_the_seats(
    context: BrowserContext, page: Page, url: str, token: str, sandbox: SandboxProcess
) -> None:
    context.route("**/checkout.js", lambda route: route.abort())
    page.goto(f"{url}/b/{token}/pay")
    page.get_by_role("button", name="Pay").click()
    page.wait_for_url(f"{sandbox.base_url}/**")
    page.get_by_role("link", name="Close").click()
    page.wait_for_url(f"{url}/b/{token}/checkout")
    expect(page.locator("body")).to_contain_text("Nothing was paid. C4, C5 are yours until")


def test_a_failure_comes_back_with_the_reason_and_the_buyers_session(
    page: Page, url: str, cinema: Cinema, sandbox: SandboxProcess
) -> None:
    page.goto(f"{url}/showtime/{cinema.showtime()}?seat=C4")
    page.get_by_role("button", name="Hold seats").click()
    page.get_by_label("E-mail").fill("asha@example.com")
    page.locator("button.btn[value=pay]").click()
    cookie = page.context.cookies()[0]["value"]
    page.frame_locator("iframe").get_by_role("button", name="Fail", exact=True).click()
    page.wait_for_url("**/checkout")
    expect(page.locator("body")).to_contain_text("Your bank said no, and no money was taken.")
    page.goto(f"{url}/my")
    expect(page.locator("main")).to_contain_text("C4")
    assert cookie


def test_the_waiting_page_finds_the_ticket_without_script(
    browser: Browser, url: str, token: str, sandbox: SandboxProcess
) -> None:
    paid = sandbox.pay(go_to_pay(token), "authorized")
    service.settle(paid.payment_id)
    plain = browser.new_context(java_script_enabled=False, viewport=PHONE)  # type: ignore[arg-type]
    page = plain.new_page()
    page.goto(f"{url}/b/{token}/checking?payment={paid.payment_id}")
    expect(page.get_by_role("heading", level=1)).to_have_text("We are checking your payment")
    sandbox.capture(paid.payment_id)
    service.settle(paid.payment_id)
    page.wait_for_url(f"{url}/b/{token}", timeout=15_000)
    plain.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_stands_in_anybodys_way(
    browser: Browser, url: str, token: str, scheme: str, width: int
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)  # type: ignore[arg-type]
    context.route("**/checkout.js", lambda route: route.abort())
    page = context.new_page()
    for path in ("pay", "checking"):
        page.goto(f"{url}/b/{token}/{path}")
        found = Axe().run(
            page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag22aa", "best-practice"]}
        )
        assert found.violations_count == 0, found.generate_report()
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, f"{path} scrolls sideways"
    context.close()


@pytest.mark.parametrize("script", [True, False])
def test_inside_another_app_the_way_is_the_gateways_page_and_no_pop_up(
    browser: Browser, url: str, token: str, sandbox: SandboxProcess, script: bool
) -> None:
    app = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Instagram 333.0"
    context = browser.new_context(viewport=PHONE, user_agent=app, java_script_enabled=script)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{url}/b/{token}/pay")
    if not script:
        expect(page.locator("script[data-gateway-script]")).to_have_count(0)
        page.get_by_role("button", name="Pay").click()
    page.wait_for_url(f"{sandbox.base_url}/**")
    page.get_by_role("button", name="Pay by UPI").click()
    if not script:
        page.get_by_role("button", name="Return to").click()
    page.wait_for_url(f"{url}/b/{token}")
    context.close()
    assert buyers.state(token) == "confirmed"

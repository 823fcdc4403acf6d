"""The checkout in a real Chromium: hosted with and without scripts, and as checkout.js's modal."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, FrameLocator, Page, expect

from tests.sandbox.merchant import Merchant
from tests.sandbox_process import SandboxProcess

pytestmark = pytest.mark.browser
Fields = dict[str, str]
PHONE = {"width": 360, "height": 800}


@pytest.fixture(params=[True, False], ids=["with scripts", "without scripts"])
def scripts(request: pytest.FixtureRequest) -> bool:
    """Whether the browser runs JavaScript."""
    return bool(request.param)


@pytest.fixture
def hosted(browser: Browser, scripts: bool) -> Iterator[Page]:
    context = browser.new_context(
        viewport={"width": 360, "height": 800}, java_script_enabled=scripts
    )
    yield context.new_page()
    context.close()


@pytest.fixture
def complaints() -> list[str]:
    """What the browser's console held against the pages: a broken CSP shows here."""
    return []


@pytest.fixture
def page(browser: Browser, complaints: list[str]) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 360, "height": 800})
    page = context.new_page()
    page.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()


def visit_hosted(page: Page, sandbox: SandboxProcess, fields: Fields) -> None:
    """Arrive as from the merchant's form. The form is put there without scripts."""
    inputs = "".join(f'<input type="hidden" name="{n}" value="{v}">' for n, v in fields.items())
    action = f"{sandbox.base_url}/v1/checkout/embedded"
    page.set_content(f'<form method="post" action="{action}">{inputs}<button>Go</button></form>')
    page.get_by_role("button", name="Go").click()


def come_back(page: Page, scripts: bool) -> None:
    """Scripts return by themselves; without them the way back is a button."""
    if not scripts:
        page.get_by_role("button", name="Return to The Roxy").click()
    expect(page.get_by_role("heading", name="Back at the cinema")).to_be_visible()


def open_modal(page: Page, shop: Merchant, fields: Fields, **options: object) -> FrameLocator:
    """Press the shop's button under its strict policy; answers the frame that opens."""
    texts = {n: fields[n] for n in ("order_id", "amount", "currency", "name", "description")}
    prefill = {"email": fields["prefill[email]"]}
    shop.options = {"key": fields["key_id"], **texts, "prefill": prefill, **options}
    page.goto(f"{shop.url}/shop")
    page.get_by_role("button", name="Pay").click()
    expect(page.get_by_role("dialog", name="Payment")).to_be_visible()
    frame = page.frame_locator("iframe[title=Payment]")
    expect(frame.get_by_role("button", name="Close", exact=True)).to_be_visible()
    # its script listens only when the frame's document is complete
    for inner in page.frames[1:]:
        inner.wait_for_load_state("load")
    return frame


def test_paying_brings_the_signed_ids_to_the_merchant(
    hosted: Page, scripts: bool, sandbox: SandboxProcess, sdk: Any, shop: Merchant, fields: Fields
) -> None:
    visit_hosted(hosted, sandbox, fields)
    hosted.get_by_role("button", name="Pay by UPI").click()
    come_back(hosted, scripts)
    (received,) = shop.at("/return")
    assert sdk.utility.verify_payment_signature(received.form)
    assert received.headers["Origin"] == sandbox.base_url


def test_with_scripts_nobody_has_to_press_a_button_to_return(
    page: Page, sandbox: SandboxProcess, fields: Fields, complaints: list[str]
) -> None:
    visit_hosted(page, sandbox, fields)
    page.get_by_role("button", name="Pay by UPI").click()
    expect(page.get_by_role("heading", name="Back at the cinema")).to_be_visible()
    assert complaints == []


def test_failing_brings_the_error_to_the_merchant(
    hosted: Page, scripts: bool, sandbox: SandboxProcess, shop: Merchant, fields: Fields
) -> None:
    visit_hosted(hosted, sandbox, fields)
    hosted.get_by_label("Why").select_option("The UPI request timed out")
    hosted.get_by_role("button", name="Fail", exact=True).click()
    come_back(hosted, scripts)
    (received,) = shop.at("/return")
    assert received.form["error[reason]"] == "payment_timed_out"
    assert json.loads(received.form["error[metadata]"])["order_id"] == fields["order_id"]


def test_closing_leads_to_the_merchants_cancel_page(
    hosted: Page, sandbox: SandboxProcess, sdk: Any, shop: Merchant, fields: Fields
) -> None:
    visit_hosted(hosted, sandbox, fields)
    hosted.get_by_role("link", name="Close").click()
    expect(hosted).to_have_url(f"{shop.url}/left")
    assert sdk.order.payments(fields["order_id"])["count"] == 0


def test_the_hosted_page_fits_a_phone_and_passes_axe(
    page: Page, sandbox: SandboxProcess, fields: Fields, complaints: list[str]
) -> None:
    visit_hosted(page, sandbox, fields)
    expect(page.get_by_role("heading", name="Pay INR 450.00")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]})
        assert found.violations_count == 0, found.generate_report()
    assert complaints == []


def test_the_modal_hands_its_answer_to_the_handler(
    page: Page, sdk: Any, shop: Merchant, fields: Fields, complaints: list[str]
) -> None:
    frame = open_modal(page, shop, fields, handled=True)
    frame.get_by_role("button", name="Pay by UPI").click()
    expect(page.locator("output")).to_contain_text("razorpay_signature")
    expect(page.get_by_role("dialog")).to_have_count(0)
    answer = json.loads(page.locator("output").inner_text())
    assert sdk.utility.verify_payment_signature(answer)
    assert sdk.payment.fetch(answer["razorpay_payment_id"])["email"] == "asha@example.com"
    assert complaints == []


def test_the_modal_posts_to_the_callback_when_told_to_redirect(
    page: Page, sdk: Any, shop: Merchant, fields: Fields, complaints: list[str]
) -> None:
    callback = fields["callback_url"]
    frame = open_modal(page, shop, fields, callback_url=callback, redirect=True, handled=True)
    frame.get_by_role("button", name="Pay by UPI").click()
    expect(page.get_by_role("heading", name="Back at the cinema")).to_be_visible()
    (received,) = shop.at("/return")
    assert sdk.utility.verify_payment_signature(received.form)
    assert complaints == []


def test_a_failure_in_a_redirecting_modal_goes_to_the_callback_too(
    page: Page, shop: Merchant, fields: Fields
) -> None:
    frame = open_modal(page, shop, fields, callback_url=fields["callback_url"], redirect=True)
    frame.get_by_role("button", name="Fail", exact=True).click()
    expect(page.get_by_role("heading", name="Back at the cinema")).to_be_visible()
    (received,) = shop.at("/return")
    assert received.form["error[reason]"] == "payment_declined"
    assert json.loads(received.form["error[metadata]"])["order_id"] == fields["order_id"]


def test_a_failure_in_the_modal_is_told_and_can_be_tried_again(
    page: Page, sdk: Any, shop: Merchant, fields: Fields
) -> None:
    frame = open_modal(page, shop, fields, handled=True)
    frame.get_by_label("Why").select_option("Not enough money in the account")
    frame.get_by_role("button", name="Fail", exact=True).click()
    expect(page.locator("output")).to_have_text("failed: insufficient_funds")
    frame.get_by_role("link", name="Try again").click()
    frame.get_by_role("button", name="Pay by UPI").click()
    expect(page.locator("output")).to_contain_text("razorpay_signature")
    statuses = [p["status"] for p in sdk.order.payments(fields["order_id"])["items"]]
    assert statuses == ["captured", "failed"]


def test_closing_the_modal_calls_ondismiss(page: Page, shop: Merchant, fields: Fields) -> None:
    frame = open_modal(page, shop, fields, handled=True)
    frame.get_by_role("button", name="Close", exact=True).click()
    expect(page.locator("output")).to_have_text("dismissed")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_escape_closes_the_modal_from_inside_and_gives_the_keyboard_back(
    page: Page, shop: Merchant, fields: Fields
) -> None:
    frame = open_modal(page, shop, fields, handled=True)
    frame.get_by_role("button", name="Pay by UPI").focus()
    page.keyboard.press("Escape")
    expect(page.locator("output")).to_have_text("dismissed")
    expect(page.get_by_role("button", name="Pay")).to_be_focused()


def test_escape_leaves_a_modal_open_that_asked_for_it(
    page: Page, shop: Merchant, fields: Fields
) -> None:
    frame = open_modal(page, shop, fields, handled=True, escape=False)
    frame.get_by_role("button", name="Pay by UPI").focus()
    page.keyboard.press("Escape")
    frame.get_by_role("button", name="Pay by UPI").click()
    expect(page.locator("output")).to_contain_text("razorpay_signature")


def test_a_modal_that_cannot_open_says_so(page: Page, shop: Merchant, fields: Fields) -> None:
    frame = open_modal(page, shop, {**fields, "amount": "1"}, handled=True)
    expect(frame.get_by_role("heading", name="This checkout cannot open")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("output")).to_have_text("dismissed")

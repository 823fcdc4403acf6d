"""The office, open for business."""

from collections.abc import Callable, Iterator

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.admin.rows import Rows
from tests.browser import Live
from tests.factories import Cinema

Open = Callable[..., Page]
PHONE: ViewportSize = {"width": 360, "height": 800}
DESK: ViewportSize = {"width": 1280, "height": 900}


@pytest.fixture
def rows(cinema: Cinema) -> Rows:
    """What happened before."""
    cinema.theater()
    return Rows(cinema)


@pytest.fixture
def manager(client: FlaskClient, sign_in: Callable[[FlaskClient, str], FlaskClient]) -> FlaskClient:
    """A manager, signed in."""
    return sign_in(client, "manager")


@pytest.fixture
def office(live: Live, browser: Browser, cinema: Cinema) -> Iterator[Open]:
    """A signed-in manager's browser, of a size and a scheme."""
    contexts = []
    email = cinema.staff("manager")

    def enter(size: ViewportSize = DESK, scheme: str = "light") -> Page:
        context = browser.new_context(viewport=size, color_scheme=scheme, base_url=live.url)  # type: ignore[arg-type]
        contexts.append(context)
        page = context.new_page()
        page.goto("/account/login")
        page.get_by_label("E-mail").fill(email)
        page.get_by_label("Password").fill(Cinema.PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("heading", name="Outbox")).to_be_visible()
        return page

    yield enter
    for context in contexts:
        context.close()

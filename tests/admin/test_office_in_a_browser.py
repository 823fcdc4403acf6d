"""The office in a real browser: the framed letter, small screens, axe."""

import io
from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import ViewportSize, expect

from bookingapp import clock
from bookingapp.booking.models import BookingState
from bookingapp.email.models import OutboxState
from tests.admin import rows as made
from tests.admin.conftest import DESK, PHONE, Open
from tests.admin.rows import Rows

pytestmark = [
    pytest.mark.browser,
    # what a browser makes of a page does not depend on the database
    pytest.mark.engine("sqlite"),
]


def picture() -> bytes:
    """A real PNG, 40 pixels wide."""
    out = io.BytesIO()
    Image.new("1", (40, 40)).save(out, "PNG")
    return out.getvalue()


def busy(rows: Rows) -> str:
    """A cinema with a mail in every state, a booking and money that lost its seats."""
    booking = rows.booking("C3", number="BK7Q4MXW2P", name="Asha Menon", phone="0484 77")
    for state in OutboxState:
        mail = rows.mail(state=state, booking_id=booking, last_error="451 4.7.1 Busy, try later")
    late = rows.booking(state=BookingState.EXPIRED, showtime=rows.cinema.showtime())
    rows.refund(rows.payment(late))
    failed = rows.mail(state=OutboxState.DEAD, content=made.letter(), last_error="550 5.1.1 no")
    rows.attempt(failed)
    return failed or mail


def test_the_framed_letter_shows_its_pictures_and_runs_nothing(
    office: Open, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(made, "PICTURE", picture())
    evil = made.HTML.replace("</body>", "<script>parent.document.title = 'taken'</script></body>")
    mail = rows.mail(content=made.letter(evil))
    page = office()
    page.goto(f"/office/outbox/{mail}")
    image = page.frame_locator("iframe.letter").get_by_alt_text("QR code")
    expect(image).to_be_visible()
    assert image.evaluate("image => image.naturalWidth") == 40
    assert "Booking confirmation" in page.title()


def test_a_mail_is_sent_again_with_one_press(office: Open, rows: Rows) -> None:
    rows.mail(state=OutboxState.DEAD, last_error="550 5.1.1 no such mailbox", recipient="a@x.test")
    page = office()
    page.get_by_role("button", name="Send again Booking confirmation to a@x.test").click()
    expect(page.get_by_role("status")).to_contain_text("goes out again within seconds")
    expect(page.locator(".pairs .badge")).to_have_text("Queued")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_every_page_of_the_office_is_open_to_everybody(
    office: Open, rows: Rows, size: ViewportSize, scheme: str
) -> None:
    mail = busy(rows)
    page = office(size, scheme)
    for address in ("/office/outbox", f"/office/outbox/{mail}", f"/office/outbox/{mail}?show=text",
                    "/office/outbox?state=failed", "/office/outbox/tonight", "/office/bookings", "/office/bookings/BK7Q4MXW2P", "/office/money",
                    "/account/password", "/office/outbox?q=nobody"):  # fmt: skip
        page.goto(address)
        found = Axe().run(page)
        assert found.violations_count == 0, f"{address}: {found.generate_report()}"
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, f"{address} is {wide} px wider than the screen"


def test_the_page_tells_of_a_new_mail_by_itself_and_leaves_who_works_in_peace(
    office: Open, rows: Rows
) -> None:
    rows.mail(state=OutboxState.QUEUED, recipient="first@x.test")
    page = office()
    waiting = page.locator(".tile", has_text="Waiting").locator("dd")
    expect(waiting).to_contain_text("1")
    rows.mail(state=OutboxState.QUEUED, recipient="second@x.test")
    expect(waiting).to_contain_text("2", timeout=15_000)
    expect(page.locator("table.mails")).to_contain_text("second@x.test")
    tick = page.get_by_role("checkbox", name="Booking confirmation to first@x.test")
    tick.check()
    rows.mail(state=OutboxState.QUEUED, recipient="third@x.test")
    expect(waiting).to_contain_text("3", timeout=15_000)
    expect(tick).to_be_checked()
    expect(page.locator("table.mails")).not_to_contain_text("third@x.test")


def test_ticked_mails_are_cancelled_with_one_press(office: Open, rows: Rows) -> None:
    rows.mail(state=OutboxState.DEAD, recipient="a@x.test")
    page = office()
    page.get_by_role("checkbox", name="Booking confirmation to a@x.test").check()
    page.get_by_role("group", name="With those ticked").get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("status")).to_contain_text("One mail is no longer owed.")


def test_tonights_list_prints_without_the_office_around_it(office: Open, rows: Rows) -> None:
    show = rows.cinema.showtime(clock.now() + timedelta(hours=1))
    rows.mail(state=OutboxState.DEAD, booking_id=rows.booking("C3", showtime=show, name="Asha"))
    page = office()
    page.goto("/office/outbox/tonight")
    expect(page.get_by_role("button", name="Print")).to_be_visible()
    page.emulate_media(media="print")
    expect(page.get_by_role("navigation", name="Office")).to_be_hidden()
    expect(page.get_by_role("button", name="Print")).to_be_hidden()
    expect(page.get_by_role("row", name="Asha")).to_be_visible()


@pytest.mark.parametrize("width", [718, 1040], ids=["upright", "on its side"])
def test_a_printed_list_has_a_box_to_tick_on_every_sheet(
    office: Open, rows: Rows, width: int
) -> None:
    show = rows.cinema.showtime(clock.now() + timedelta(hours=1))
    rows.mail(state=OutboxState.DEAD, booking_id=rows.booking("C3", showtime=show))
    page = office({"width": width, "height": 900})
    page.goto("/office/outbox/tonight")
    page.emulate_media(media="print")
    box = page.locator("td.tickoff").bounding_box()
    assert box is not None
    assert box["width"] >= 40
    assert box["height"] >= 25

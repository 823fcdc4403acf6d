"""From the programme to the ticket in the inbox, 360 px wide, with and without JavaScript."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.journey.conftest import Customer, decode

pytestmark = pytest.mark.browser


def test_two_seats_are_bought_and_the_ticket_arrives(customer: Customer, tmp_path: Path) -> None:
    customer.hold()
    customer.go_to_pay()
    customer.at_gateway("Pay by UPI")
    ticket = customer.page.locator(".ticket")
    expect(ticket).to_be_visible()
    number = ticket.locator(".no").inner_text()
    message = customer.mail()
    assert message["To"] == customer.address
    names = [part.get_filename() for part in message.walk()]
    assert f"booking_{number}.png" in names
    pictures = [
        p.get_payload(decode=True) for p in message.walk() if p.get_content_type() == "image/png"
    ]
    links = {decode(picture, tmp_path) for picture in pictures if isinstance(picture, bytes)}
    assert len(links) == 1
    (link,) = links
    assert link.startswith(customer.house.url + "/t/")
    customer.page.goto(link)
    expect(customer.page.locator("main")).to_contain_text(number)


def test_reload_and_back_button_after_paying_show_the_same_booking(customer: Customer) -> None:
    customer.hold()
    checkout = customer.page.url
    customer.go_to_pay()
    customer.at_gateway("Pay by UPI")
    number = customer.page.locator(".ticket .no").inner_text()
    customer.page.reload()
    expect(customer.page.locator(".ticket .no")).to_have_text(number)
    customer.page.goto(checkout)
    expect(customer.page.locator(".ticket .no")).to_have_text(number)


def test_the_browser_closed_at_the_gateway_still_gets_its_ticket(customer: Customer) -> None:
    customer.hold()
    customer.go_to_pay()
    where = customer.page.frame_locator("iframe") if customer.scripts else customer.page
    where.get_by_role("button", name="Pay and close the browser").click()
    expect(where.get_by_role("heading", name="Close this tab")).to_be_visible()
    customer.page.goto("about:blank")
    assert customer.mail()["To"] == customer.address


def test_a_failed_payment_keeps_the_seats_and_offers_to_try_again(customer: Customer) -> None:
    customer.hold()
    customer.go_to_pay()
    customer.at_gateway("Fail") if not customer.scripts else fail_in_pop_up(customer)
    expect(customer.page.locator("body")).to_contain_text("no money was taken")
    customer.go_to_pay()
    customer.at_gateway("Pay by UPI")
    expect(customer.page.locator(".ticket")).to_be_visible()


def fail_in_pop_up(customer: Customer) -> None:
    """The pop-up returns by itself after a failure."""
    customer.page.frame_locator("iframe").get_by_role("button", name="Fail", exact=True).click()


def test_giving_the_seats_back_frees_them_at_once(customer: Customer) -> None:
    customer.choose_seats()
    chosen = (
        customer.page.locator("input.seat:checked").evaluate_all("s => s.map(i => i.value)")
        if (customer.scripts)
        else ["?"]
    )
    customer.page.get_by_role("button", name="Hold seats").click()
    customer.page.get_by_role("button", name="Give the seats back").click()
    expect(customer.page.locator("body")).to_contain_text("can be bought by others again")
    for name in chosen:
        if name != "?":
            expect(customer.page.locator(f"input.seat[value={name}]")).to_be_enabled()


def test_the_mail_is_told_on_the_booking_page(customer: Customer) -> None:
    customer.hold()
    customer.go_to_pay()
    customer.at_gateway("Pay by UPI")
    expect(customer.page.locator(".ticket")).to_be_visible()
    customer.mail()
    customer.page.reload()
    expect(customer.page.locator("main")).to_contain_text(customer.address)

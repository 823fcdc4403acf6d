"""The way through every page and state. `walk` calls `visit(name, page)` at each of STOPS, in order."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

from playwright.sync_api import Browser, Page, Route, expect

from tests.house import House
from tests.pages.afternoon import afternoon
from tests.pages.tour import Tour, Visit

STOPS = (
    "programme", "programme-other-day", "programme-no-showings", "film", "my-tickets-none",
    "not-found", "seats-hall-1", "seats-studio", "seats-chosen", "seats-sold-out", "seats-taken",
    "checkout", "checkout-code", "checkout-errors", "pay", "payment-failed", "booking", "ticket", "cancel",
    "booking-partly-cancelled", "cancelled", "invoice", "ticket-cancelled", "trying", "checking",
    "hold-over", "money-back", "booking-mail-failed", "my-tickets", "login", "login-refused",
    "not-allowed", "office-outbox", "office-tonight", "office-mail", "office-mail-failed", "office-bookings",
    "office-booking", "office-cancel", "office-cancel-look", "office-give-back", "office-money",
    "office-settlements", "office-settlement", "office-papers", "office-prices", "office-promos", "office-tax",
    "office-showings", "office-showing", "office-call-off",
    "office-move", "office-move-look", "office-moved", "booking-moved", "moved",
)  # fmt: skip


def walk(
    house: House, browser: Browser, visit: Visit, met: Callable[[Page], None] = lambda _: None
) -> None:
    """From the programme to the office; `met` is told of each person's page before its first address."""
    tour = Tour(house, browser, visit, met)
    try:
        _look_around(tour)
        hall, studio = _choose(tour)
        bounced = _buy(tour, hall)
        _have_bad_luck(tour, studio)
        _run_the_office(tour, bounced)
    finally:
        tour.end()


def _look_around(tour: Tour) -> None:
    today, page = afternoon(datetime.now(UTC)).date(), tour.reader
    film = tour.sql("SELECT slug FROM movie WHERE title LIKE 'Sherlock%'")
    for name, address in (
        ("programme", "/"),
        ("programme-other-day", f"/day/{today + timedelta(days=2)}"),
        ("programme-no-showings", f"/day/{today + timedelta(days=30)}"),
        ("film", f"/film/{film}"),
        ("my-tickets-none", "/my"),
        ("not-found", "/film/no-such-film"),
    ):
        page.goto(address)
        tour.visit(name, page)


def _choose(tour: Tour) -> tuple[str, str]:
    """The seat maps; answers a showing of each hall."""
    hall, studio = tour.showing("Hall 1"), tour.showing("Studio")
    tour.reader.goto(hall)
    tour.visit("seats-hall-1", tour.reader)
    tour.reader.goto(studio)
    tour.visit("seats-studio", tour.reader)
    tour.choose(tour.buyer, hall)
    tour.visit("seats-chosen", tour.buyer)
    tour.reader.goto(tour.sold_out())
    tour.visit("seats-sold-out", tour.reader)
    seats = tour.choose(tour.buyer, hall)
    tour.hold(tour.rival, hall, seats[:1])
    tour.buyer.get_by_role("button", name="Hold seats").click()
    expect(tour.buyer.get_by_role("alert")).to_contain_text("taken a moment ago")
    tour.visit("seats-taken", tour.buyer)
    return hall, studio


def _buy(tour: Tour, hall: str) -> str:
    """The whole way with its stumbles; answers the mail of the booking."""
    page = tour.buyer
    token = tour.hold(page, hall)
    tour.visit("checkout", page)
    page.get_by_text("Have a code?").click()
    page.get_by_label("Code").fill("ENEMIES")
    page.get_by_role("button", name="Use the code").click()
    expect(page.locator("#code-error")).to_contain_text("know that code")
    tour.visit("checkout-code", page)
    page.get_by_label("Code").fill("")
    page.get_by_label("E-mail").fill("asha@example")
    page.get_by_label("Telephone").fill("call me")
    page.locator(".thumb button.btn[value=pay]").click()
    expect(page.locator("#email-error")).to_contain_text("no ending")
    tour.visit("checkout-errors", page)
    page.get_by_label("Telephone").fill("")
    tour.go_to_pay(page)
    tour.visit("pay", page)
    tour.gateway(page, "Fail").click()
    expect(page.locator("body")).to_contain_text("no money was taken")
    tour.visit("payment-failed", page)
    tour.go_to_pay(page)
    tour.gateway(page, "Pay by UPI").click()
    expect(page.locator(".ticket")).to_be_visible()
    mail = tour.mail_of(token)
    page.reload()
    tour.visit("booking", page)
    tour.reader.goto(tour.ticket_of(token))
    tour.visit("ticket", tour.reader)
    _cancel(tour, token)
    return mail


def _cancel(tour: Tour, token: str) -> None:
    """One seat, then the other; the code in the first mail is worth nothing after that."""
    page = tour.buyer
    page.get_by_role("link", name="Cancel seats").click()
    page.get_by_role("checkbox").first.uncheck()
    expect(page.get_by_role("button", name="Cancel one seat")).to_be_visible()
    tour.visit("cancel", page)
    page.get_by_role("button", name="Cancel one seat").click()
    expect(page.get_by_role("heading", name="Money back")).to_be_visible()
    tour.visit("booking-partly-cancelled", page)
    page.get_by_role("link", name="Cancel seats").click()
    page.get_by_role("button", name="Cancel the booking").click()
    expect(page.get_by_role("heading", name="Cancelled")).to_be_visible()
    tour.visit("cancelled", page)
    page.goto(f"/b/{token}/invoice")
    tour.visit("invoice", page)
    tour.reader.reload()
    tour.visit("ticket-cancelled", tour.reader)


def _have_bad_luck(tour: Tour, studio: str) -> None:
    """The bank is slow, the time runs out, the money comes too late, the mail does not arrive."""
    page = tour.buyer
    token = tour.hold(page, studio)
    tour.go_to_pay(page)
    page.route("**/trying", _stay)
    page.goto(f"/b/{token}/trying")
    tour.visit("trying", page)
    page.goto(f"/b/{token}/pay")
    page.frame_locator("iframe").get_by_label("Seconds until").fill("3000")
    tour.gateway(page, "Pay, but the answer comes late").click()
    page.wait_for_url("**/checking**")
    page.goto(page.url + "&n=9")  # so late it looks every half minute only, and can be looked at
    tour.visit("checking", page)
    again = tour.showing("Studio", 1)
    token = tour.hold(page, again)
    tour.lapse(token)
    page.reload()
    expect(page.get_by_role("heading", name="Your time is over")).to_be_visible()
    tour.visit("hold-over", page)
    token = tour.hold(page, again)
    seats = page.locator(".guest .tag").all_inner_texts()
    tour.go_to_pay(page)
    tour.lapse(token)
    tour.hold(tour.rival, again, seats)
    tour.gateway(page, "Pay by UPI").click()
    page.wait_for_url(f"**/b/{token}")
    tour.visit("money-back", page)


def _stay(route: Route) -> None:
    """A page that would go on by itself, kept to be looked at."""
    answer = route.fetch()
    kept = {name: value for name, value in answer.headers.items() if name != "refresh"}
    route.fulfill(response=answer, headers=kept)


def _run_the_office(tour: Tour, mail: str) -> None:
    """Signed in as manager, and as usher where the manager goes."""
    token = tour.hold(tour.buyer, tour.showing("Hall 1", 3))
    tour.go_to_pay(tour.buyer)
    tour.gateway(tour.buyer, "Pay by UPI").click()
    expect(tour.buyer.locator(".ticket")).to_be_visible()
    bounced = tour.mail_of(token)
    tour.bounce(bounced)
    tour.buyer.reload()
    tour.visit("booking-mail-failed", tour.buyer)
    tour.hold(tour.buyer, tour.showing("Studio", 3))
    tour.buyer.goto("/my")
    tour.visit("my-tickets", tour.buyer)
    tour.reader.goto("/account/login")
    tour.visit("login", tour.reader)
    tour.reader.get_by_label("E-mail").fill("manager@example.com")
    tour.reader.get_by_label("Password").fill("not the password")
    tour.reader.get_by_role("button", name="Sign in").click()
    tour.visit("login-refused", tour.reader)
    tour.sign_in(tour.reader, "usher")
    tour.reader.goto("/office/money")
    tour.visit("not-allowed", tour.reader)
    manager, number = tour.person(), tour.number_of(token)
    tour.pay_out(token)
    tour.sign_in(manager, "manager")
    for name, address in (
        ("office-outbox", "outbox"),
        ("office-tonight", "outbox/tonight"),
        ("office-mail", f"outbox/{mail}"),
        ("office-mail-failed", f"outbox/{bounced}"),
        ("office-bookings", "bookings"),
        ("office-booking", f"bookings/{number}"),
        ("office-cancel", f"bookings/{number}/cancel"),
        ("office-cancel-look", ""),
        ("office-give-back", f"bookings/{number}/give-back"),
        ("office-money", "money"),
        ("office-settlements", "settlements"),
        ("office-settlement", "settlements/setl_TOUR1234567"),
        ("office-papers", "papers"),
        ("office-prices", "prices"),
        ("office-promos", "promos"),
        ("office-tax", "tax"),
    ):
        if address:
            manager.goto(f"/office/{address}", wait_until="load")
        else:
            manager.get_by_label("Why?").fill("The projector in Hall 1 was out of focus.")
            manager.get_by_role("button", name="Look at it first").click()
            expect(manager.get_by_role("heading", name="This is what happens")).to_be_visible()
        tour.visit(name, manager)
    _move_a_showing(tour, manager, token)


def _move_a_showing(tour: Tour, manager: Page, token: str) -> None:
    """To the next morning, and what the guest sees of it."""
    showing = tour.sql("SELECT showtime_id FROM booking WHERE manage_token = ?", token)
    for name, address in (
        ("office-showings", "showings"),
        ("office-showing", f"showings/{showing}"),
        ("office-call-off", f"showings/{showing}/cancel"),
        ("office-move", f"showings/{showing}/move"),
    ):
        manager.goto(f"/office/{address}", wait_until="load")
        tour.visit(name, manager)
    day = date.fromisoformat(manager.get_by_label("Day").input_value()) + timedelta(days=1)
    manager.get_by_label("Day").fill(day.isoformat())
    manager.get_by_label("Time in").fill("08:30")
    manager.get_by_label("Why?").fill("The projector's lamp comes tomorrow.")
    manager.get_by_role("button", name="See who sits where").click()
    expect(manager.get_by_text("Everybody keeps the same seats.")).to_be_visible()
    tour.visit("office-move-look", manager)
    manager.get_by_role("button", name="Move it with").click()
    expect(manager.get_by_text("Every booking is settled")).to_be_visible(timeout=60_000)
    tour.visit("office-moved", manager)
    tour.buyer.goto(f"/b/{token}")
    tour.visit("booking-moved", tour.buyer)
    tour.buyer.get_by_role("link", name="Take the money back instead").click()
    tour.visit("moved", tour.buyer)

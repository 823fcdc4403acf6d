"""Page 2, through the form as a browser without script sends it."""

import re
from datetime import timedelta
from html.parser import HTMLParser

import pytest
from flask import Flask
from sqlalchemy import update

from bookingapp import clock
from bookingapp.catalogue.models import Price, Showtime
from bookingapp.db import transaction
from tests.booking.guests import ADDRESS, Guest, booking, guest, let_lapse, live_claims, pay_in_full
from tests.factories import Cinema
from tests.sandbox_process import SandboxProcess


class Form(HTMLParser):
    """The fields of a page by name, and which one takes the focus."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.values: dict[str, str] = {}
        self.wrong: list[str] = []
        self.focus = ""
        self._select = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag in {"input", "select"} and "name" in found:
            self.values[found["name"]] = found.get("value", "")
            self.wrong += [found["name"]] if found.get("aria-invalid") else []
            self.focus = found["name"] if "autofocus" in found else self.focus
        if tag == "select":
            self._select = found["name"]
        if tag == "option" and "selected" in found:
            self.values[self._select] = found["value"]


@pytest.fixture
def showtime(cinema: Cinema) -> int:
    """Tomorrow's showing, with a booking fee of 25 rupees."""
    return cinema.showtime(booking_fee=2_500)


@pytest.fixture
def asha(app: Flask, showtime: int) -> Guest:
    """Has C3 and C4 on hold."""
    person = guest(app)
    person.hold(showtime, "C3", "C4")
    return person


def test_the_page_reviews_what_is_bought(asha: Guest) -> None:
    page = asha.read()
    for words in ("Sherlock Jr.", "The Lantern, Hall 1", "C3, C4 are held for you until",
                  "₹25.00", "₹385.00", "Includes ₹58.73 GST at 18 %", "Adult, ₹180", "Child, ₹90"):  # fmt: skip
        assert words in page, words
    assert "Pay ₹385" in page


def test_only_the_address_is_needed(asha: Guest, sandbox: SandboxProcess) -> None:
    answer = asha.pays()
    assert (answer.status_code, answer.location) == (303, f"/b/{asha.token}/pay")
    row = booking(asha.token)
    assert (row.email, row.name, row.phone) == (ADDRESS, "", "")


@pytest.mark.engine("sqlite")  # what a form says knows no database
@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("", "Write the address the tickets should go to."),
        ("asha@example", "That address has no ending, such as .com or .in."),
        ("asha.example.com", "That address has no @, as in asha@example.com."),
        ("asha @example.com", "There is a space in that address."),
        ("a@example.com, b@example.com", "There is a space in that address."),
        (
            "a@example.com,b@example.com",
            "One address only: everybody's ticket is in the same mail.",
        ),
        ("@example.com", "The part before the @ is missing."),
        ("āsha@example.com", "Use an address without accents before the @"),
        ("asha@exa..mple.com", "No mail can reach that address. Check it letter by letter."),
        ("a" * 70 + "@example.com", "No mail can reach that address."),
    ],
)
def test_an_address_that_can_not_work_is_said_in_words(
    asha: Guest, typed: str, sentence: str
) -> None:
    answer = asha.pays(email=typed, name="Asha Menon")
    assert answer.status_code == 422
    form = Form(answer.text)
    assert sentence in asha_text(answer.text)
    assert (form.values["email"], form.values["name"]) == (" ".join(typed.split()), "Asha Menon")
    assert (form.wrong, form.focus) == (["email"], "email")
    assert booking(asha.token).email == ""


def asha_text(page: str) -> str:
    return page.replace("&#39;", "'")


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Asha@Example.COM ", "Asha@example.com"),
        ("o'neill+film@example.co.in", "o'neill+film@example.co.in"),
        ("asha@bücher.example.com", "asha@xn--bcher-kva.example.com"),
    ],
)
def test_a_good_address_is_kept_as_mail_is_sent_to_it(asha: Guest, typed: str, kept: str) -> None:
    asha.press("update", email=typed)
    assert booking(asha.token).email == kept


@pytest.mark.parametrize(
    "name",
    ["O'Neill-D'Souza", "शाहरुख़ ख़ान", 'Robert"); DROP TABLE booking;--', "<b>Asha</b>", "x" * 200],
)
def test_any_name_is_kept_as_it_is_written(asha: Guest, name: str) -> None:
    asha.press("update", name=name)
    assert booking(asha.token).name == name
    page = asha.client.get(asha.checkout).text
    assert Form(page).values["name"] == name
    assert "<b>Asha</b>" not in page


def test_a_name_of_two_lines_is_one(asha: Guest) -> None:
    asha.press("update", name="Asha\r\nBcc: all@example.com\x07", phone="")
    assert booking(asha.token).name == "Asha Bcc: all@example.com"


def test_from_two_errors_on_a_summary_leads_to_each(asha: Guest) -> None:
    page = asha.pays(email="asha", name="x" * 201, phone="call me").text
    assert Form(page).wrong == ["email", "name", "phone"]
    assert Form(page).focus == "email"
    for field in ("email", "name", "phone"):
        assert f'<a href="#{field}">' in page
    assert "Some fields need another look" not in asha.pays(email="asha").text


def test_update_total_reckons_without_script(asha: Guest, cinema: Cinema) -> None:
    child = cinema.ticket_type("Child")
    answer = asha.press("update", **{"type-C3": str(child), "name": "Asha"})
    assert answer.status_code == 303
    page, words_of = asha.see(), asha.read()
    for words in ("₹295.00", "Includes ₹31.27 GST at 18 %", "Includes ₹4.29 GST at 5 %"):
        assert words in words_of, words
    assert Form(page).values["type-C3"] == str(child)
    assert Form(page).values["name"] == "Asha"


def test_update_total_does_not_nag_about_an_address(asha: Guest) -> None:
    assert asha.press("update", email="").status_code == 303


def test_nobody_pays_a_sum_they_have_not_seen(
    asha: Guest, cinema: Cinema, sandbox: SandboxProcess
) -> None:
    shown = Form(asha.see()).values["seen"]
    child = {"type-C3": str(cinema.ticket_type("Child"))}
    answer = asha.pays(seen=shown, **child)
    assert answer.location.startswith(asha.checkout)
    assert "The total is ₹295 now. Have a look, then pay." in asha.read()
    seen = Form(asha.see()).values["seen"]
    assert asha.pays(seen=seen, **child).location == f"/b/{asha.token}/pay"


@pytest.mark.parametrize("value", ["0", "999999", "-1", "one", "1.5", "", "1" * 30])
def test_a_ticket_type_that_is_not_sold_changes_nothing(asha: Guest, value: str) -> None:
    answer = asha.pays(**{"type-C3": value})
    assert answer.status_code in {400, 422}
    assert "type-C3" in Form(answer.text).wrong
    assert (booking(asha.token).total, booking(asha.token).email) == (38_500, "")


def test_a_type_without_a_price_for_this_category_is_refused(asha: Guest, cinema: Cinema) -> None:
    child = cinema.ticket_type("Child")
    with transaction() as session:
        session.query(Price).filter_by(ticket_type_id=child).delete()
    assert asha.pays(**{"type-C3": str(child)}).status_code == 400


@pytest.mark.parametrize("seat", ["C5", "Z9", ""])
def test_a_ticket_for_a_seat_that_is_not_in_the_booking_is_refused(
    asha: Guest, cinema: Cinema, seat: str
) -> None:
    answer = asha.pays(**{f"type-{seat}": str(cinema.ticket_type("Adult"))})
    assert answer.status_code == 400
    assert booking(asha.token).email == ""


@pytest.mark.engine("sqlite")  # what a form says knows no database
@pytest.mark.parametrize("token", ["x" * 32, "..%2f..%2fetc", "a", "%00" * 24, "x" * 500])
@pytest.mark.parametrize("page", ["", "/checkout", "/calendar.ics", "/mail.json"])
def test_another_link_than_ones_own_leads_nowhere(asha: Guest, token: str, page: str) -> None:
    assert asha.client.get(f"/b/{token}{page}").status_code == 404


def test_a_form_for_a_made_up_booking_is_refused(asha: Guest) -> None:
    for path in ("checkout", "release", "resend"):
        assert asha.client.post(f"/b/{'x' * 32}/{path}").status_code == 404


@pytest.mark.settings(limit_holds_per_email=1)
def test_one_address_stands_on_a_few_holds_only(
    app: Flask, asha: Guest, cinema: Cinema, sandbox: SandboxProcess
) -> None:
    asha.pays()
    other = guest(app)
    other.hold(cinema.showtime(), "C1")
    answer = other.pays(email=ADDRESS.upper().replace("EXAMPLE", "example"))
    assert answer.status_code == 429
    assert "This address has other seats on hold" in answer.text
    assert other.pays(email="ravi@example.com").status_code == 303


def test_giving_back_frees_the_seats_at_once(app: Flask, asha: Guest, showtime: int) -> None:
    answer = asha.client.post(f"/b/{asha.token}/release")
    assert answer.location == f"/showtime/{showtime}"
    assert "C3, C4 can be bought by others again." in asha.see(answer.location)
    assert live_claims(showtime) == {}
    assert guest(app).hold(showtime, "C3").status_code == 303
    assert asha.client.post(f"/b/{asha.token}/release").status_code == 303, "twice is no error"


def test_after_the_time_is_over_one_tap_holds_again_and_nothing_is_typed_twice(
    asha: Guest, showtime: int, cinema: Cinema
) -> None:
    child = str(cinema.ticket_type("Child"))
    let_lapse(asha.token)
    answer = asha.pays(name="Asha O'Neill", phone="98470 12345", **{"type-C3": child})
    assert "They are still free: hold them again." in answer.text
    again = Form(answer.text).values
    old = asha.token
    held = asha.press("again", **again)
    new = held.location.split("/")[2]
    assert new != old
    row = booking(new)
    assert (row.email, row.name, row.phone) == (ADDRESS, "Asha O'Neill", "98470 12345")
    assert row.total == 29_500
    assert set(live_claims(showtime).values()) == {row.id}


def test_after_the_time_is_over_taken_seats_lead_back_to_the_plan(
    app: Flask, asha: Guest, showtime: int
) -> None:
    let_lapse(asha.token)
    guest(app).hold(showtime, "C4")
    page = asha.see()
    assert "Somebody else has one or more of C3, C4 now." in page
    answer = asha.press("again")
    assert answer.location == f"/showtime/{showtime}?seat=C3"
    assert "Taken a moment ago: C4" in asha.see(answer.location)


def test_a_showing_that_has_started_is_not_offered_again(asha: Guest, showtime: int) -> None:
    let_lapse(asha.token)
    begun = clock.now() - timedelta(minutes=1)
    with transaction() as session:
        session.execute(update(Showtime).where(Showtime.id == showtime).values(starts_at=begun))
    assert "can no longer be booked" in asha.see()


def test_a_stale_tab_is_led_to_the_newer_choice(asha: Guest, showtime: int) -> None:
    old, new_address = asha.token, asha.hold(showtime, "D3").location
    stale = asha.client.post(f"/b/{old}/checkout", data={"action": "pay", "email": ADDRESS})
    assert "You chose other seats" in stale.text
    assert new_address in stale.text


def test_a_paid_booking_is_not_paid_again(asha: Guest) -> None:
    pay_in_full(asha.token)
    there = f"/b/{asha.token}"
    assert asha.client.get(asha.checkout).location == there
    for action in ("pay", "update", "release"):
        assert asha.press(action, email="other@example.com").location == there
    row = booking(asha.token)
    assert (row.state, row.email) == ("confirmed", ADDRESS)


def test_reloading_and_pressing_pay_twice_makes_one_order(
    asha: Guest, sandbox: SandboxProcess
) -> None:
    first, second = asha.pays(), asha.pays()
    assert first.location == second.location
    assert asha.client.get(first.location).status_code == 200
    assert asha.see() != "", "the way back shows the form again"


def test_enter_in_a_field_pays_rather_than_gives_back(asha: Guest) -> None:
    page = asha.client.get(asha.checkout).text
    form = page[page.index('class="checkout"') : page.index('id="give-back"')]
    buttons = re.findall(r'<button[^>]*value="(\w+)"', form)
    assert buttons[0] == "pay"


def test_the_link_is_kept_from_caches_and_other_sites(asha: Guest) -> None:
    for path in (asha.checkout, f"/b/{asha.token}", "/b/" + "x" * 32, "/t/" + "A" * 26):
        headers = asha.client.get(path).headers
        assert headers["Cache-Control"] == "no-store"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert "noindex" in headers["X-Robots-Tag"]

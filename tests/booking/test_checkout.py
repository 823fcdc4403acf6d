"""Page 2, through the form as a browser without script sends it."""

import re

import pytest
from flask import Flask

from bookingapp.catalogue.models import Price
from bookingapp.db import transaction
from tests.booking.details import Form, asha, showtime
from tests.booking.guests import ADDRESS, Guest, booking, guest
from tests.factories import Cinema
from tests.sandbox_process import SandboxProcess

__all__ = ["Form", "asha", "showtime"]


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

"""What a letter says, in text and HTML, whatever the film and the guest are called."""
# ruff: noqa: RUF001 (bills say "times" with its own sign)

import re

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bookingapp.email import render, samples
from bookingapp.email.messages import KINDS, BookingConfirmation, PaymentFailed, SeatFacts, TaxLine
from tests.email.arrived import NOW, due, html_of, leaves, parsed, text_of, words_of
from tests.email.conftest import URL, Render

# Letters know no database; one engine is enough.
pytestmark = pytest.mark.engine("sqlite")
DEVANAGARI = "राजा हरिश्चन्द्र"


def test_the_confirmation_says_all_a_ticket_must(confirmation: Render) -> None:
    mail = confirmation(
        fee=2000,
        total=38000,
        starts_at=NOW.replace(hour=9),
        doors_at=NOW.replace(hour=8, minute=40),
    )
    facts = ["See you at 2:30, Asha", "Your two seats are paid and confirmed", "Admit two", "Sherlock Jr.", "2:30 pm",
             "H6 H7", "BK7Q4MXW2P", "Doors open at 2:10 pm at 14 Harbour Lane, Kochi",
             "The step-free entrance is on the harbour side", "₹380.00", "pay_SampleSample01",
             "H6, H7: 2 × Adult, Stalls", "₹360.00", "Booking fee", "₹20.00", "GST at 18 %", "₹54.92",
             "0484 000 0000", "14 Harbour Lane, Kochi"]  # fmt: skip
    for said in (" ".join(text_of(mail).split()), words_of(html_of(mail))):
        missing = [fact for fact in facts if fact not in said]
        assert missing == []


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_text_and_html_say_the_same_in_the_same_order(app: Flask, kind: str) -> None:
    mail = parsed(render.letter(due(samples.samples(NOW, URL)[kind])).as_bytes())
    html, place = bare(words_of(html_of(mail))), 0
    for line in map(bare, text_of(mail).splitlines()):
        # an address is behind a button in HTML; the code is "below" there and "attached" here
        if line.startswith(("http", "--")) or "attached QR code" in line:
            continue
        found = html.find(line, place)
        assert found >= 0, f"{line!r} is not in the HTML after {html[max(place - 60, 0) : place]!r}"
        place = found + len(line)


def bare(text: str) -> str:
    """Words without what only layout adds."""
    return " ".join(text.replace(":", "").split()) if "http" not in text else text


def test_the_subject_is_news_film_and_time(confirmation: Render) -> None:
    mail = confirmation(starts_at=NOW.replace(hour=9))
    assert re.fullmatch(
        r"Your tickets: Sherlock Jr\., \w{3} \d+ \w{3}, 2:30 pm", str(mail["Subject"])
    )


def test_one_seat_is_spoken_of_as_one(confirmation: Render) -> None:
    mail = confirmation(seats=(SeatFacts("B1", "Front", "front", "Adult", 12000),))
    assert str(mail["Subject"]).startswith("Your ticket: ")
    assert "Your seat is paid and confirmed." in text_of(mail)
    assert "Admit one" in text_of(mail)
    assert "#bde5c8" in html_of(mail)


def test_without_a_name_nobody_is_greeted_by_one(confirmation: Render) -> None:
    assert "See you at 5:30" in text_of(confirmation(customer_name="")).splitlines()


def test_who_gave_a_whole_name_is_greeted_by_the_first(confirmation: Render) -> None:
    said = text_of(confirmation(customer_name="Asha Maria O'Menon")).splitlines()
    assert "See you at 5:30, Asha" in said


def test_a_free_booking_speaks_of_no_money(app: Flask) -> None:
    message = BookingConfirmation(samples.ticket(NOW, URL, total=0, tax_lines=()))
    said = text_of(parsed(render.letter(due(message)).as_bytes()))
    assert "Your two seats are confirmed." in said
    assert "Paid" not in said
    assert "₹" not in said


def test_the_payment_letter_says_why_and_until_when(app: Flask) -> None:
    failed = samples.samples(NOW, URL)["payment_failed"]
    assert isinstance(failed, PaymentFailed)
    mail = parsed(render.letter(due(failed)).as_bytes())
    for said in (" ".join(text_of(mail).split()), words_of(html_of(mail))):
        assert "Your payment did not go through, Asha" in said
        assert (
            "Your bank said no, and no money was taken. H6 and H7 are yours until 2:42 pm." in said
        )
        assert "Not paid yet ₹360.00" in said
        assert "Another card or app" in said
    assert f'href="{failed.retry_url}"' in html_of(mail)
    assert failed.retry_url in text_of(mail)
    assert "/t/" not in text_of(mail) + html_of(mail)
    assert list(mail.iter_attachments()) == []


@pytest.mark.parametrize(
    "title",
    [
        "A" * 200,
        "Word " * 39 + "end",
        DEVANAGARI,
        DEVANAGARI * 12,
        'What\'s <b>Opera</b> & "Doc"?',
        "Größenwahn: 日本の映画 🎬 " * 6,
        "100 % of %(movie)s and {{ braces }}",
        "=?utf-8?q?not_a_word?=",
    ],
)
def test_any_title_survives(confirmation: Render, title: str) -> None:
    mail = confirmation(movie=title)
    title = title.strip()
    assert [part.defects for part in mail.walk() if part.defects] == []
    assert title in text_of(mail)
    assert " ".join(title.split()) in words_of(html_of(mail))
    assert len(mail["Subject"]) < 60
    begin = " ".join(title.split())[:12].rstrip()
    assert begin in str(mail["Subject"])


@pytest.mark.parametrize("name", ["O'Brien", "आशा वर्मा", "Ana, Count of <X>", "  "])
def test_any_name_survives(confirmation: Render, name: str) -> None:
    mail = confirmation(customer_name=name)
    greeted = name.split(",", maxsplit=1)[0].split()[:1]
    assert ", ".join(["See you at 5:30", *greeted]) in text_of(mail).splitlines()
    assert all(word in words_of(html_of(mail)) for word in greeted)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    title=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=200),
    name=st.text(st.characters(exclude_categories=["Cs"]), max_size=120),
)
def test_no_fact_breaks_out_of_its_place(app: Flask, title: str, name: str) -> None:
    ticket = samples.ticket(NOW, URL, movie=title, customer_name=name)
    content = render.letter(due(BookingConfirmation(ticket))).as_bytes()
    mail = parsed(content)
    assert [part.defects for part in mail.walk() if part.defects] == []
    assert mail.keys() == ["Subject", "From", "To", "Date", "Message-ID", "Auto-Submitted",
                           "X-Auto-Response-Suppress", "Feedback-ID", "Content-Language", "References",
                           "MIME-Version", "Content-Type"]  # fmt: skip
    assert len(leaves(mail)) == 5
    assert max(map(len, content.split(b"\r\n"))) <= 998
    assert html_of(mail).count("<script") == 1


def test_several_taxes_and_categories_have_a_line_each(confirmation: Render) -> None:
    mail = confirmation(
        seats=(
            SeatFacts("A1", "Front", "front", "Adult", 12000),
            SeatFacts("H6", "Balcony", "balcony", "Child", 9000),
            SeatFacts("H7", "Balcony", "balcony", "Adult", 18000),
        ),
        total=39000,
        tax_lines=(TaxLine(500, 100), TaxLine(1800, 5492)),
    )
    said = text_of(mail)
    for line in ("A1: 1 × Adult, Front  ₹120.00", "H6: 1 × Child, Balcony  ₹90.00",
                 "H7: 1 × Adult, Balcony  ₹180.00", "GST at 5 %  ₹1.00", "GST at 18 %  ₹54.92"):  # fmt: skip
        assert line in said
    assert "#d6cbf5" in html_of(mail)

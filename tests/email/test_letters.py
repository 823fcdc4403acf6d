"""What arrives: every kind of letter, parsed as a mail program would, its QR code scanned."""
# ruff: noqa: RUF001 (bills say "times" with its own sign)

import io
import json
import re
import subprocess
from collections.abc import Callable
from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import icalendar
import pytest
import zxingcpp
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from bookingapp import clock
from bookingapp.email import render, samples
from bookingapp.email.messages import (
    KINDS,
    BookingConfirmation,
    Message,
    PaymentFailed,
    SeatFacts,
    TaxLine,
    kind_of,
)
from bookingapp.email.mime import Letter
from bookingapp.email.payload import to_payload
from bookingapp.email.rows import Due
from tests.email.conftest import URL

# Letters know no database; one engine is enough.
pytestmark = pytest.mark.engine("sqlite")
NOW = clock.now().replace(hour=9, minute=0)
DEVANAGARI = "राजा हरिश्चन्द्र"
Render = Callable[..., EmailMessage]


def due(message: Message, locale: str = "en", to: str = "asha@example.org") -> Due:
    kind = kind_of(message).name
    return Due(1, "abcdef0123456789", kind, to, locale, to_payload(message),
               f"<{kind}.abcdef0123456789@lantern.test>", None, 1, 10, None, "token",
               uncertain=False, slim=False, transport="", created_at=NOW)  # fmt: skip


def parsed(content: bytes) -> EmailMessage:
    return message_from_bytes(content, policy=policy.default)


@pytest.fixture
def confirmation(app: Flask) -> Render:
    """A confirmation as it arrives, with some facts changed."""

    def make(**facts: Any) -> EmailMessage:
        message = BookingConfirmation(
            samples.ticket(NOW, URL, **facts),
            samples.samples(NOW, URL)["booking_confirmation"].paid,  # type: ignore[union-attr]
        )
        return parsed(render.letter(due(message)).as_bytes())

    return make


def text_of(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def html_of(mail: EmailMessage) -> str:
    body = mail.get_body(("html",))
    assert body is not None
    return str(body.get_content())


class _Words(HTMLParser):
    """The words of an HTML page, in reading order."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in {"style", "script", "title"}
        self.words.append(dict(attrs).get("alt") or "")

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in {"style", "script", "title"}

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.words.append(data)


def words_of(html: str) -> str:
    reader = _Words()
    reader.feed(html)
    return " ".join(" ".join(reader.words).split())


def leaves(mail: EmailMessage) -> list[EmailMessage]:
    return [part for part in mail.walk() if not part.is_multipart()]


def attachment(mail: EmailMessage, name: str) -> bytes:
    found = [part for part in mail.iter_attachments() if part.get_filename() == name]
    assert len(found) == 1, [part.get_filename() for part in mail.iter_attachments()]
    content = found[0].get_content()
    return content.encode() if isinstance(content, str) else bytes(content)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_parses_without_a_defect(app: Flask, kind: str) -> None:
    content = render.letter(due(samples.samples(NOW, URL)[kind])).as_bytes()
    mail = parsed(content)
    assert [part.defects for part in mail.walk() if part.defects] == []
    assert [value.defects for value in mail.values() if value.defects] == []
    assert text_of(mail)
    assert html_of(mail)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_keeps_to_the_limits_of_mail(app: Flask, kind: str) -> None:
    content = render.letter(due(samples.samples(NOW, URL)[kind])).as_bytes()
    lines = content.split(b"\r\n")
    assert b"\n" not in content.replace(b"\r\n", b"")
    assert max(map(len, lines)) <= 998
    assert content.isascii()
    html = html_of(parsed(content)).encode()
    assert 3300 < len(html) < 40_000
    assert len(parsed(content)["Subject"]) < 60


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_no_letter_loads_anything(app: Flask, kind: str) -> None:
    html = html_of(parsed(render.letter(due(samples.samples(NOW, URL)[kind])).as_bytes()))
    assert re.findall(r"<link|@import|@font-face|url\(", html) == []
    assert set(re.findall(r'<img[^>]*src="([a-z]+):', html)) <= {"cid"}
    assert re.findall(r"<script(?! type=\"application/ld\+json\")", html) == []
    assert re.findall(r"(?<!-)\bdata:", html) == []


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_says_it_was_made_by_a_machine(app: Flask, kind: str) -> None:
    mail = parsed(render.letter(due(samples.samples(NOW, URL)[kind])).as_bytes())
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["X-Auto-Response-Suppress"] == "All"
    assert mail["Feedback-ID"].startswith(f"{kind}:")
    assert mail["Message-ID"] == f"<{kind}.abcdef0123456789@lantern.test>"
    assert mail["Date"].datetime.tzinfo is not None
    assert [mail["To"], mail["Cc"], mail["Bcc"]] == ["asha@example.org", None, None]


def test_the_letters_of_a_booking_are_one_thread(confirmation: Render) -> None:
    assert confirmation()["References"] == "<booking.BK7Q4MXW2P@localhost.localdomain>"


@pytest.mark.settings(contact_email="desk@lantern.test")
def test_an_answer_goes_to_the_desk(confirmation: Render) -> None:
    assert confirmation()["Reply-To"] == "desk@lantern.test"


def test_the_parts_stand_as_mail_programs_expect(confirmation: Render) -> None:
    def tree(part: Any) -> Any:
        kids = [tree(kid) for kid in part.iter_parts()] if part.is_multipart() else None
        return (part.get_content_type(), kids) if kids else part.get_content_type()

    assert tree(confirmation()) == (
        "multipart/mixed",
        [
            (
                "multipart/alternative",
                ["text/plain", ("multipart/related", ["text/html", "image/png"])],
            ),
            "image/png",
            "text/calendar",
        ],
    )


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


def test_the_qr_code_is_shown_inside_and_attached(confirmation: Render, tmp_path: Path) -> None:
    mail = confirmation()
    link = samples.ticket(NOW, URL).ticket_url
    cid = re.search(r'src="cid:([^"]+)"', html_of(mail))
    assert cid is not None
    inside = [part for part in leaves(mail) if part["Content-ID"] == f"<{cid.group(1)}>"]
    assert len(inside) == 1
    attached = attachment(mail, "booking_BK7Q4MXW2P.png")
    for picture in (inside[0].get_content(), attached):
        assert scanned_by_zxing(picture) == [link]
        assert scanned_by_zbar(picture, tmp_path) == link
    assert 'alt="QR code, BK7Q4MXW2P"' in html_of(mail)


def scanned_by_zxing(picture: bytes) -> list[str]:
    return [f.text for f in zxingcpp.read_barcodes(Image.open(io.BytesIO(picture)).convert("L"))]


def scanned_by_zbar(picture: bytes, folder: Path) -> str:
    assert Path("/usr/bin/zbarimg").exists(), "Install it: apt-get install zbar-tools"
    (folder / "code.png").write_bytes(picture)
    said = subprocess.run(
        ["/usr/bin/zbarimg", "-q", "--raw", str(folder / "code.png")],
        capture_output=True,
        check=True,
    )
    return said.stdout.decode().strip()


def test_the_calendar_file_holds_the_showing(confirmation: Render) -> None:
    content = attachment(confirmation(), "booking_BK7Q4MXW2P.ics")
    event = icalendar.Calendar.from_ical(content).walk("VEVENT")[0]
    ticket = samples.ticket(NOW, URL)
    assert event["SUMMARY"] == "Sherlock Jr."
    assert event.decoded("DTSTART") == ticket.starts_at
    assert event.decoded("DTEND") == ticket.ends_at
    assert "14 Harbour Lane" in str(event["LOCATION"])


def test_mail_programs_are_told_the_reservation(confirmation: Render) -> None:
    html = html_of(confirmation(movie='The "</script>" of Dr. <Caligari>'))
    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', html, re.DOTALL)
    assert found is not None
    facts = json.loads(found.group(1))
    assert facts["@type"] == "EventReservation"
    assert facts["reservationNumber"] == "BK7Q4MXW2P"
    assert facts["reservationFor"]["name"] == 'The "</script>" of Dr. <Caligari>'
    assert [t["ticketedSeat"]["seatNumber"] for t in facts["reservedTicket"]] == ["H6", "H7"]
    assert facts["totalPrice"] == "360.00"


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


@pytest.mark.settings(mail_default_sender='"Lantern, The" <tickets@lantern.test>')
def test_a_comma_in_the_senders_name_is_no_second_sender(confirmation: Render) -> None:
    sender = confirmation()["From"].addresses
    assert [(a.display_name, a.addr_spec) for a in sender] == [
        ("Lantern, The", "tickets@lantern.test")
    ]


@pytest.mark.settings(mail_default_sender="दीपक सिनेमा <tickets@lantern.test>")
def test_a_sender_in_another_script_arrives_whole(confirmation: Render) -> None:
    sender = confirmation()["From"].addresses[0]
    assert (sender.display_name, sender.addr_spec) == ("दीपक सिनेमा", "tickets@lantern.test")


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


def test_the_same_row_gives_the_same_bytes_once_rendered(app: Flask) -> None:
    letter = render.letter(due(samples.samples(NOW, URL)["booking_confirmation"]))
    assert letter.as_bytes() == letter.as_bytes()


def test_a_slim_letter_keeps_the_code_and_all_words_but_no_attachment(app: Flask) -> None:
    whole = due(samples.samples(NOW, URL)["booking_confirmation"])
    slim = parsed(render.letter(replace(whole, slim=True)).as_bytes())
    link = samples.ticket(NOW, URL).ticket_url
    (picture,) = [part for part in leaves(slim) if part.get_content_type() == "image/png"]
    assert scanned_by_zxing(picture.get_content()) == [link]
    assert f"cid:{picture['Content-ID'].strip('<>')}" in html_of(slim)
    assert list(slim.iter_attachments()) == []
    assert "attached" not in text_of(slim) + html_of(slim)
    other = text_of(parsed(render.letter(whole).as_bytes()))
    assert text_of(slim) == other.replace("Show the attached QR code", "Show the QR code")
    assert len(slim.as_bytes()) < len(render.letter(whole).as_bytes()) * 0.85


def test_every_kind_has_a_sample() -> None:
    assert set(samples.samples(NOW, URL)) == set(KINDS)


def test_what_is_joined_here_is_what_the_library_would_build(app: Flask) -> None:
    """Our bytes and EmailMessage's, part by part: headers of each part, and decoded content."""
    letter = render.letter(due(samples.samples(NOW, URL)["booking_confirmation"]))
    ours = parsed(letter.as_bytes())
    theirs = EmailMessage(policy=policy.SMTP)
    theirs.set_content(letter.body)
    theirs.add_alternative(letter.html, subtype="html")
    related: Any = theirs.get_payload()[1]  # type: ignore[index]
    picture = letter.pictures[0]
    related.add_related(
        picture.data, "image", "png", cid=f"<{picture.cid}>", filename=picture.filename
    )
    theirs.make_mixed()
    png, ics = letter.attachments
    theirs.add_attachment(png.data, "image", "png", filename=png.filename)
    theirs.add_attachment(ics.data, "text", "calendar", filename=ics.filename)
    built = parsed(theirs.as_bytes())
    assert shape(ours) == shape(built)
    for mine, its in zip(leaves(ours), leaves(built), strict=True):
        assert mine.get_payload(decode=True).split() == its.get_payload(decode=True).split()  # type: ignore[union-attr]


def shape(mail: EmailMessage) -> list[tuple[str, str | None, str | None]]:
    return [
        (part.get_content_type(), part.get_filename(), part["Content-ID"]) for part in mail.walk()
    ]


@pytest.mark.parametrize("field", ["subject", "sender", "reply_to", "extra_headers"])
def test_a_line_break_begins_no_header(app: Flask, field: str) -> None:
    evil = "Box <box@lantern.test>\r\nBcc: eve@example.org"
    values: dict[str, Any] = {"subject": "Hello", "sender": "box@lantern.test",
                              "recipients": ["asha@example.org"]}  # fmt: skip
    values[field] = {"X-Note": evil} if field == "extra_headers" else evil
    mail = parsed(Letter(message_id="<1@lantern.test>", body="", html="", **values).as_bytes())
    assert mail["Bcc"] is None
    assert [part.defects for part in mail.walk() if part.defects] == []

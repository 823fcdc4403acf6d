"""What a letter carries: its QR code, scanned; the calendar file; what mail programs read."""

import io
import json
import re
import subprocess
from dataclasses import replace
from email import policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import icalendar
import pytest
import zxingcpp
from flask import Flask
from PIL import Image

from bookingapp.email import render, samples
from tests.email.arrived import NOW, attachment, due, html_of, leaves, parsed, text_of
from tests.email.conftest import URL, Render

# Letters know no database; one engine is enough.
pytestmark = pytest.mark.engine("sqlite")


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

"""Any words, any name, any line, sent to a real server and read there as a mail program reads them."""

from collections.abc import Callable, Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bookingapp.email.mime import Letter, words
from bookingapp.email.transports import Transport, make
from tests.email.conftest import use_server
from tests.email.wire import YES
from tests.mailservers import MailServer

# What is sent and heard does not depend on the database.
pytestmark = pytest.mark.engine("sqlite")
on_one_server = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
anything = st.text(st.characters(exclude_categories=["Cs"]), max_size=160)
readable = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp", "Cn", "Co"]), max_size=120
)
Send = Callable[..., EmailMessage]


@pytest.fixture
def send(app: Flask, smtp: MailServer) -> Iterator[Send]:
    """Send a letter with these values; what arrived."""
    use_server(app, smtp.port)
    transport: Transport = make(app)

    def arrive(**values: Any) -> EmailMessage:
        given_ = {"sender": "Box <box@lantern.test>", "recipients": ["asha@example.org"], **values}
        body, html = given_.pop("body", "Hello"), given_.pop("html", "<p>Hello</p>")
        made = Letter(message_id="<wire.1@lantern.test>", body=body, html=html, **given_)
        transport.send(made, "test", YES)
        content = smtp.received[-1].content
        assert content == made.as_bytes()
        assert max(map(len, content.split(b"\r\n"))) <= 998
        return message_from_bytes(content, policy=policy.default)

    yield arrive
    transport.close()


def named(name: str) -> str:
    """A sender as settings have it: the name in quotes."""
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '" <box@lantern.test>'


def shown(mail: EmailMessage, kind: str) -> str:
    """A part's text; a mail's lines end in CRLF."""
    found = mail.get_body((kind,))
    assert found is not None
    return str(found.get_content()).replace("\r\n", "\n").rstrip("\n")


def words_of(text: str) -> list[str]:
    return text.split()


@on_one_server
@given(subject=readable)
def test_any_subject_arrives(send: Send, subject: str) -> None:
    assert words_of(str(send(subject=subject)["Subject"])) == words_of(subject)


@on_one_server
@example(subject="", name="\x80\r", note="")
@given(subject=anything, name=anything, note=anything)
def test_no_value_makes_a_header_of_its_own(send: Send, subject: str, name: str, note: str) -> None:
    mail = send(
        subject=subject, sender=named(name), extra_headers={"X-Note": note}, reply_to="a@b.test"
    )
    assert mail.keys() == ["Subject", "From", "To", "Date", "Message-ID", "Reply-To", "X-Note",
                           "MIME-Version", "Content-Type"]  # fmt: skip


@pytest.mark.parametrize(
    "name",
    [
        "Lantern, The",
        'The "Lantern"',
        "Lantern (Kochi); Hall: 1",
        "दीपक सिनेमा",
        "Größe, Kino",
        "O'Neil\\",
    ],
)
def test_the_senders_name_is_one_name(send: Send, name: str) -> None:
    found = send(sender=named(name))["From"].addresses
    assert [(one.display_name, one.addr_spec) for one in found] == [(name, "box@lantern.test")]


@on_one_server
@given(
    lines=st.lists(
        st.one_of(anything, st.sampled_from([".", "..", ".a", "From x", "=", "--", "-- "]))
    )
)
def test_any_lines_arrive(send: Send, lines: list[str]) -> None:
    text = "\n".join(line.replace("\r", " ") for line in lines)
    assert shown(send(body=text, html="<p>.</p>"), "plain") == text.rstrip("\n")


@on_one_server
@given(html=st.text(st.sampled_from("ab .=<>é"), min_size=900, max_size=3000))
def test_a_line_longer_than_mail_allows_is_broken_and_made_whole_again(
    send: Send, html: str
) -> None:
    assert shown(send(html=html), "html") == html


@given(subject=readable)
def test_a_folded_subject_keeps_to_the_line_and_loses_no_space(subject: str) -> None:
    folded = words(subject, len("Subject: ")).split("\r\n")
    assert all(line[:1] == " " for line in folded[1:])
    longest = max(map(len, subject.split(" "))) if subject.isascii() else 0
    assert all(len(line) <= max(76, longest + 1) for line in folded)
    if subject.isascii() and "=?" not in subject:
        assert "".join(folded) == subject


def test_each_header_stands_once_and_the_id_is_the_one_given(send: Send) -> None:
    mail = send(subject="Hello", extra_headers={"References": "<booking.1@lantern.test>"})
    assert mail.get_all("Message-ID") == ["<wire.1@lantern.test>"]
    assert len(mail.keys()) == len(set(mail.keys()))


@pytest.mark.settings(mail_transport="smtp")
def test_what_is_told_to_be_sent_is_sent_even_in_a_test(
    app: Flask, send: Send, smtp: MailServer
) -> None:
    assert app.testing
    app.config["MAIL_SUPPRESS_SEND"] = True
    send(subject="Hello")
    assert len(smtp.received) == 1

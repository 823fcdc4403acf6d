"""A letter as it arrives, read as a mail program and its reader would."""

from email import message_from_bytes, policy
from email.message import EmailMessage
from html.parser import HTMLParser

from bookingapp import clock
from bookingapp.email.messages import Message, kind_of
from bookingapp.email.payload import to_payload
from bookingapp.email.rows import Due

NOW = clock.now().replace(hour=9, minute=0)


def due(message: Message, locale: str = "en", to: str = "asha@example.org") -> Due:
    kind = kind_of(message).name
    return Due(1, "abcdef0123456789", kind, to, locale, to_payload(message),
               f"<{kind}.abcdef0123456789@lantern.test>", None, 1, 10, None, "token",
               uncertain=False, slim=False, transport="", created_at=NOW)  # fmt: skip


def parsed(content: bytes) -> EmailMessage:
    return message_from_bytes(content, policy=policy.default)


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

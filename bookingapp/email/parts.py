"""A rendered mail taken apart again, for people who want to look at one."""

from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage, MIMEPart


@dataclass(frozen=True)
class Part:
    """A picture or attachment; `number` is its place among all parts of the mail."""

    number: int
    content_type: str
    filename: str
    cid: str
    attached: bool
    data: bytes


@dataclass(frozen=True)
class Letter:
    """What a mail program would make of the bytes."""

    subject: str
    headers: tuple[tuple[str, str], ...]
    text: str
    html: str
    parts: tuple[Part, ...]


def read(content: bytes) -> Letter:
    """Take the exact bytes apart."""
    mail = message_from_bytes(content, policy=policy.default)
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    bodies = [body for body in (text, html) if body is not None]
    leaves = [part for part in mail.walk() if not part.is_multipart()]
    return Letter(
        subject=str(mail.get("Subject", "")),
        headers=tuple((name, str(value)) for name, value in mail.items()),
        text=_words(text),
        html=_words(html),
        parts=tuple(
            _part(number, leaf) for number, leaf in enumerate(leaves, 1) if leaf not in bodies
        ),
    )


def _words(body: MIMEPart | None) -> str:
    return "" if body is None else str(body.get_content())


def _part(number: int, leaf: EmailMessage) -> Part:
    data = leaf.get_payload(decode=True)
    return Part(
        number=number,
        content_type=leaf.get_content_type(),
        filename=leaf.get_filename() or "",
        cid=str(leaf.get("Content-ID", "")).strip("<> "),
        attached=leaf.get_content_disposition() == "attachment",
        data=data if isinstance(data, bytes) else b"",
    )

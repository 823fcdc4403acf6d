"""Reads a delivery status report (RFC 3464): which of our mails, what became of it. Pure.

Reports come from strangers. What is not plainly one, is too long or can't be read is no report; nothing
here raises.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from email.utils import parseaddr

MOST_BYTES = 512 * 1024
MOST_RECIPIENTS = 20
MOST_WORDS = 500
_OUR_ID = re.compile(r"<?([a-z_]{1,40}\.[0-9a-z]{1,32}@[A-Za-z0-9.-]{1,160})>?")
_STATUS = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
ACTIONS = {"failed", "delayed", "delivered"}


@dataclass(frozen=True)
class Report:
    """What one recipient's server said. `message_ids`: candidates, with their angle brackets.

    `envelope`: the ENVID we gave, '<kind>.<public id>'. `recipients`: as asked for and as tried.
    """

    action: str
    status: str
    recipients: tuple[str, ...]
    message_ids: tuple[str, ...]
    envelope: str
    words: str


def looks_like_one(content_type: str) -> bool:
    """By its Content-Type header alone, before anything else is fetched."""
    plain = " ".join(content_type.split()).lower()
    return plain.startswith("multipart/report") and "delivery-status" in plain


def read(raw: bytes) -> list[Report]:
    """The reports in a mail; none if it is something else."""
    if len(raw) > MOST_BYTES:
        return []
    try:
        return list(_reports(message_from_bytes(raw)))
    except Exception:  # noqa: BLE001 (the parser's own faults with what strangers write)
        return []


def _reports(mail: Message) -> Iterator[Report]:
    if not looks_like_one(str(mail.get("Content-Type", ""))):
        return
    parts = _inside(mail)
    status = next((p for p in parts if p.get_content_type() == "message/delivery-status"), None)
    about = _inside(status) if status is not None else []
    if len(about) < 2:
        return
    ids = tuple(dict.fromkeys(_ids(about[0], parts)))
    envelope = _line(about[0], "Original-Envelope-Id")
    for block in about[1 : MOST_RECIPIENTS + 1]:
        if (report := _one(block, ids, envelope)) is not None:
            yield report


def _one(block: Message, ids: tuple[str, ...], envelope: str) -> Report | None:
    action = _line(block, "Action").lower().split(" ", 1)[0]
    status = _STATUS.search(_line(block, "Status"))
    if action not in ACTIONS or status is None:
        return None
    asked, tried = (_address(block, name) for name in ("Original-Recipient", "Final-Recipient"))
    recipients = tuple(dict.fromkeys(filter(None, (asked, tried))))
    said = _line(block, "Diagnostic-Code").partition(";")[2].strip()
    words = said or f"{action} {status.group(1)}"
    return Report(action, status.group(1), recipients, ids, envelope, words[:MOST_WORDS])


def _ids(about: Message, parts: list[Message]) -> Iterator[str]:
    """Message-IDs of ours that it names, in its own words and in the returned headers."""
    texts = [_line(about, "Original-Message-ID")]
    for part in parts:
        if part.get_content_type() == "message/rfc822":
            texts += [_line(inner, "Message-ID") for inner in _inside(part)[:1]]
        elif part.get_content_type() == "text/rfc822-headers":
            body = part.get_payload(decode=True)
            if isinstance(body, bytes):
                texts.append(_line(message_from_bytes(body), "Message-ID"))
    for text in texts:
        if found := _OUR_ID.fullmatch(text):
            yield f"<{found.group(1)}>"


def _inside(mail: Message) -> list[Message]:
    """The parts of a mail, or the blocks of a report."""
    held = mail.get_payload()
    return [part for part in held if isinstance(part, Message)] if isinstance(held, list) else []


def _address(block: Message, name: str) -> str:
    """'rfc822;asha@example.org' -> the address, in lower case."""
    return parseaddr(_line(block, name).partition(";")[2].strip())[1].lower()


def _line(message: Message, name: str) -> str:
    """A header on one line, without control characters."""
    text = str(message.get(name, ""))
    return " ".join(re.sub(r"[\x00-\x1f\x7f]+", " ", text).split())[:1000]

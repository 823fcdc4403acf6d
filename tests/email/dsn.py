"""Delivery reports as Postfix, Exchange and Gmail write them."""


def report(
    *,
    message_id: str = "",
    action: str = "failed",
    status: str = "5.1.1",
    to: str = "asha@example.org",
    asked: str = "",
    envelope: str = "",
    words: str = "550 5.1.1 User unknown",
    returned: str = "text/rfc822-headers",
    original_id: str = "",
) -> bytes:
    """A multipart/report. `message_id` stands in the returned headers, `original_id` in the report."""
    about = ["Reporting-MTA: dns; relay.example.org"]
    about += [f"Original-Envelope-Id: {envelope}"] if envelope else []
    about += [f"Original-Message-ID: {original_id}"] if original_id else []
    one = [f"Original-Recipient: rfc822;{asked}"] if asked else []
    one += [f"Final-Recipient: rfc822; {to}", f"Action: {action}", f"Status: {status}"]
    one += [f"Diagnostic-Code: smtp; {words}"] if words else []
    head = (
        [f"Message-ID: {message_id}", "Subject: Your seats"] if message_id else ["Subject: Hello"]
    )
    return "\n".join([
        "From: MAILER-DAEMON@relay.example.org", "To: tickets@lantern.test", "Subject: Undelivered mail",
        "Message-ID: <20261122.1@relay.example.org>", "MIME-Version: 1.0",
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b1"', "",
        "--b1", "Content-Type: text/plain", "", "Sorry.", "",
        "--b1", "Content-Type: message/delivery-status", "", *about, "", *one, "",
        "--b1", f"Content-Type: {returned}", "", *head, "", "--b1--", "",
    ]).encode()  # fmt: skip

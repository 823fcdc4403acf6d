"""The outbox page live, with many mails at once and with its mail servers."""

import re
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from bookingapp import clock
from bookingapp.db import db, transaction
from bookingapp.email.models import BreakerState, MailTransport, OutboxMessage, OutboxState
from tests.admin.reading import listed, words
from tests.admin.rows import Rows, ago

S = OutboxState
GMAIL = pytest.mark.settings(
    mail_transport="smtp", mail_provider="gmail", mail_username="box@x.test", mail_password="p",
    mail_default_sender="The Lantern <box@x.test>",
)  # fmt: skip
TWO = pytest.mark.settings(
    mail_transport="smtp", mail_provider="gmail", mail_username="box@x.test", mail_password="p",
    mail_default_sender="The Lantern <box@x.test>", mail2_server="relay.x.test", mail2_port=587,
    mail2_use_tls=True,
)  # fmt: skip
SMTP = pytest.mark.settings(mail_transport="smtp", mail_server="mail.cinema.test", mail_port=587, mail_use_tls=True)  # fmt: skip


def states() -> list[OutboxState]:
    db.session.rollback()
    return list(db.session.scalars(select(OutboxMessage.state).order_by(OutboxMessage.id)))


def many(manager: FlaskClient, deed: str, *mails: str, **fields: str) -> str:
    data: dict[str, Any] = {"deed": deed, "mail": list(mails), **fields}
    return words(manager.post("/office/outbox/many", data=data, follow_redirects=True).text)


def transport(name: str = "smtp", **values: Any) -> None:
    row = {"failures": 0, "wait_seconds": 0, "fault": "", "last_error": "", "sent_today": 0}
    with transaction() as session:
        session.add(MailTransport(**{"name": name, **row, **values}))


def broken(fault: str, code: int, said: str, **values: Any) -> None:
    soon = clock.now() + timedelta(minutes=4)
    transport(breaker=BreakerState.OPEN, opened_at=ago(minutes=1), next_probe_at=soon, fault=fault,
              last_code=code, last_error=said, **values)  # fmt: skip


def test_ticked_mails_go_again_and_the_others_stay(manager: FlaskClient, rows: Rows) -> None:
    one, other = rows.mail(state=S.DEAD), rows.mail(state=S.DEAD)
    rows.mail(state=S.DEAD)
    assert f'name="mail" value="{one}"' in manager.get("/office/outbox").text
    assert "2 mails go out one after the other." in many(manager, "retry", one, other)
    assert states() == [S.QUEUED, S.QUEUED, S.DEAD]


def test_nothing_ticked_is_said(manager: FlaskClient, rows: Rows) -> None:
    rows.mail(state=S.DEAD)
    assert "No mail is ticked" in many(manager, "cancel")
    assert states() == [S.DEAD]


def test_all_that_failed_goes_again_at_one_press_also_what_is_not_on_this_page(
    manager: FlaskClient, rows: Rows
) -> None:
    for _ in range(55):
        rows.mail(state=S.DEAD)
    rows.mail(state=S.EXPIRED, expires_at=ago(hours=1))
    rows.mail()
    told = many(manager, "retry", which="all", state="failed")
    assert "55 mails go out one after the other. One was passed over" in told
    assert states().count(S.QUEUED) == 55
    assert "Nothing was changed. One was passed over" in many(
        manager, "retry", which="all", state="failed"
    )


def test_a_filter_keeps_the_deed_to_what_it_shows(manager: FlaskClient, rows: Rows) -> None:
    rows.mail(state=S.DEAD, fault="auth")
    rows.mail(state=S.DEAD, fault="recipient")
    many(manager, "retry", which="all", state="failed", fault="auth")
    assert states() == [S.QUEUED, S.DEAD]


@pytest.mark.parametrize(
    ("deed", "after", "says"),
    [("release", S.QUEUED, "2 mails were let go."), ("cancel", S.CANCELLED, "2 mails are no longer owed.")],
)  # fmt: skip
def test_all_that_is_held_is_let_go_or_cancelled(
    manager: FlaskClient, rows: Rows, deed: str, after: OutboxState, says: str
) -> None:
    rows.mail(state=S.HELD)
    rows.mail(state=S.HELD)
    assert says in many(manager, deed, which="all", state="held")
    assert states() == [after, after]


@pytest.mark.parametrize("fields", [{"deed": "cancel", "state": "sent"}, {"deed": "cancel", "state": ""},
                                    {"deed": "burn", "state": "failed"}])  # fmt: skip
def test_what_no_button_offers_is_not_done(
    manager: FlaskClient, rows: Rows, fields: dict[str, str]
) -> None:
    rows.mail(state=S.DEAD)
    answer = manager.post("/office/outbox/many", data={"which": "all", **fields})
    assert answer.status_code == 404
    assert states() == [S.DEAD]


def test_the_live_parts_say_what_the_page_says(manager: FlaskClient, rows: Rows) -> None:
    rows.mail(state=S.DEAD, recipient="a@x.test")
    rows.mail(recipient="b@x.test")
    page = manager.get("/office/outbox?state=failed").text
    address = re.search(r'data-live="([^"]+)"', page)
    assert address is not None
    live = manager.get(address[1].replace("&amp;", "&")).text
    assert re.findall(r'data-part="(\w+)"', live) == ["pulse", "mails"]
    assert "One mail did not arrive" in live
    assert "a@x.test" in live
    assert "b@x.test" not in live


def test_without_script_a_link_looks_again_with_the_same_filters(
    manager: FlaskClient, rows: Rows
) -> None:
    rows.mail(state=S.DEAD)
    page = manager.get("/office/outbox?state=failed&q=x").text
    assert '<a href="/office/outbox?q=x&amp;state=failed">Look again</a>' in page
    assert "As of " in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"state": "uncertain"}, ["doubt"]),
        ({"state": "bounced"}, ["back"]),
        ({"fault": "auth"}, ["auth"]),
        ({"fault": "nonsense"}, ["auth", "back", "doubt", "old"]),
        ({"since": "2099-01-01"}, []),
        ({"since": "not a day", "until": "9999-12-31"}, ["auth", "back", "doubt", "old"]),
    ],
)
def test_mails_are_narrowed_by_doubt_blame_and_day(
    manager: FlaskClient, rows: Rows, query: dict[str, str], found: list[str]
) -> None:
    rows.mail(recipient="old@x.test", created_at=ago(days=3))
    rows.mail(recipient="doubt@x.test", uncertain=True)
    rows.mail(recipient="back@x.test", delivery="bounced")
    rows.mail(recipient="auth@x.test", state=S.RETRY, fault="auth")
    told = " ".join(
        listed(manager, "/office/outbox?" + "&".join(f"{k}={v}" for k, v in query.items()), "mails")
    )
    assert [name for name in ("auth", "back", "doubt", "old") if f"{name}@x.test" in told] == found


def test_a_period_counts_its_last_day_whole(manager: FlaskClient, rows: Rows) -> None:
    zone_day = clock.local(clock.now(), "Asia/Kolkata").date()
    rows.mail(recipient="today@x.test", created_at=clock.now())
    rows.mail(recipient="before@x.test", created_at=ago(days=3))
    told = " ".join(listed(manager, f"/office/outbox?since={zone_day}&until={zone_day}", "mails"))
    assert "today@x.test" in told
    assert "before@x.test" not in told


def test_the_page_names_what_is_in_doubt_held_and_next(manager: FlaskClient, rows: Rows) -> None:
    rows.mail(uncertain=True)
    rows.mail(delivery="bounced")
    rows.mail(state=S.HELD)
    rows.mail(state=S.RETRY, recipient="later@x.test", due_at=clock.now() + timedelta(minutes=9))
    rows.mail(state=S.RETRY, recipient="sooner@x.test", due_at=clock.now() + timedelta(minutes=4))
    page = words(manager.get("/office/outbox").text)
    for told in ("One mail of this week came back after it was sent", "One mail is held",
                 "One mail of this week may have arrived twice or not at all"):  # fmt: skip
        assert told in page
    nexts = page.partition("Next tries")[2]
    assert nexts.index("4 min Booking confirmation sooner@x.test") < nexts.index("9 min")


@GMAIL
def test_a_wrong_password_is_named_with_its_cure_and_can_be_tried_at_once(
    manager: FlaskClient, rows: Rows
) -> None:
    broken("auth", 535, "535 5.7.8 Username and Password not accepted")
    page = words(manager.get("/office/outbox").text)
    for told in ("Gmail refuses the password", "Make an app password", "535 5.7.8 Username",
                 "No mail is lost", "Tried again in 4 min", "Gmail Down"):  # fmt: skip
        assert told in page
    answer = manager.post("/office/outbox/transport/smtp/try", follow_redirects=True)
    assert "One mail tries it now." in words(answer.text)
    probe = db.session.scalars(select(MailTransport.next_probe_at)).one()
    assert probe is not None
    assert probe <= clock.now()


@SMTP
@pytest.mark.parametrize(
    ("fault", "code", "said", "told"),
    [
        ("auth", 535, "535 no", "mail.cinema.test refuses the login"),
        ("auth", 550, "550 5.7.1 sender", "mail.cinema.test refuses our sender's address"),
        ("quota", 550, "550 5.4.5 Daily limit", "mail.cinema.test takes no more mails just now"),
        ("transport", 0, "timed out", "mail.cinema.test does not answer"),
        ("transport", 0, "certificate verify failed", "The certificate of mail.cinema.test can't be trusted"),
    ],
)  # fmt: skip
def test_each_fault_has_a_reason_and_a_cure(
    manager: FlaskClient, rows: Rows, fault: str, code: int, said: str, told: str
) -> None:
    broken(fault, code, said)
    page = words(manager.get("/office/outbox").text)
    assert told in page
    assert said in page


@TWO
def test_a_second_server_that_took_over_is_named(manager: FlaskClient, rows: Rows) -> None:
    broken("quota", 550, "550 5.4.5 limit", day=clock.now().date(), sent_today=500)
    transport("smtp2", day=clock.now().date(), sent_today=7, last_ok_at=ago(seconds=12))
    page = words(manager.get("/office/outbox").text)
    assert "Mails go by relay.x.test:587 meanwhile." in page
    assert "500 of 500 mails today, the rest is kept for tickets" in page
    assert "It takes 500 mails a day." in page


@GMAIL
def test_yesterdays_count_is_not_todays(manager: FlaskClient, rows: Rows) -> None:
    transport(day=clock.now().date() - timedelta(days=1), sent_today=499)
    assert "0 of 500 mails today" in words(manager.get("/office/outbox").text)


def test_a_transport_nobody_knows_is_not_tried(manager: FlaskClient) -> None:
    assert manager.post("/office/outbox/transport/none/try").status_code == 404
    transport()
    answer = manager.post("/office/outbox/transport/smtp/try", follow_redirects=True)
    assert "Mail goes by this server already" in words(answer.text)

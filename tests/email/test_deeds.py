"""What people do to mails: hold, release, cancel, again, elsewhere, an address allowed once more."""

import contextlib
import threading
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from bookingapp import clock
from bookingapp.audit import AuditEntry
from bookingapp.db import db, transaction
from bookingapp.email import rules, service, suppressions, wake
from bookingapp.email.models import BreakerState, MailTransport, OutboxMessage, OutboxState, Scope
from bookingapp.email.prune import Pruned
from bookingapp.errors import NotFound, Refused
from tests.email.conftest import Owe, opened

S = OutboxState
OVER = {"due_at": None, "lease_token": None}


@pytest.fixture
def in_state(owe: Owe) -> Callable[..., str]:
    """A mail in a state; its public id."""

    def make(state: OutboxState, **values: Any) -> str:
        mail = owe()
        if state is S.SENDING:
            values |= {"lease_token": "a drain's"}
        elif state not in {S.QUEUED, S.RETRY}:
            values |= OVER
        change(mail, state=state, **values)
        return mail

    return make


InState = Callable[..., str]


def change(mail: str, **values: Any) -> None:
    with transaction() as session:
        which = OutboxMessage.public_id == mail
        session.execute(update(OutboxMessage).where(which).values(**values))


def stop(address: str = "asha@example.org", scope: Scope = Scope.ALL) -> None:
    with transaction() as session:
        suppressions.add(session, address, scope, "550 5.1.1 no such user", clock.now())


def state_of(mail: str) -> OutboxState:
    return opened(mail).line.state


def written(action: str) -> list[AuditEntry]:
    db.session.rollback()
    return list(db.session.scalars(select(AuditEntry).where(AuditEntry.action == action)))


@pytest.mark.parametrize("state", [S.QUEUED, S.RETRY])
def test_a_waiting_mail_is_held_and_let_go_again(in_state: InState, state: OutboxState) -> None:
    mail = in_state(state, attempts=1 if state is S.RETRY else 0)
    assert service.hold(mail)
    assert (state_of(mail), opened(mail).line.due_at) == (S.HELD, None)
    assert not service.hold(mail), "held already"
    assert service.release(mail)
    assert state_of(mail) is state
    assert not service.release(mail), "on its way already"
    assert [entry.row_id for entry in written("mail.hold") + written("mail.release")] == [mail] * 2


def test_letting_go_wakes_the_drain(in_state: InState) -> None:
    calls: list[int] = []
    mail = in_state(S.HELD)
    wake.hand_over(lambda: calls.append(1))
    service.release(mail)
    assert calls == [1]


@pytest.mark.parametrize("deed", [service.hold, service.cancel])
def test_what_the_mail_server_has_in_hand_is_left_to_it(
    in_state: InState, deed: Callable[[str], bool]
) -> None:
    mail = in_state(S.SENDING)
    with pytest.raises(rules.BeingSent):
        deed(mail)
    with pytest.raises(rules.BeingSent):
        service.send_elsewhere(mail, "new@example.org")
    assert state_of(mail) is S.SENDING


@pytest.mark.parametrize("state", [S.QUEUED, S.RETRY, S.HELD, S.DEAD, S.EXPIRED, S.SUPPRESSED])
def test_a_mail_that_did_not_go_may_be_cancelled(in_state: InState, state: OutboxState) -> None:
    mail = in_state(state)
    assert service.cancel(mail)
    assert state_of(mail) is S.CANCELLED
    assert not service.cancel(mail)
    assert written("mail.cancel")[0].before == {"state": state.value, "attempts": 0}


@pytest.mark.parametrize(
    ("deed", "state", "refusal"),
    [
        (service.cancel, S.SENT, rules.NotOwed),
        (service.cancel, S.SIMULATED, rules.NotOwed),
        (service.hold, S.SENT, rules.NotWaiting),
        (service.hold, S.DEAD, rules.NotWaiting),
        (service.release, S.SENT, rules.NotHeld),
        (service.release, S.DEAD, rules.NotHeld),
        (service.resend, S.DEAD, rules.NotSendable),
        (service.resend, S.QUEUED, rules.NotSendable),
        (service.retry, S.SENT, rules.NotSendable),
        (service.retry, S.SENDING, rules.NotSendable),
    ],
)
def test_what_makes_no_sense_is_refused_and_changes_nothing(
    in_state: InState, deed: Callable[[str], object], state: OutboxState, refusal: type[Refused]
) -> None:
    mail = in_state(state)
    with pytest.raises(refusal):
        deed(mail)
    assert state_of(mail) is state


def test_an_unknown_mail_is_said_to_be_unknown(app: Flask) -> None:
    deeds: list[Callable[[str], object]] = [
        service.hold, service.release, service.cancel, service.resend, service.retry, service.lift,
    ]  # fmt: skip
    for deed in deeds:
        with pytest.raises(NotFound):
            deed("nothing")


def test_a_sent_mail_goes_again_as_a_mail_of_its_own(in_state: InState) -> None:
    mail = in_state(S.SENT, sent_at=clock.now())
    copy = service.resend(mail)
    assert copy is not None
    first, second = opened(mail), opened(copy)
    assert first.line.state is S.SENT
    assert second.line.state is S.QUEUED
    assert first.line.message_id != second.line.message_id
    assert first.payload == second.payload
    assert service.resend(mail) is None, "a copy is on its way"
    change(copy, state=S.SENT, **OVER)
    assert service.resend(mail) not in {None, copy}


def test_a_letter_of_another_version_is_not_written_anew(in_state: InState) -> None:
    mail = in_state(S.SENT, kind="of_a_later_version")
    with pytest.raises(rules.NotSendable):
        service.resend(mail)


def test_a_mail_cancelled_by_mistake_goes_as_a_new_one(in_state: InState) -> None:
    mail = in_state(S.CANCELLED)
    copy = service.resend(mail)
    assert copy is not None
    assert [state_of(mail), state_of(copy)] == [S.CANCELLED, S.QUEUED]


@pytest.mark.parametrize("state", [S.QUEUED, S.RETRY, S.HELD, S.DEAD, S.SUPPRESSED])
def test_a_mail_goes_to_another_address_and_no_more_to_the_old(
    in_state: InState, state: OutboxState
) -> None:
    mail = in_state(state)
    copy = service.send_elsewhere(mail, "asha@example.com")
    assert copy is not None
    assert state_of(mail) is S.CANCELLED
    line = opened(copy).line
    assert (line.recipient, line.state) == ("asha@example.com", S.QUEUED)
    assert service.send_elsewhere(mail, "Asha@example.com") is None, "once"
    assert written("mail.elsewhere")[0].after == {
        "state": "cancelled", "to": "asha@example.com", "copy": copy,
    }  # fmt: skip


def test_what_was_sent_stays_sent_when_it_goes_elsewhere_too(in_state: InState) -> None:
    mail = in_state(S.SENT, sent_at=clock.now())
    assert service.send_elsewhere(mail, "asha@example.com")
    assert state_of(mail) is S.SENT


def test_another_address_must_be_another_one_that_gets_mail(in_state: InState) -> None:
    mail = in_state(S.DEAD)
    with pytest.raises(rules.SameAddress):
        service.send_elsewhere(mail, "ASHA@example.org")
    stop("gone@example.org")
    with pytest.raises(rules.AddressSuppressed):
        service.send_elsewhere(mail, "gone@example.org")
    assert state_of(mail) is S.DEAD


def test_a_suppressed_address_gets_its_mail_once_it_is_allowed_again(in_state: InState) -> None:
    mail = in_state(S.SUPPRESSED)
    stop()
    with pytest.raises(rules.AddressSuppressed) as refused:
        service.retry(mail)
    assert refused.value.values["reason"] == "550 5.1.1 no such user"
    service.lift(mail)
    service.retry(mail)
    assert state_of(mail) is S.QUEUED
    with pytest.raises(rules.NotSuppressed):
        service.lift(mail)
    assert len(written("mail.lift")) == 1


def test_what_was_emptied_for_its_age_can_only_be_said_to_be(in_state: InState) -> None:
    mail = in_state(S.DEAD, pruned_at=clock.now())
    with pytest.raises(Pruned):
        service.retry(mail)
    with pytest.raises(Pruned):
        service.send_elsewhere(mail, "asha@example.com")


def test_trying_a_transport_now_brings_its_probe_forward_and_wakes_the_drain(app: Flask) -> None:
    calls: list[int] = []
    now = clock.now()
    with transaction() as session:
        session.add(
            MailTransport(name="smtp", breaker=BreakerState.OPEN, failures=3, opened_at=now,
                          next_probe_at=now.replace(year=now.year + 1), wait_seconds=900, fault="auth",
                          last_error="535 no", sent_today=0)
        )  # fmt: skip
    wake.hand_over(lambda: calls.append(1))
    service.try_now("smtp")
    row = db.session.scalars(select(MailTransport)).one()
    assert row.next_probe_at is not None
    assert row.next_probe_at <= clock.now()
    assert calls == [1]
    assert written("transport.try_now")[0].row_id == "smtp"


def test_a_transport_that_works_needs_no_trying(app: Flask) -> None:
    with pytest.raises(NotFound):
        service.try_now("smtp")
    with transaction() as session:
        session.add(MailTransport(name="smtp", failures=0, wait_seconds=0, fault="", last_error="",
                                  sent_today=0))  # fmt: skip
    with pytest.raises(rules.BreakerClosed):
        service.try_now("smtp")


@pytest.mark.parametrize(
    ("state", "deed", "action"),
    [
        (S.DEAD, service.retry, "mail.retry"),
        (S.QUEUED, service.hold, "mail.hold"),
        (S.DEAD, service.cancel, "mail.cancel"),
        (S.SENT, service.resend, "mail.resend"),
        (S.DEAD, lambda mail: service.send_elsewhere(mail, "b@example.org"), "mail.elsewhere"),
    ],
)
def test_two_who_press_at_once_do_it_once(
    app: Flask, in_state: InState, state: OutboxState, deed: Callable[[str], object], action: str
) -> None:
    mail = in_state(state)
    together = threading.Barrier(4)

    def press() -> None:
        with app.app_context():
            together.wait()
            with contextlib.suppress(Refused):
                deed(mail)

    people = [threading.Thread(target=press) for _ in range(4)]
    for person in people:
        person.start()
    for person in people:
        person.join(30)
    assert len(written(action)) == 1

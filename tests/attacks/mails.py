"""Attacks on mails owed and sent."""

from tests.attacks.attacker import Attacker


def one_letter_owed_twice(a: Attacker) -> None:
    a.insert("outbox_message", dedupe_key="same")
    a.insert("outbox_message", dedupe_key="same")


def one_message_id_twice(a: Attacker) -> None:
    a.insert("outbox_message", message_id="<same@x>")
    a.insert("outbox_message", message_id="<same@x>")


def a_sent_letter_that_is_still_due(a: Attacker) -> None:
    a.insert("outbox_message", state="sent")


def a_sending_letter_without_a_lease(a: Attacker) -> None:
    a.insert("outbox_message", state="sending")


ATTACKS = (
    one_letter_owed_twice, one_message_id_twice, a_sent_letter_that_is_still_due,
    a_sending_letter_without_a_lease,
)  # fmt: skip

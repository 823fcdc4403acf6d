"""`flask mail doctor` where nobody answers, or not in time: it says so, and goes on."""

import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.dnsserver import NameServer, Records
from tests.email.doctors import ONE_ENGINE, Doctor, doctor
from tests.mailservers import FaultyServer, free_port

__all__ = ["doctor"]


@ONE_ENGINE
@pytest.mark.parametrize(
    ("fault", "what", "said"),
    [
        ({"CONNECT": "554 5.7.1 Go away"}, "connect", "554 5.7.1 Go away"),
        ({"CONNECT": "drop"}, "connect", "connection was closed"),
        ({"EHLO": "421 4.3.2 Closed for repairs"}, "connect", "421 4.3.2 Closed for repairs"),
        ({"CONNECT": "hang"}, "connect", "did not answer in 1 s"),
        ({"CONNECT": "drip"}, "connect", "took too long"),
    ],
)  # fmt: skip
def test_a_server_that_turns_us_away_or_hangs_is_named_in_time(
    doctor: Doctor, faulty: FaultyServer, fault: dict[str, str], what: str, said: str
) -> None:
    faulty.faults.update(fault)
    began = time.monotonic()
    told = doctor(faulty.port, "--seconds", "3", mail_timeout_seconds=1)
    assert time.monotonic() - began < 10
    assert told.failures == [("smtp", what)]
    assert said in told(what)[1]


@ONE_ENGINE
def test_nothing_outlasts_the_deadline(
    doctor: Doctor, faulty: FaultyServer, name_server: Callable[[Records], NameServer]
) -> None:
    silent = name_server({})
    silent.silent = True
    faulty.faults["CONNECT"] = "hang"
    began = time.monotonic()
    told = doctor(faulty.port, "--seconds", "2", "--dns", silent.address, mail2_server="127.0.0.1",
                  mail2_port=faulty.port, mail_timeout_seconds=20)  # fmt: skip
    assert time.monotonic() - began < 8
    assert told.failures == [("smtp", "connect"), ("smtp2", "connect")]
    assert told("dns", "sender")[0] == "note"


@ONE_ENGINE
def test_a_look_up_that_the_system_does_not_give_up_is_left_behind(
    doctor: Doctor, monkeypatch: pytest.MonkeyPatch
) -> None:
    over, real = threading.Event(), socket.getaddrinfo

    def slowly(host: str, *rest: Any, **values: Any) -> Any:
        if host == "slow.lantern.example":
            over.wait(60)
        return real(host, *rest, **values)

    monkeypatch.setattr(socket, "getaddrinfo", slowly)
    began = time.monotonic()
    told = doctor(25, "--seconds", "1", mail_server="slow.lantern.example")
    over.set()
    assert time.monotonic() - began < 8
    assert told.failures == [("smtp", "time")]


@ONE_ENGINE
@pytest.mark.parametrize(
    ("values", "cure"),
    [
        ({}, "look at MAIL_PORT"),
        ({"mail_server": "nowhere.invalid"}, "the spelling of MAIL_SERVER"),
    ],
)
def test_a_server_that_is_not_there_is_told_with_the_setting_to_look_at(
    doctor: Doctor, values: dict[str, Any], cure: str
) -> None:
    assert cure in doctor(free_port(), **values)("connect")[2]


@ONE_ENGINE
def test_mails_that_can_be_read_on_the_way_are_warned_of_even_if_nobody_answers(
    doctor: Doctor,
) -> None:
    told = doctor(free_port(), mail_server="nowhere.invalid")
    assert told("tls") == ("warning", "none: mails can be read on the way", "set MAIL_USE_TLS=true")

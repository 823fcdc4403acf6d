"""The sender's domain, by a real DNS server: what is there, and exactly which record to add."""

import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bookingapp.email import spf
from bookingapp.email.dns_names import Names
from bookingapp.email.findings import Finding, Level
from bookingapp.email.routes import Route
from bookingapp.email.sender_domain import examine
from tests.dnsserver import NameServer, Records

D = "lantern.example"
GMAIL = Route("smtp", server="smtp.gmail.com", provider="gmail")
OUTLOOK = Route("smtp2", server="smtp.office365.com", provider="outlook")
RELAY = Route("smtp", server="relay.lantern.example")
KEY = "v=DKIM1; k=rsa; p=" + "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A" * 10
BASE: Records = {(D, "A"): ["8.8.4.4"], (D, "MX"): ["10 mail.lantern.example."],
                 ("relay.lantern.example", "A"): ["9.9.9.9"], ("mail.lantern.example", "A"): ["8.8.8.8"]}  # fmt: skip
WHOLE: Records = {**BASE, (D, "TXT"): ["hello", "v=spf1 include:_spf.google.com ~all"],
                  ("_spf.google.com", "TXT"): ["v=spf1 ip4:8.8.0.0/16 ~all"],
                  (f"google._domainkey.{D}", "TXT"): [KEY],
                  (f"_dmarc.{D}", "TXT"): ["v=DMARC1; p=reject"]}  # fmt: skip

Look = Callable[..., dict[str, Finding]]


@pytest.fixture
def look(name_server: Callable[[Records], NameServer]) -> Look:
    """What is found with these records."""

    def found(
        records: Records, *routes: Route, domain: str = D, **values: object
    ) -> dict[str, Finding]:
        server = name_server(records)
        address, port = server.server_address[:2]
        names = Names(time.monotonic() + 20, str(address), port)
        findings = examine(domain, routes or (GMAIL,), names, **values)  # type: ignore[arg-type]
        return {finding.what: finding for finding in findings}

    return found


def spf_of(
    look: Look, record: str | list[str], *routes: Route, more: Records | None = None
) -> Finding:
    """The finding about this SPF record."""
    texts = [record] if isinstance(record, str) else record
    return look({**BASE, (D, "TXT"): texts, **(more or {})}, *routes)["spf"]


def test_a_domain_with_everything_is_all_ok(look: Look) -> None:
    found = look(WHOLE)
    assert {name: one.level.value for name, one in found.items()} == {
        "domain": "ok", "spf": "ok", "dkim": "ok", "dmarc": "ok"}  # fmt: skip
    assert found["dkim"].said == f"a key at google._domainkey.{D}"
    assert not any(one.do for one in found.values())


def test_a_bare_domain_is_told_each_record_to_add(look: Look) -> None:
    found = look(BASE)
    assert {one.level for name, one in found.items() if name != "domain"} == {Level.WARNING}
    assert found["spf"].do == f'add to {D}: TXT "v=spf1 include:_spf.google.com ~all"'
    assert f"google._domainkey.{D}" in found["dkim"].do
    assert found["dmarc"].do == (
        f'add to _dmarc.{D}: TXT "v=DMARC1; p=none; rua=mailto:postmaster@{D}"'
    )


def test_an_spf_record_gets_what_it_lacks_before_its_end(look: Look) -> None:
    found = spf_of(look, "v=spf1 mx -all", GMAIL, OUTLOOK)
    assert found.level is Level.WARNING
    assert found.do == (
        f"change the TXT record of {D} to"
        ' "v=spf1 mx include:_spf.google.com include:spf.protection.outlook.com -all"'
    )


@pytest.mark.parametrize(
    "record",
    ["v=spf1 ip4:9.9.9.0/24 -all", "v=spf1 a:relay.lantern.example ~all", "v=spf1 +a:relay.lantern.example -all",
     "v=spf1 include:other.example -all", "v=spf1 redirect=other.example", "V=SPF1 A:relay.lantern.example/24 -all"],
)  # fmt: skip
def test_ones_own_relay_is_found_in_the_record_however_it_is_named(look: Look, record: str) -> None:
    other: Records = {("other.example", "TXT"): ["v=spf1 ip4:9.9.9.9 -all"]}
    assert spf_of(look, record, RELAY, more=other).level is Level.OK


@pytest.mark.parametrize(
    "record", ["v=spf1 mx -all", "v=spf1 a -all", "v=spf1 -ip4:9.9.9.9 ip4:9.9.9.10 -all"]
)
def test_ones_own_relay_that_is_not_named_is_to_be_added(look: Look, record: str) -> None:
    assert spf_of(look, record, RELAY).do == (
        f'change the TXT record of {D} to "{record.removesuffix(" -all")} ip4:9.9.9.9 -all"'
    )


def test_mx_names_the_servers_that_take_the_domains_mail(look: Look) -> None:
    assert spf_of(look, "v=spf1 mx -all", Route("smtp", server="8.8.8.8")).level is Level.OK


def test_a_relay_on_this_machine_is_not_judged_by_its_loopback_address(look: Look) -> None:
    local = Route("smtp", server="127.0.0.1")
    assert spf_of(look, "v=spf1 ip4:9.9.9.9 -all", local).level is Level.OK
    assert look(BASE, local)["spf"].do == f'add to {D}: TXT "v=spf1 mx ~all"'


def test_two_spf_records_are_none(look: Look) -> None:
    found = spf_of(look, ["v=spf1 mx -all", "v=spf1 include:_spf.google.com ~all"])
    assert (found.level, "2 SPF records" in found.said) == (Level.FAILURE, True)


def test_a_record_that_lets_everybody_send_is_no_protection(look: Look) -> None:
    assert "everybody" in spf_of(look, "v=spf1 include:_spf.google.com +all").said


def test_a_record_with_too_many_look_ups_is_given_up_on(look: Look) -> None:
    chain: Records = {
        (f"n{n}.example", "TXT"): [f"v=spf1 include:n{n + 1}.example -all"] for n in range(12)
    }
    assert spf_of(look, "v=spf1 include:n0.example -all", more=chain).level is Level.FAILURE


def test_records_that_include_each_other_end(look: Look) -> None:
    loop: Records = {("a.example", "TXT"): [f"v=spf1 include:{D} include:a.example -all"]}
    assert spf_of(look, "v=spf1 include:a.example -all", more=loop).level is Level.WARNING


def test_a_key_of_an_unusual_name_is_found_when_it_is_named(look: Look) -> None:
    records = {**BASE, (f"summer26._domainkey.{D}", "TXT"): [KEY]}
    assert look(records, RELAY)["dkim"].level is Level.WARNING
    assert "opendkim-genkey" in look(records, RELAY)["dkim"].do
    assert look(records, RELAY, selectors=["summer26"])["dkim"].level is Level.OK


def test_a_withdrawn_key_is_no_key(look: Look) -> None:
    records = {**WHOLE, (f"google._domainkey.{D}", "TXT"): ["v=DKIM1; p="]}
    assert "withdrawn" in look(records)["dkim"].said


def test_a_text_for_all_names_is_not_taken_for_a_key(look: Look) -> None:
    records = {**WHOLE, (f"google._domainkey.{D}", "TXT"): ["all is well"]}
    assert look(records)["dkim"].level is Level.WARNING


def test_a_subdomain_goes_by_the_policy_of_the_domain_above(look: Look) -> None:
    records = {**WHOLE, (f"tickets.{D}", "A"): ["8.8.8.8"]}
    assert look(records, domain=f"tickets.{D}")["dmarc"].said.startswith("v=DMARC1; p=reject")


def test_a_strict_policy_without_spf_and_dkim_has_our_own_mail_refused(look: Look) -> None:
    found = look({**BASE, (f"_dmarc.{D}", "TXT"): ["v=DMARC1; p=reject; pct=100"]})["dmarc"]
    assert (found.level, "refuse our mails" in found.said) == (Level.FAILURE, True)


def test_a_domain_that_is_not_there_fails_and_nothing_more_is_said(look: Look) -> None:
    found = look({**WHOLE, ("com", "NS"): ["a.gtld-servers.net."]}, domain="lantrn.example")
    assert list(found) == ["domain"]
    assert found["domain"].level is Level.FAILURE


def test_a_resolver_that_knows_its_own_house_alone_is_not_believed(look: Look) -> None:
    found = look({("cinema.lan", "A"): ["10.0.0.1"]})
    assert [(one.what, one.level) for one in found.values()] == [("dns", Level.NOTE)]
    assert "nothing of the world" in found["dns"].said


def test_a_domain_without_a_mailbox_loses_answers(look: Look) -> None:
    assert look({(D, "TXT"): ["x"], (D, "MX"): ["0 ."]})["domain"].level is Level.WARNING


def test_addresses_of_a_free_provider_need_no_record(look: Look) -> None:
    found = look({}, domain="gmail.com")
    assert list(found) == ["domain"]
    assert found["domain"].said == "gmail.com belongs to Gmail, which keeps its records"


@pytest.mark.parametrize("how", ["silent", "failing"])
def test_dns_that_does_not_answer_is_said_and_no_failure(
    name_server: Callable[[Records], NameServer], how: str
) -> None:
    server = name_server(WHOLE)
    setattr(server, how, True)
    address, port = server.server_address[:2]
    began = time.monotonic()
    found = examine(D, (GMAIL,), Names(began + 1, str(address), port))
    assert time.monotonic() - began < 5
    assert [(one.what, one.level) for one in found] == [("dns", Level.NOTE)]
    assert "DNS does not answer here" in found[0].said


MECHANISMS = st.lists(
    st.sampled_from(["mx", "a", "ip4:9.9.9.9", "include:x.example", "exists:%{i}.x"])
)


@given(
    MECHANISMS,
    MECHANISMS,
    st.sampled_from(["", "-all", "~all", "?all", "all", "redirect=x.example"]),
)
def test_what_is_added_stands_before_the_end_and_nothing_is_lost(
    there: list[str], more: list[str], end: str
) -> None:
    new = spf.with_more(" ".join(filter(None, ["v=spf1", *there, end])), more).split()
    assert new == [*filter(None, ["v=spf1", *there, *more, end])]

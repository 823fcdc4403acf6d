"""Reads SPF records (RFC 7208): which addresses may send for a domain, and how to add one."""

from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from bookingapp.email.dns_names import Names

MOST_LOOKUPS = 10
LOOKED_UP = {"include", "a", "mx", "ptr", "exists", "redirect"}
Network = IPv4Network | IPv6Network


@dataclass
class Allowed:
    """Who may send: the domains included, the networks named. `lookups`: ten are allowed."""

    includes: set[str] = field(default_factory=set)
    networks: list[Network] = field(default_factory=list)
    lookups: int = 0
    everybody: bool = False

    def lets(self, address: str) -> bool:
        """Whether this address is among the networks."""
        asked = ip_address(address)
        return any(
            asked in network for network in self.networks if network.version == asked.version
        )


def records(domain: str, names: Names) -> list[str]:
    """The domain's SPF records; one is right."""
    return [text for text in names.txt(domain) if text.lower().split(" ")[0] == "v=spf1"]


def read(domain: str, record: str, names: Names) -> Allowed:
    """All that the record and those it includes allow."""
    found = Allowed()
    _read(domain, record, names, found)
    return found


def with_more(record: str, mechanisms: list[str]) -> str:
    """The record with these mechanisms before its end."""
    words = record.split()
    place = next((n for n, word in enumerate(words) if word.lower().lstrip("+-~?") == "all"
                  or word.lower().startswith("redirect=")), len(words))  # fmt: skip
    return " ".join([*words[:place], *mechanisms, *words[place:]])


def _read(domain: str, record: str, names: Names, found: Allowed) -> None:
    for word in record.lower().split()[1:]:
        if word in {"all", "+all"}:
            found.everybody = True
        # what is not to be let in (-a, ~include:…) keeps its sign, so it is no mechanism of ours
        name, value = _parts(word)
        found.lookups += name in LOOKED_UP
        if found.lookups > MOST_LOOKUPS:
            return
        _mechanism(name, value, domain, names, found)


def _parts(word: str) -> tuple[str, str]:
    """`a/24` has its length after the name, `include:x` and `redirect=x` a value."""
    word = word.lstrip("+")
    for mark in (":", "="):
        name, found, value = word.partition(mark)
        if found and name.isalnum():
            return name, value
    name, slash, length = word.partition("/")
    return name, slash + length


def _mechanism(name: str, value: str, domain: str, names: Names, found: Allowed) -> None:
    if name in {"ip4", "ip6"}:
        _add(value, found)
    elif name in {"include", "redirect"}:
        if value not in found.includes:
            found.includes.add(value)
            for further in records(value, names)[:1]:
                _read(value, further, names, found)
    elif name in {"a", "mx"}:
        host, slash, length = value.partition("/")
        hosts = [host or domain]
        if name == "mx":
            hosts = [one for one in names.mx(host or domain) if one != "."][:MOST_LOOKUPS]
        for address in (address for one in hosts for address in names.addresses(one)):
            _add(
                address + (slash + length.split("//")[0] if slash and ":" not in address else ""),
                found,
            )


def _add(network: str, found: Allowed) -> None:
    try:
        found.networks.append(ip_network(network, strict=False))
    except ValueError:
        return

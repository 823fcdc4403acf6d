"""SPF, DKIM and DMARC of the domain our mails come from: what is there, and which record to add."""

from collections.abc import Sequence
from ipaddress import ip_address

from bookingapp.email import spf
from bookingapp.email.dns_names import Names, Silent
from bookingapp.email.findings import Findings, Level
from bookingapp.email.providers import CUSTOM, owner_of
from bookingapp.email.routes import Route

# A name that every resolver knows, unless it answers for its own house alone.
ANYWHERE = "com"
# Where keys stand if nobody said otherwise: OpenDKIM, rspamd, Postfix how-tos, mailcow, cPanel.
USUAL_SELECTORS = ("mail", "default", "dkim", "s1", "s2", "k1", "selector1", "google")


def examine(
    domain: str, routes: Sequence[Route], names: Names, selectors: Sequence[str] = ()
) -> Findings:
    """What receivers will find. Where DNS does not answer, that is said, and is no failure."""
    found = Findings("sender")
    owner = owner_of(domain)
    if owner is not None:
        found.ok("domain", f"{domain} belongs to {owner.title}, which keeps its records")
        return found
    try:
        if _there(domain, names, found):
            _spf(domain, routes, names, found)
            _dkim(domain, routes, names, found, selectors)
            _dmarc(domain, names, found)
    except Silent as silence:
        found.note("dns", f"DNS does not answer here, so the records of {domain} are unknown: {silence}",
                   "run this where DNS works, or name a resolver: --dns 1.1.1.1")  # fmt: skip
    return found


def _there(domain: str, names: Names, found: Findings) -> bool:
    if not names.exists(domain):
        if not names.exists(ANYWHERE):
            raise Silent("it knows nothing of the world outside")
        found.fail("domain", f"{domain} is not in DNS, so receivers refuse mail from it",
                   "set MAIL_DEFAULT_SENDER to an address at a domain of yours")  # fmt: skip
        return False
    if not [host for host in names.mx(domain) if host != "."] and not names.addresses(domain):
        found.warn("domain", f"{domain} takes no mail: answers and bounces get lost",
                   f"add an MX record to {domain}, naming the server with its mailboxes")  # fmt: skip
    else:
        found.ok("domain", f"{domain} is in DNS and takes mail")
    return True


def _spf(domain: str, routes: Sequence[Route], names: Names, found: Findings) -> None:
    there = spf.records(domain, names)
    if len(there) > 1:
        found.fail("spf", f"{domain} has {len(there)} SPF records; receivers then use none",
                   "keep one TXT record that begins with v=spf1 and holds what all of them say")  # fmt: skip
        return
    allowed = spf.read(domain, there[0], names) if there else spf.Allowed()
    more = list(dict.fromkeys(one for route in routes for one in _lacking(route, allowed, names)))
    if allowed.lookups > spf.MOST_LOOKUPS:
        found.fail("spf", f"{domain}'s record needs more than ten look-ups; receivers give up on it",
                   "replace some of its include: by ip4:")  # fmt: skip
    elif allowed.everybody:
        found.warn("spf", "+all lets everybody send in your name", "end the record with ~all")
    elif not there:
        end = " ".join(["v=spf1", *(more or ["mx"]), "~all"])
        found.warn("spf", f"{domain} has no SPF record", f'add to {domain}: TXT "{end}"')
    elif more:
        new = spf.with_more(there[0], more)
        found.warn("spf", f"the record does not name {' '.join(more)}",
                   f'change the TXT record of {domain} to "{new}"')  # fmt: skip
    else:
        found.ok("spf", there[0])


def _lacking(route: Route, allowed: spf.Allowed, names: Names) -> list[str]:
    """What the record must name for this way out. Our own relay's address outside is not known here."""
    if route.preset is not CUSTOM:
        include = route.preset.spf
        return [f"include:{include}"] if include and include not in allowed.includes else []
    if route.local:
        return []
    addresses = [a for a in _addresses(route.server, names) if ip_address(a).is_global]
    if any(allowed.lets(address) for address in addresses):
        return []
    return [f"ip{ip_address(a).version}:{a}" for a in addresses]


def _addresses(server: str, names: Names) -> list[str]:
    try:
        return [str(ip_address(server.strip("[]")))]
    except ValueError:
        return names.addresses(server)


def _dkim(
    domain: str, routes: Sequence[Route], names: Names, found: Findings, selectors: Sequence[str]
) -> None:
    providers = [selector for route in routes for selector in route.preset.selectors]
    for selector in dict.fromkeys([*selectors, *providers, *USUAL_SELECTORS]):
        where = f"{selector}._domainkey.{domain}"
        for text in names.txt(where):
            tags = _tags(text)
            if tags.get("p"):
                found.ok("dkim", f"a key at {where}")
                return
            if "p" in tags:
                found.warn("dkim", f"the key at {where} is empty, which means withdrawn",
                           "publish the key your server signs with")  # fmt: skip
                return
    looked = ", ".join(selectors) if selectors else "the usual names"
    found.warn("dkim", f"no key of {domain} under {looked}", _sign(domain, routes[0]))


def _sign(domain: str, route: Route) -> str:
    if route.provider == "gmail":
        return (
            "Workspace: admin console, Apps, Gmail, Authenticate email; it shows the TXT record for"
            f" google._domainkey.{domain}"
        )
    if route.provider == "outlook":
        return (
            "Microsoft 365 Defender, Email authentication, DKIM; it shows two CNAME records,"
            f" selector1._domainkey.{domain} and selector2._domainkey.{domain}"
        )
    return (
        f"let your relay sign (opendkim-genkey -s mail -d {domain}), then add"
        f' mail._domainkey.{domain}: TXT "v=DKIM1; k=rsa; p=…"; a key of another name: --selector NAME'
    )


def _dmarc(domain: str, names: Names, found: Findings) -> None:
    weak = {f.what for f in found if f.what in {"spf", "dkim"} and f.level is not Level.OK}
    for parent in _parents(domain):
        there = [t for t in names.txt(f"_dmarc.{parent}") if t.lower().startswith("v=dmarc1")]
        if len(there) > 1:
            found.fail("dmarc", f"_dmarc.{parent} has {len(there)} records; receivers then use none",
                       "keep one")  # fmt: skip
            return
        if there:
            policy = _tags(there[0]).get("p", "none").lower()
            if policy != "none" and weak == {"spf", "dkim"}:
                found.fail("dmarc", f"{there[0]}: receivers are told to {_told(policy)} our mails",
                           "put SPF or DKIM right, see above")  # fmt: skip
            else:
                found.ok("dmarc", there[0])
            return
    found.warn("dmarc", f"{domain} has no DMARC record; Gmail and Yahoo want one",
               f'add to _dmarc.{domain}: TXT "v=DMARC1; p=none; rua=mailto:postmaster@{domain}"')  # fmt: skip


def _told(policy: str) -> str:
    return "refuse" if policy == "reject" else "set aside"


def _parents(domain: str) -> list[str]:
    """The domain itself, then those above it, down to two labels."""
    labels = domain.split(".")
    return [".".join(labels[n:]) for n in range(max(1, len(labels) - 1))]


def _tags(text: str) -> dict[str, str]:
    """`v=DKIM1; p=…` as names and values."""
    pairs = (part.partition("=") for part in text.split(";"))
    return {name.strip().lower(): value.strip() for name, found, value in pairs if found}

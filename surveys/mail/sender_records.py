"""What the DNS says about the domain that mails come from: may we send for it, and does anyone check."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from email.utils import parseaddr

from dns.exception import DNSException
from dns.resolver import NXDOMAIN, NoAnswer, Resolver

# Seconds for one question, and so for all: they are asked at once.
PATIENCE = 2.0


@dataclass(frozen=True, slots=True)
class Record:
    """One kind of record, whether it is there (None: the DNS did not say), and what that means."""

    name: str
    is_there: bool | None
    words: str


def sender_records(sender: str, *, resolver: Resolver | None = None) -> list[Record]:
    """Return what the DNS holds about the domain of a sender, after two seconds at most."""
    domain = parseaddr(sender)[1].rpartition("@")[2]
    if "." not in domain:
        return [Record("Sender", False, f"“{sender}” names no domain that others can look up.")]
    try:
        asked = resolver or Resolver()
    except DNSException:
        return [Record("DNS", None, "This machine has no DNS to ask.")]
    with ThreadPoolExecutor(3) as pool:
        return list(pool.map(lambda check: check(domain, asked), (_spf, _dkim, _dmarc)))


def _spf(domain: str, resolver: Resolver) -> Record:
    texts = _texts(domain, resolver)
    found = [text for text in texts or () if text.lower().startswith("v=spf1")]
    if texts is None:
        return Record("SPF", None, "The DNS did not answer.")
    if not found:
        return Record(
            "SPF", False, f"{domain} does not say who may send for it: add “v=spf1 include:… -all”."
        )
    if len(found) > 1:
        return Record("SPF", False, "There are two records, which counts as none: keep one.")
    return Record("SPF", True, found[0])


def _dkim(domain: str, resolver: Resolver) -> Record:
    """Return whether there are signing keys: a name above existing ones exists without records of its own."""
    try:
        resolver.resolve(f"_domainkey.{domain}", "TXT", lifetime=PATIENCE)
    except NXDOMAIN:
        return Record(
            "DKIM", False, f"{domain} has no keys: let your provider sign, and add the key it names."
        )
    except NoAnswer:
        pass
    except DNSException:
        return Record("DKIM", None, "The DNS did not answer.")
    return Record("DKIM", True, "There are keys. Your provider says whether it signs with one of them.")


def _dmarc(domain: str, resolver: Resolver) -> Record:
    texts = _texts(f"_dmarc.{domain}", resolver)
    found = [text for text in texts or () if text.lower().startswith("v=dmarc1")]
    if texts is None:
        return Record("DMARC", None, "The DNS did not answer.")
    if not found:
        return Record(
            "DMARC", False, f"Add a TXT record at _dmarc.{domain}: “v=DMARC1; p=none; rua=mailto:…”."
        )
    return Record("DMARC", True, found[0])


def _texts(name: str, resolver: Resolver) -> list[str] | None:
    """Return the texts of a name, or None where the DNS did not answer."""
    try:
        answer = resolver.resolve(name, "TXT", lifetime=PATIENCE)
    except (NXDOMAIN, NoAnswer):
        return []
    except DNSException:
        return None
    return [b"".join(row.strings).decode(errors="replace")[:300] for row in answer]

"""What a request gives away about whether a person sent it; an address is hashed at once and kept nowhere."""

import hashlib
import hmac
from base64 import urlsafe_b64encode
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from ipaddress import IPv6Address, ip_address

from django.conf import settings
from django.http import HttpRequest

# Nobody reads a question and answers it in less.
FASTEST = timedelta(seconds=2)
STAMP = b"earshot.surveys.stamps.v1"
FOOTPRINT = b"earshot.surveys.footprints.v1"


def client_address(request: HttpRequest) -> str:
    """Return the client's address, '' where none can be told: the one word for limits, logs and records.

    Exactly TRUSTED_PROXY_COUNT entries of X-Forwarded-For are believed, counted from the right; every other
    header is the client's own invention (SECURITY T48).
    """
    given = request.META.get("REMOTE_ADDR", "")
    if settings.TRUSTED_PROXY_COUNT:
        hops = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
        given = hops[-min(settings.TRUSTED_PROXY_COUNT, len(hops))]
    return _address(given.strip())


def visitor_of(request: HttpRequest, link: str, day: date) -> bytes:
    """Return 16 bytes that are the same for one address on one link on one day, and say nothing else.

    Of an IPv6 address the network counts: a household has more addresses than it can use up.
    """
    key = _key(FOOTPRINT + day.isoformat().encode())
    return hmac.digest(key, f"{link} {_network(client_address(request))}".encode(), "sha256")[:16]


def stamp(started: int) -> str:
    """Return the instant at which a page was first shown, with a seal that nobody else can make."""
    seal = hmac.digest(_key(STAMP), str(started).encode(), "sha256")[:9]
    return f"{started}.{urlsafe_b64encode(seal).decode()}"


def read_stamp(given: str) -> datetime | None:
    """Return the instant of a stamp, None unless it is one of ours."""
    started, _, _ = given.partition(".")
    if not (started.isascii() and started.isdigit() and len(started) <= 10):
        return None
    if not hmac.compare_digest(stamp(int(started)).encode(), given.encode()):
        return None
    return datetime.fromtimestamp(int(started), UTC)


# Taking an address apart costs more than hashing it, and the same ones come again and again.
@lru_cache(maxsize=4096)
def _address(given: str) -> str:
    try:
        address = ip_address(given)
    except ValueError:
        return ""
    # What a socket for both protocols says of a client of the older one.
    return str(getattr(address, "ipv4_mapped", None) or address)


@lru_cache(maxsize=4096)
def _network(address: str) -> str:
    return str(IPv6Address(int(IPv6Address(address)) >> 64 << 64)) if ":" in address else address


@lru_cache(maxsize=8)
def _key(purpose: bytes) -> bytes:
    return hashlib.sha256(purpose + settings.SECRET_KEY.encode()).digest()

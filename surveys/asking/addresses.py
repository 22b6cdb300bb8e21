"""Mail addresses as suppression knows them: a keyed hash that survives the contact."""

import hashlib
import hmac
from collections.abc import Iterable

from django.conf import settings

SALT = b"earshot.surveys.addresses.v1"


def address_hash(address: str) -> bytes:
    """Return the 32 bytes by which an address is known, whatever its letter case and the spaces around it."""
    return address_hashes((address,))[0]


def address_hashes(addresses: Iterable[str]) -> list[bytes]:
    """Return for each address the bytes by which it is known; the key of thousands is prepared once."""
    keyed = hmac.new(SALT + settings.SECRET_KEY.encode(), digestmod=hashlib.sha256)
    found = []
    for address in addresses:
        each = keyed.copy()
        each.update(address.strip().lower().encode())
        found.append(each.digest())
    return found


def domain_of(address: str) -> str:
    """Return the domain of an address in lower case, or ''."""
    return address.strip().lower().rpartition("@")[2] if "@" in address else ""

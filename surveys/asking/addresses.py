"""Mail addresses as suppression knows them: a keyed hash that survives the contact."""

import hashlib
import hmac

from django.conf import settings

SALT = b"earshot.surveys.addresses.v1"


def address_hash(address: str) -> bytes:
    """Return the 32 bytes by which an address is known, whatever its letter case and the spaces around it."""
    normalized = address.strip().lower().encode()
    return hmac.new(SALT + settings.SECRET_KEY.encode(), normalized, hashlib.sha256).digest()


def domain_of(address: str) -> str:
    """Return the domain of an address in lower case, or ''."""
    return address.strip().lower().rpartition("@")[2] if "@" in address else ""

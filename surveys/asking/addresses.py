"""Mail addresses as suppression knows them: a keyed hash that survives the contact."""

import hashlib
import hmac
from collections.abc import Collection, Iterable
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

SALT = b"earshot.surveys.addresses.v1"
# Rows about so many addresses are looked up; about more, all rows may be the fewer.
FEW = 100


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


def rows_about(digests: Collection[bytes], rows: QuerySet[Any, Any]) -> dict[bytes, tuple[Any, ...]]:
    """Return the rest of each row whose first column is one of these addresses, by that.

    There may be rows about other addresses among them: all are read where they are fewer.
    """
    found = list(rows.order_by()[: len(digests) + 1]) if len(digests) > FEW else None
    if found is None or len(found) > len(digests):
        # As one value, cut up there: as many each take longer to write and to plan than to find.
        each = RawSQL(
            "SELECT substring(%s::bytea FROM 32 * place + 1 FOR 32) FROM generate_series(0, %s) AS place",
            [b"".join(digests), len(digests) - 1],
        )
        found = list(rows.order_by().filter(address_hash__in=each))
    return {bytes(row[0]): row[1:] for row in found}


def domain_of(address: str) -> str:
    """Return the domain of an address in lower case, or ''."""
    return address.strip().lower().rpartition("@")[2] if "@" in address else ""

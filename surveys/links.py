"""Secrets of personal links: 128 bits that only the SECRET_KEY and the row together can give again.

And receipts, with which who just answered an open link may say one thing more.
"""

import base64
import hashlib
import hmac
import secrets
from datetime import datetime
from uuid import UUID

from django.conf import settings

SALT = b"earshot.surveys.links.v1"
RECEIPT_SALT = b"earshot.surveys.receipts.v1"
RECEIPT_MASK = b"earshot.surveys.receipts.mask.v1"
RECEIPT_SECONDS = 3600


def new_nonce() -> bytes:
    """Return 16 random bytes for a new invitation's row."""
    return secrets.token_bytes(16)


def token_for(nonce: bytes) -> str:
    """Return the link's token (22 letters, 128 bits): a stolen database holds the nonce but not the key."""
    digest = hmac.new(settings.SECRET_KEY.encode(), SALT + nonce, hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest[:16]).rstrip(b"=").decode()


def token_hash(token: str) -> bytes:
    """Return what is stored of a token and looked up by index."""
    return hashlib.sha256(token.encode()).digest()


def personal_link(nonce: bytes) -> str:
    """Return the absolute personal link of an invitation."""
    return f"{settings.PUBLIC_BASE_URL}/r/{token_for(nonce)}/"


def receipt_for(public_id: UUID, now: datetime) -> str:
    """Return what proves for an hour that its bearer sent this response: 44 letters, for the thanks page.

    It stands in addresses, which logs keep beside a personal link: without the SECRET_KEY it names nothing.
    """
    body = public_id.bytes + int(now.timestamp()).to_bytes(5, "big")
    seal = _seal(body)
    return base64.urlsafe_b64encode(_masked(body, seal) + seal).decode()


def read_receipt(receipt: str, now: datetime) -> UUID | None:
    """Return the response of a receipt, None unless it is one of ours and not an hour old."""
    try:
        packed = base64.b64decode(receipt.encode(), b"-_", validate=True)
    except ValueError:
        return None
    hidden, seal = packed[:21], packed[21:]
    body = _masked(hidden, seal)
    if len(body) < 21 or not hmac.compare_digest(_seal(body), seal):
        return None
    age = now.timestamp() - int.from_bytes(body[16:], "big")
    return UUID(bytes=body[:16]) if age < RECEIPT_SECONDS else None


def _masked(body: bytes, seal: bytes) -> bytes:
    """Return the body hidden under what only the key and its seal give, or the hidden one laid open."""
    mask = hmac.digest(settings.SECRET_KEY.encode(), RECEIPT_MASK + seal, "sha256")
    return bytes(one ^ other for one, other in zip(body, mask, strict=False))


def _seal(body: bytes) -> bytes:
    return hmac.digest(settings.SECRET_KEY.encode(), RECEIPT_SALT + body, "sha256")[:12]

"""Secrets of personal links: 128 bits that only the SECRET_KEY and the row together can give again."""

import base64
import hashlib
import hmac
import secrets

from django.conf import settings

SALT = b"earshot.surveys.links.v1"


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

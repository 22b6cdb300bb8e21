"""Mail providers as a setting: `anymail://mailgun?MAILGUN_API_KEY=…&WEBHOOK_SECRET=user:password`."""

import re
from typing import Any
from urllib.parse import parse_qsl, urlsplit

SCHEME = "anymail"


class ProviderUnreadable(ValueError):
    """The URL names no provider, or settings that are none."""


def provider_settings(url: str) -> dict[str, Any]:
    """Return the Django settings by which mail goes out over the provider that the URL names.

    Raises ProviderUnreadable, without the secrets that the URL holds.
    """
    parts = urlsplit(url)
    provider = parts.netloc.lower()
    if parts.scheme != SCHEME or not re.fullmatch(r"[a-z_]+", provider):
        raise ProviderUnreadable("EMAIL_URL: anymail://PROVIDER?SETTING=value&… names a provider.")
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    if wrong := [name for name in options if not re.fullmatch(r"[A-Z][A-Z0-9_]*", name)]:
        raise ProviderUnreadable(f"EMAIL_URL: {wrong[0][:40]} is no setting; they are in capitals.")
    secret = options.get("WEBHOOK_SECRET")
    if secret is not None and not re.fullmatch(r"[^:]+:[^:]{16,}", secret):
        raise ProviderUnreadable("EMAIL_URL: WEBHOOK_SECRET is user:password, the latter of 16 or more.")
    return {
        "EMAIL_BACKEND": f"anymail.backends.{provider}.EmailBackend",
        "MAIL_PROVIDER": provider,
        "ANYMAIL": options,
    }

"""What the settings refuse to start with; pure, so that each refusal is one line in a test."""

from collections.abc import Sequence
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
WEAK_KEYS = ("change", "secret", "insecure", "example", "password", "django")


class UnsafeSettings(Exception):
    """The environment asks for a start that would expose the company's data."""


def default_hosts(public_base_url: str, *, embedded: bool) -> list[str]:
    """Return the hosts to answer for: that of the public URL, and loopback for the embedded instance."""
    host = urlsplit(public_base_url).hostname
    hosts = {host} if host else set()
    if embedded:
        hosts |= {"127.0.0.1", "localhost", "[::1]"}
    return sorted(hosts)


def celery_url(redis_url: str) -> str:
    """Return the broker URL for Celery, which names Unix sockets differently from redis-py."""
    if redis_url.startswith("unix://"):
        path, _, query = redis_url.removeprefix("unix://").partition("?")
        database = query.partition("db=")[2].partition("&")[0] or "0"
        return f"redis+socket://{path}?virtual_host={database}"
    return redis_url


def refuse_unsafe(
    *,
    secret_key: str,
    debug: bool,
    public_base_url: str,
    allowed_hosts: Sequence[str],
    reporting_currency: str,
    reporting_time_zone: str,
) -> None:
    """Raise UnsafeSettings with one clear line when the environment may not be served."""
    if not secret_key:
        raise UnsafeSettings("SECRET_KEY is not set: make one with `openssl rand -base64 48`.")
    if len(secret_key) < 32 or len(set(secret_key)) < 10 or secret_key.lower().startswith(WEAK_KEYS):
        raise UnsafeSettings(
            "SECRET_KEY is weak: at least 32 random characters, `openssl rand -base64 48` makes one."
        )
    url = urlsplit(public_base_url)
    if url.scheme not in {"http", "https"} or not url.hostname:
        raise UnsafeSettings(
            "PUBLIC_BASE_URL must be the address people reach, such as https://voice.example.com."
        )
    is_loopback = url.hostname in LOOPBACK
    if url.scheme == "http" and not is_loopback:
        raise UnsafeSettings("PUBLIC_BASE_URL must be https:// unless it is a loopback address.")
    if debug and not is_loopback:
        raise UnsafeSettings(
            "DEBUG is on at a public PUBLIC_BASE_URL: it would show settings and data to strangers."
        )
    if "*" in allowed_hosts:
        raise UnsafeSettings("ALLOWED_HOSTS=* would let anyone forge the links in mails: name the hosts.")
    if len(reporting_currency) != 3 or not reporting_currency.isupper():
        raise UnsafeSettings("REPORTING_CURRENCY must be a three-letter ISO 4217 code such as EUR.")
    try:
        ZoneInfo(reporting_time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        raise UnsafeSettings(
            f"REPORTING_TIME_ZONE {reporting_time_zone!r} is not a time zone name."
        ) from None

import re
from pathlib import Path

import pytest

from config.safety import UnsafeSettings, celery_url, default_hosts, refuse_unsafe

ROOT = Path(__file__).resolve().parents[2]
SAFE = {
    "secret_key": "fEn3kq0vJmPzW8sYb2cT7rXg5hLd9uAoQi1N6eKt",
    "debug": False,
    "public_base_url": "https://voice.example.com",
    "allowed_hosts": ["voice.example.com"],
    "reporting_currency": "EUR",
    "reporting_time_zone": "Europe/Berlin",
}


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"public_base_url": "http://127.0.0.1:8000"},
        {"public_base_url": "http://localhost:8000", "debug": True},
        {"public_base_url": "http://[::1]:8000"},
        {"allowed_hosts": ["a.example.com", "b.example.com"]},
    ],
)
def test_a_safe_environment_starts(change):
    refuse_unsafe(**SAFE | change)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"secret_key": ""}, "SECRET_KEY is not set"),
        ({"secret_key": "fEn3kq0vJmPzW8sYb2cT7rXg5hLd9uA"}, "SECRET_KEY is weak"),
        ({"secret_key": "abcabcabc" * 6}, "SECRET_KEY is weak"),
        ({"secret_key": "changeme-fEn3kq0vJmPzW8sYb2cT7rXg5hLd9"}, "SECRET_KEY is weak"),
        ({"secret_key": "Django-insecure-fEn3kq0vJmPzW8sYb2cT7r"}, "SECRET_KEY is weak"),
        ({"public_base_url": ""}, "PUBLIC_BASE_URL must be the address"),
        ({"public_base_url": "voice.example.com"}, "PUBLIC_BASE_URL must be the address"),
        ({"public_base_url": "ftp://voice.example.com"}, "PUBLIC_BASE_URL must be the address"),
        ({"public_base_url": "http://voice.example.com"}, "must be https://"),
        ({"public_base_url": "http://127.0.0.1.example.com"}, "must be https://"),
        ({"debug": True}, "DEBUG is on at a public"),
        ({"allowed_hosts": ["*"]}, r"ALLOWED_HOSTS=\*"),
        ({"allowed_hosts": ["voice.example.com", "*"]}, r"ALLOWED_HOSTS=\*"),
        ({"reporting_currency": "euro"}, "REPORTING_CURRENCY"),
        ({"reporting_currency": "eur"}, "REPORTING_CURRENCY"),
        ({"reporting_time_zone": "Berlin"}, "REPORTING_TIME_ZONE 'Berlin'"),
        ({"reporting_time_zone": "../../etc/passwd"}, "REPORTING_TIME_ZONE"),
    ],
)
def test_an_unsafe_environment_is_refused_in_one_line(change, reason):
    with pytest.raises(UnsafeSettings, match=reason) as refusal:
        refuse_unsafe(**SAFE | change)
    assert "\n" not in str(refusal.value)


def test_it_answers_for_its_public_host_and_for_loopback_only_when_embedded():
    assert default_hosts("https://voice.example.com", embedded=False) == ["voice.example.com"]
    assert default_hosts("http://127.0.0.1:8000", embedded=True) == ["127.0.0.1", "[::1]", "localhost"]


def test_celery_gets_its_own_spelling_of_a_socket():
    assert celery_url("unix:///run/valkey.sock?db=2") == "redis+socket:///run/valkey.sock?virtual_host=2"
    assert celery_url("unix:///run/valkey.sock") == "redis+socket:///run/valkey.sock?virtual_host=0"
    assert celery_url("redis://127.0.0.1:6379/1") == "redis://127.0.0.1:6379/1"


def test_the_example_names_every_variable_that_the_settings_read():
    settings = (ROOT / "config" / "settings.py").read_text()
    read = set(re.findall(r'\benv\.\w+\(\s*"(\w+)"', settings))
    named = set(re.findall(r"^# ([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert named == read - {"EARSHOT_EMBEDDED"}

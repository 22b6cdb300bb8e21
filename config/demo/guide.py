"""What a newcomer to the demo company can try first."""

from config.demo.staff import demo_logins
from surveys.models import Collector


def guide() -> list[str]:
    """Return lines that name an open survey link and the logins, for the terminal that runs the demo."""
    open_links = [collector.link for collector in Collector.objects.filter(closed_at=None)[:1]]
    logins = [f"  {role:<16} {address:<34} {password}" for role, address, password in demo_logins()]
    return [*(f"Answer a survey: {link}" for link in open_links), *(["Log in as", *logins] if logins else [])]

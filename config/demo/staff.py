"""Who works at the demo company and logs in: one person of each role, and the other account managers."""

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from django.conf import settings
from django.contrib.auth.models import Group

from accounts.models import Team, User
from accounts.roles import ACCOUNT_MANAGER, ADMINISTRATOR, ANALYST, BUILDER, EXECUTIVE
from config.demo.names import plain
from config.demo.places import (
    ASIA_PACIFIC,
    DACH,
    LATIN_AMERICA,
    NORTH_AMERICA,
    UK_AND_NORDICS,
    WESTERN_EUROPE,
)

HOST = "demo.example"
SALT = b"earshot.demo.password.v1"

# Role, name. The address is the role's; only these five can log in.
LOGINS = (
    (ADMINISTRATOR, "Robin Aldous"),
    (BUILDER, "Sasha Lindqvist"),
    (ANALYST, "Noor van Dam"),
    (EXECUTIVE, "Helen Marchetti"),
    (ACCOUNT_MANAGER, "Grace Holloway"),
)
MANAGERS = (
    (UK_AND_NORDICS, "Grace Holloway"),
    (UK_AND_NORDICS, "Callum Reeves"),
    (DACH, "Katrin Vogel"),
    (DACH, "Jens Ebert"),
    (WESTERN_EUROPE, "Camille Garnier"),
    (WESTERN_EUROPE, "Javier Molina"),
    (WESTERN_EUROPE, "Lotte Brouwer"),
    (NORTH_AMERICA, "Marcus Sawyer"),
    (NORTH_AMERICA, "Naomi Thornton"),
    (NORTH_AMERICA, "Patrick Ellis"),
    (LATIN_AMERICA, "Lucía Romero"),
    (ASIA_PACIFIC, "Priya Nair"),
    (ASIA_PACIFIC, "Kenji Okada"),
)


class Staff(NamedTuple):
    """Who builds the surveys, and the account managers by team."""

    administrator: User
    builder: User
    managers: Mapping[str, Sequence[User]]


def hire() -> Staff:
    """Create the teams and everyone who logs in.

    The five logins get a password on the embedded instance only: anywhere else nobody can log in as them
    until an administrator sets one (SECURITY T65).
    """
    logins = {role: _hire(name, role, login_address(role)) for role, name in LOGINS}
    with_login = {str(user): user for user in logins.values()}
    managers: dict[str, list[User]] = {}
    for team_name, name in MANAGERS:
        address = f"{plain(name).replace('-', '.')}@{HOST}"
        manager = with_login.get(name) or _hire(name, ACCOUNT_MANAGER, address)
        team, _ = Team.objects.get_or_create(name=team_name)
        manager.teams.add(team)
        managers.setdefault(team_name, []).append(manager)
    return Staff(logins[ADMINISTRATOR], logins[BUILDER], managers)


def _hire(name: str, role: str, address: str) -> User:
    has_login = settings.EMBEDDED and address == login_address(role)
    first_name, _, last_name = name.partition(" ")
    user = User.objects.create_user(
        address,
        password=demo_password(address) if has_login else None,
        first_name=first_name,
        last_name=last_name,
        is_staff=True,
    )
    user.groups.add(Group.objects.get(name=role))
    return user


def login_address(role: str) -> str:
    """Return the e-mail address of the one login of a role."""
    return f"{role.replace(' ', '.')}@{HOST}"


def demo_password(address: str) -> str:
    """Return the password (80 bits) that this install gives to a demo login: the same at each start.

    It hangs on SECRET_KEY, so no two installs share it and it need not be stored anywhere.
    """
    digest = hmac.new(settings.SECRET_KEY.encode(), SALT + address.encode(), hashlib.sha256).digest()
    letters = base64.b32encode(digest[:10]).decode().lower()
    return "-".join(letters[place : place + 4] for place in range(0, 16, 4))


def demo_logins() -> list[tuple[str, str, str]]:
    """Return (role, address, password) of each demo login that works; off the embedded instance none."""
    if not settings.EMBEDDED:
        return []
    found = User.objects.filter(is_active=True).in_bulk(
        [login_address(role) for role, _ in LOGINS], field_name="email"
    )
    return [
        (role, user.email, password)
        for role, _ in LOGINS
        if (user := found.get(login_address(role)))
        and user.check_password(password := demo_password(user.email))
    ]

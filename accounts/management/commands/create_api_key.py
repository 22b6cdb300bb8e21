from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management import BaseCommand, CommandError
from django.utils import timezone

from accounts.actions.keys import SHORTHANDS, ScopeUnknown, create_api_key, parse_scopes
from accounts.management.status import WRONG_USE
from accounts.models import Team
from accounts.models.keys import SCOPES

MAX_DAYS = 3650


class Command(BaseCommand):
    help = "Make a key for the API. Its secret is the last line printed, and is not shown again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--name", required=True, help="what the key is for")
        parser.add_argument(
            "--scopes",
            required=True,
            metavar="A,B,…",
            help=f"{', '.join(SHORTHANDS)} (every …:read), or some of {', '.join(SCOPES)}",
        )
        parser.add_argument("--team", metavar="NAME", help="only this team's accounts")
        parser.add_argument("--expires", type=int, metavar="DAYS", help="how long the key is valid")

    def handle(
        self, *args: Any, name: str, scopes: str, team: str | None, expires: int | None, **options: Any
    ) -> None:
        now = timezone.now()
        if not 0 < len(name.strip()) <= 120:
            raise CommandError("--name: 1 to 120 characters", returncode=WRONG_USE)
        if expires is not None and not 0 < expires <= MAX_DAYS:
            raise CommandError(f"--expires: 1 to {MAX_DAYS} days", returncode=WRONG_USE)
        try:
            wanted = parse_scopes([scope.strip() for scope in scopes.split(",")])
        except ScopeUnknown as unknown:
            raise CommandError(f"--scopes: {unknown}", returncode=WRONG_USE) from None
        key, secret = create_api_key(
            name.strip(),
            wanted,
            team=None if team is None else self._team(team),
            expires_at=None if expires is None else now + timedelta(days=expires),
            by=None,
            now=now,
        )
        self.stdout.write(f"{key}: {', '.join(key.scopes)}")
        self.stdout.write(secret)

    def _team(self, name: str) -> Team:
        team = Team.objects.filter(name=name).first()
        if team is None:
            known = ", ".join(Team.objects.values_list("name", flat=True)) or "none"
            raise CommandError(f"--team: there is no team {name!r}; there is {known}", returncode=WRONG_USE)
        return team

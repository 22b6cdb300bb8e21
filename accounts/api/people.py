from typing import Any

from rest_framework import serializers

from accounts.models import ApiKey, Team, User


def known_users(key: ApiKey) -> Any:
    """Return the users that a key may name, and is told of."""
    return User.objects.visible_to(key)


def known_teams(key: ApiKey) -> Any:
    """Return the teams that a key may name: a limited one knows its own only."""
    return Team.objects.filter(pk=key.team_id) if key.team_id else Team.objects.all()


class OwnerField(serializers.SlugRelatedField):  # type: ignore[type-arg]
    """A user by e-mail address."""

    def __init__(self, **options: Any) -> None:
        super().__init__(slug_field="email", **options)

    def get_queryset(self) -> Any:
        """Return the users that the key may name."""
        return known_users(self.context["request"].auth)


class TeamField(serializers.SlugRelatedField):  # type: ignore[type-arg]
    """A team by name."""

    def __init__(self, **options: Any) -> None:
        super().__init__(slug_field="name", **options)

    def get_queryset(self) -> Any:
        """Return the teams that the key may name."""
        return known_teams(self.context["request"].auth)

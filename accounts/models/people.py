from typing import Any, ClassVar, Protocol, Self

from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models
from django.db.models.functions import Lower


class Team(models.Model):
    """One row is a team whose members share the accounts assigned to it."""

    name = models.CharField(max_length=120, unique=True)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class EmailUserManager(UserManager["User"]):
    """Creates users that log in by e-mail; the address is compared without regard to case."""

    def _create_user(self, email: str, password: str | None, **extra: object) -> "User":
        if not email:
            raise ValueError("A user needs an e-mail address.")
        user = self.model(email=self.normalize_email(email), **extra)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_user(self, email: str, password: str | None = None, **extra: object) -> "User":  # type: ignore[override]
        """Return a new user without rights of its own."""
        return self._create_user(email, password, **({"is_staff": False, "is_superuser": False} | extra))

    def create_superuser(self, email: str, password: str | None = None, **extra: object) -> "User":  # type: ignore[override]
        """Return a new user with every right."""
        return self._create_user(email, password, **(extra | {"is_staff": True, "is_superuser": True}))

    def get_by_natural_key(self, username: str | None) -> "User":
        """Return the user with this address in any letter case."""
        return self.get(email__iexact=username)

    def visible_to(self, viewer: "Viewer") -> "models.QuerySet[User]":
        """Users of whom the viewer is told who they are; people who log in know all of each other."""
        return self.filter(viewer.users_filter)


class User(AbstractUser):
    """One row is someone who logs in, by e-mail address; never a customer."""

    username = None  # type: ignore[assignment]
    email = models.EmailField("e-mail address", unique=True)
    teams = models.ManyToManyField(Team, related_name="members", blank=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects: ClassVar[EmailUserManager] = EmailUserManager()

    class Meta:
        ordering = ("email",)
        constraints = (models.UniqueConstraint(Lower("email"), name="user_email_any_case"),)

    def __str__(self) -> str:
        return self.get_full_name() or self.email

    @property
    def sees_all_accounts(self) -> bool:
        """Whether the account limit does not apply to this user."""
        return self.is_active and self.has_perm("accounts.view_all_accounts")

    @property
    def sees_revenue(self) -> bool:
        """Whether amounts of money may be shown to this user."""
        return self.is_active and self.has_perm("accounts.view_revenue")

    @property
    def sees_people(self) -> bool:
        """Whether it may be shown to this user who a contact is."""
        return self.is_active and self.has_perm("accounts.view_contact")

    @property
    def users_filter(self) -> models.Q:
        """No condition: whoever sees an account is told whose it is."""
        return models.Q()

    def accounts_filter(self, prefix: str) -> models.Q:
        """Return the condition on an account, found at the prefix, for being owned or a team's."""
        is_shared = models.Q(**{f"{prefix}team__in": self.teams.values("pk")})
        return models.Q(**{f"{prefix}owner": self.pk}) | is_shared


class Viewer(Protocol):
    """Who looks: a user, or a program with a key."""

    @property
    def is_active(self) -> bool: ...  # noqa: D102
    @property
    def sees_all_accounts(self) -> bool: ...  # noqa: D102
    @property
    def sees_revenue(self) -> bool: ...  # noqa: D102
    @property
    def sees_people(self) -> bool: ...  # noqa: D102
    @property
    def users_filter(self) -> models.Q: ...  # noqa: D102
    def accounts_filter(self, prefix: str) -> models.Q: ...  # noqa: D102


class Operator:
    """Who runs a command on the machine itself: sees everything."""

    is_active = True
    sees_all_accounts = True
    sees_revenue = True
    sees_people = True
    users_filter = models.Q()

    def accounts_filter(self, prefix: str) -> models.Q:
        """Return no condition."""
        return models.Q()


OPERATOR = Operator()


class OfAccount(models.QuerySet[Any]):
    """Rows that hang on an account and are seen by whoever sees that account."""

    account_path = "account"

    def visible_to(self, viewer: Viewer) -> Self:
        """Rows of the accounts that the viewer is limited to; all with `view_all_accounts`."""
        if not viewer.is_active:
            return self.none()
        if viewer.sees_all_accounts:
            return self
        return self.filter(viewer.accounts_filter(f"{self.account_path}__" if self.account_path else ""))

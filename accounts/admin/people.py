from typing import Any

from django.apps import apps
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.db.models import Count, ManyToManyField, Model, Q, QuerySet
from django.db.models.fields.related import RelatedField
from django.forms import ModelMultipleChoiceField, ValidationError
from django.http import HttpRequest
from django.utils.html import format_html
from unfold.contrib.filters.admin import BooleanRadioFilter
from unfold.decorators import display
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from accounts.admin.filters import OfferedFilter
from accounts.admin.visibility import VisibleAdmin, user_of
from accounts.models import Account, Team, User

admin.site.unregister(Group)


def rights_of(user: User) -> QuerySet[Permission]:
    """Return every right of a user who is no superuser, also while the login is switched off."""
    return Permission.objects.filter(Q(user=user) | Q(group__user=user)).distinct()


def roles_within(user: User) -> QuerySet[Group]:
    """Return the roles without a right beyond the user's own: those that the user may hand out."""
    beyond = Permission.objects.exclude(pk__in=rights_of(user).values("pk"))
    return Group.objects.exclude(permissions__in=beyond)


class OneAddress:
    """Refuses an address that another user has in any letter case."""

    cleaned_data: dict[str, Any]
    instance: User

    def clean_email(self) -> str:
        """Return the address, or raise ValidationError."""
        email: str = self.cleaned_data["email"]
        if User.objects.filter(email__iexact=email).exclude(pk=self.instance.pk).exists():
            raise ValidationError("Another user has this address.")
        return email


class NewUserForm(OneAddress, UserCreationForm):
    """A new login: its address, its password, its roles."""


class UserForm(OneAddress, UserChangeForm):
    """A login."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "password" in self.fields:
            link = format_html('<a href="{}" class="underline">Set another password</a>', "../password/")
            self.fields["password"].help_text = link


@admin.register(User)
class UserAdmin(DjangoUserAdmin, VisibleAdmin):  # type: ignore[misc, type-arg]
    form = UserForm
    add_form = NewUserForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("email", "full_name", "roles", "of_teams", "is_active", "last_login")
    list_filter = (
        ("groups", OfferedFilter),
        ("teams", OfferedFilter),
        ("is_active", BooleanRadioFilter),
    )
    search_fields = ("email", "first_name", "last_name")
    search_help_text = "Name or e-mail address"
    ordering = ("email",)
    filter_horizontal = ()
    readonly_fields = ("last_login", "date_joined")
    fieldsets = (
        (None, {"fields": ("email", "password", ("first_name", "last_name"))}),
        ("Sees and may", {"fields": (("is_active", "is_staff"), "is_superuser", "groups", "teams")}),
        ("Single rights", {"classes": ("collapse",), "fields": ("user_permissions",)}),
        ("Since", {"fields": (("last_login", "date_joined"),)}),
    )
    add_fieldsets = (
        (None, {"fields": ("email", ("first_name", "last_name"), "usable_password")}),
        (None, {"fields": (("password1", "password2"),)}),
        ("Sees and may", {"fields": ("is_staff", "groups", "teams")}),
    )
    help_texts = {
        "is_active": "May log in. Switch it off instead of deleting somebody.",
        "is_staff": "May open these pages; the API has keys of its own.",
        "is_superuser": "May do and see everything, whatever the roles say.",
    }
    # What only a superuser may hand out: rights that no role bounds (SECURITY T28).
    superuser_fields = frozenset({"is_superuser", "user_permissions"})

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Return the users with their roles and teams."""
        return super().get_queryset(request).prefetch_related("groups", "teams")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Leave logins to who sees every account: a team shares its accounts with whoever is put in it."""
        return user_of(request).sees_all_accounts and super().has_add_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Refuse users with a right that the one who asks has not: their password would be a way up."""
        may = user_of(request).sees_all_accounts and super().has_change_permission(request, obj)
        return may and self._is_no_stronger(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Refuse users with a right that the one who asks has not."""
        may = user_of(request).sees_all_accounts and super().has_delete_permission(request, obj)
        return may and self._is_no_stronger(request, obj)

    def _is_no_stronger(self, request: HttpRequest, obj: Model | None) -> bool:
        user = user_of(request)
        if user.is_superuser or not isinstance(obj, User):
            return True
        is_within = not rights_of(obj).exclude(pk__in=rights_of(user).values("pk")).exists()
        return is_within and not obj.is_superuser

    def _hidden_fields(self, request: HttpRequest, obj: Model | None = None) -> set[str]:
        hidden = super()._hidden_fields(request, obj)
        return hidden if user_of(request).is_superuser else hidden | self.superuser_fields

    def formfield_for_manytomany(
        self, db_field: "ManyToManyField[Any, Any]", request: HttpRequest, **kwargs: Any
    ) -> Any:
        """Return check boxes."""
        kwargs["widget"] = UnfoldAdminCheckboxSelectMultipleWidget()
        if db_field.name == "groups":
            kwargs |= {"label": "Roles", "help_text": "With several, whatever any of them may."}
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def get_field_queryset(
        self, db: str | None, db_field: "RelatedField[Any, Any]", request: HttpRequest
    ) -> QuerySet[Any]:
        """Return what a form's relation offers; a role with rights beyond one's own is no choice."""
        user = user_of(request)
        if db_field.name == "groups" and not user.is_superuser:
            return roles_within(user)
        return VisibleAdmin.get_field_queryset(self, db, db_field, request)

    @display(description="name", ordering="first_name")
    def full_name(self, user: User) -> str | None:
        return user.get_full_name() or None

    @display(description="roles")
    def roles(self, user: User) -> str | None:
        names = [role.name for role in user.groups.all()]
        return ", ".join(["superuser", *names] if user.is_superuser else names) or None

    @display(description="teams")
    def of_teams(self, user: User) -> str | None:
        return ", ".join(team.name for team in user.teams.all()) or None


@admin.register(Team)
class TeamAdmin(VisibleAdmin):
    list_display = ("name", "people", "accounts")
    search_fields = ("name",)
    search_help_text = "Name"
    readonly_fields = ("named_members",)
    help_texts = {"named_members": "Who belongs to it is chosen on the page of each user."}

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> list[Any]:
        """Return the fields, with the members of a team that there is for who may see users."""
        is_told = obj is not None and request.user.has_perm("accounts.view_user")
        return [(None, {"fields": ("name", "named_members") if is_told else ("name",)})]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Return the teams with how many belong to them, of the accounts those that the user sees."""
        own = Account.objects.visible_to(user_of(request)).order_by().values("pk")
        counts = {
            "member_count": Count("members", distinct=True),
            "account_count": Count("accounts", filter=Q(accounts__in=own), distinct=True),
        }
        teams: QuerySet[Any] = super().get_queryset(request).annotate(**counts)
        return teams

    # A method named like the relation itself would not be asked.
    @display(ordering="member_count", description="members")
    def people(self, team: Any) -> str:
        return f"{team.member_count:,}"

    @display(description="members")
    def named_members(self, team: Team) -> str:
        """Return who is in the team, by name."""
        return "\n".join(sorted(map(str, team.members.all()))) or "–"

    @display(ordering="account_count")
    def accounts(self, team: Any) -> str:
        return f"{team.account_count:,}"


class PermissionsField(ModelMultipleChoiceField):  # type: ignore[type-arg]
    """What a role may do: "account: change", "account: view revenue"."""

    def label_from_instance(self, obj: Any) -> str:
        """Return what is administered, and what may be done to it."""
        action = obj.codename.removesuffix(f"_{obj.content_type.model}")
        return f"{obj.content_type.name}: {action.replace('_', ' ')}"


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin, VisibleAdmin):  # type: ignore[misc]
    """The roles. What a role may do is for superusers to say (SECURITY T28)."""

    list_display = ("name",)
    search_help_text = "Name"
    filter_horizontal = ()
    fieldsets = ((None, {"fields": ("name", "permissions")}),)

    def formfield_for_manytomany(
        self, db_field: "ManyToManyField[Any, Any]", request: HttpRequest | None = None, **kwargs: Any
    ) -> Any:
        """Return check boxes."""
        kwargs["widget"] = UnfoldAdminCheckboxSelectMultipleWidget()
        kwargs |= {"queryset": _grantable(), "form_class": PermissionsField}
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Whether the user is a superuser."""
        return user_of(request).is_superuser

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Whether the user is a superuser."""
        return user_of(request).is_superuser

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Whether the user is a superuser."""
        return user_of(request).is_superuser


def _grantable() -> QuerySet[Permission]:
    """Return the permissions that open something: of what the admin lists, or held by a role."""
    listed = [model for model in apps.get_models() if admin.site.is_registered(model)]
    types = ContentType.objects.get_for_models(*listed).values()
    kept = Q(content_type__in=types) | Q(group__isnull=False)
    rows = Permission.objects.filter(kept).select_related("content_type").distinct()
    return rows.order_by("content_type__app_label", "content_type__model", "codename")

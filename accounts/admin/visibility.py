"""`visible_to(user)` everywhere in the admin: rows, related rows, filters, look-ups and amounts of money."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied
from django.db.models import ForeignKey, Model, QuerySet
from django.db.models.fields.related import RelatedField
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin, checkbox
from unfold.decorators import display

from accounts.models import User
from accounts.models.people import OfAccount

# What may follow a filter's field in the query; the rest (regex, startswith …) would let someone guess at
# values letter by letter (SECURITY T19).
LOOKUPS = frozenset({"exact", "in", "isnull", "gte", "gt", "lte", "lt", "id__exact", "id__in"})

# Its style has no braces of its own.
BOX = checkbox.render(ACTION_CHECKBOX_NAME, "{}")

# How Django names a row that only joins two others, and what the confirmation of a deletion calls such rows.
JOIN = re.compile(r"[^:]+-[^:]+ relationship: ")
OF_JOINS = {
    "user-team relationships": "places of people in teams",
    "user-group relationships": "roles of people",
    "user-permission relationships": "rights of people",
}


def user_of(request: HttpRequest) -> User:
    """Return who is logged in; behind `admin_view` there is always someone."""
    return cast(User, request.user)


def visible(rows: QuerySet[Any], user: User) -> QuerySet[Any]:
    """Return the rows that the user may see; rows that hang on no account are seen by everyone."""
    return rows.visible_to(user) if isinstance(rows, OfAccount) else rows


class VisibleAdmin(ModelAdmin):
    """An admin that shows, offers and takes only what its user may see."""

    # Fields that hold or may hold amounts of money: absent without `view_revenue`, not blank (SECURITY T25).
    revenue_fields: tuple[str, ...] = ()
    # Fields that say who a contact is: absent without `view_contact`, and nothing is searched by them.
    people_fields = ("contact", "contact_there")

    # A row of the theme is five kilobytes; Django's hundred made pages of half a megabyte.
    list_per_page = 50
    # What to type, beside the fields whose name does not say it all.
    help_texts: Mapping[str, str] = {}
    list_filter_submit = True
    warn_unsaved_form = True

    @display(description=ModelAdmin.action_checkbox.short_description)
    def action_checkbox(self, obj: Model) -> SafeString:
        """Return the box that selects a row, which the theme draws from a template for every row."""
        return format_html(BOX, obj.pk)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Return the rows of the accounts that the user sees."""
        return visible(super().get_queryset(request), user_of(request))

    def get_deleted_objects(
        self, objs: "Sequence[Any] | QuerySet[Any]", request: HttpRequest
    ) -> "tuple[list[Any], dict[str, int], set[str], list[str]]":
        """Return what would be deleted along; rows that only join two others are counted, not named."""
        deleted, counts, lacking, protected = super().get_deleted_objects(objs, request)
        named = {OF_JOINS.get(name, name): count for name, count in counts.items()}
        return _without_joins(deleted), named, lacking, protected

    def get_field_queryset(
        self, db: str | None, db_field: "RelatedField[Any, Any]", request: HttpRequest
    ) -> QuerySet[Any]:
        """Return what a relation offers and takes: a foreign account's id is no choice (SECURITY T16)."""
        rows = super().get_field_queryset(db, db_field, request)
        if rows is None:
            rows = db_field.remote_field.model._default_manager.using(db)
        return visible(rows, user_of(request))

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Return the form with its words beside the fields."""
        if self.help_texts:
            kwargs.setdefault("help_texts", self.help_texts)
        return super().get_form(request, obj, change=change, **kwargs)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Leave deleting to who sees every account: its confirmation names whatever hangs on a row."""
        may: bool = super().has_delete_permission(request, obj)
        return may and user_of(request).sees_all_accounts

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Refuse who may see no such row before it is looked for: Django tells them which there are."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        page: HttpResponse = super().history_view(request, object_id, extra_context)
        return page

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Allow what the filters beside the list ask, and nothing else (SECURITY T19)."""
        if lookup.partition("__")[0] not in {field.name for field in self.opts.get_fields()}:
            return bool(super().lookup_allowed(lookup, value, request))
        filtered = [_first(item) for item in self.get_list_filter(request)]
        return any(lookup == name or lookup.removeprefix(f"{name}__") in LOOKUPS for name in filtered)

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> list[Any]:
        """Return the fieldsets without what this user may not see of this row."""
        hidden = self._hidden_fields(request, obj)
        return [
            (title, {**options, "fields": fields})
            for title, options in super().get_fieldsets(request, obj)
            if (fields := _without(options["fields"], hidden))
        ]

    def get_list_display(self, request: HttpRequest) -> Sequence[Any]:
        """Return the columns without amounts for who may not see them."""
        return _without(super().get_list_display(request), self._hidden_fields(request))

    def get_list_filter(self, request: HttpRequest) -> Sequence[Any]:
        """Return the filters without amounts for who may not see them."""
        hidden = self._hidden_fields(request)
        return [item for item in super().get_list_filter(request) if _first(item) not in hidden]

    def get_search_fields(self, request: HttpRequest) -> Sequence[str]:
        """Return what is searched, without who contacts are for who may not see them."""
        paths: Sequence[str] = super().get_search_fields(request)
        if user_of(request).sees_people:
            return paths
        return [path for path in paths if not _names_person(path, self.people_fields)]

    def _hidden_fields(self, request: HttpRequest, obj: Model | None = None) -> set[str]:
        user = user_of(request)
        hidden = set() if user.sees_revenue else set(self.revenue_fields)
        if not user.sees_people:
            hidden.update(self.people_fields)
        if obj is None or user.sees_all_accounts:
            return hidden
        for field in self.opts.fields:
            # A relation to a row out of sight is left out of the form: shown it would leak, blanked it would
            # be lost on save.
            if isinstance(field, ForeignKey) and (key := getattr(obj, field.attname)) is not None:
                rows = field.related_model._default_manager.all()
                if isinstance(rows, OfAccount) and not rows.visible_to(user).filter(pk=key).exists():
                    hidden.add(field.name)
        return hidden


class NamesWhoIsThere:
    """For lists of rows of an account that have a contact: named while they work at that account.

    Who has gone to another account is in the sight of others (SECURITY T17); the pages say no name either.
    """

    @display(description="contact", ordering="contact")
    def contact_there(self, row: Any) -> str:
        if row.contact and row.contact.account_id != row.account_id:
            return "gone to another account"
        return str(row.contact or "–")


class RevenueAdmin(VisibleAdmin):
    """An admin of rows that are amounts of money: it does not exist for who may not see them."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Whether the menu names these rows."""
        return _sees_revenue(request) and super().has_module_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Whether these rows may be read."""
        return _sees_revenue(request) and super().has_view_permission(request, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Whether these rows may be added."""
        return _sees_revenue(request) and super().has_add_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Whether these rows may be changed."""
        return _sees_revenue(request) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Whether these rows may be deleted."""
        return _sees_revenue(request) and super().has_delete_permission(request, obj)


class ReadOnlyAdmin(VisibleAdmin):
    """An admin of facts: nobody writes them here, not even the superuser."""

    warn_unsaved_form = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Refuse."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Refuse."""
        return False


def _sees_revenue(request: HttpRequest) -> bool:
    # The login page asks too, for nobody.
    return request.user.has_perm("accounts.view_revenue")


def _names_person(path: str, people: Iterable[str]) -> bool:
    """Whether the path ends in a field of a contact: its account's name is none."""
    return any(path.split("__")[-2:-1] == [field] for field in people)


def _first(item: Any) -> Any:
    """Return the field that a filter is about, or its parameter in the address, which may be called so."""
    return item[0] if isinstance(item, tuple | list) else getattr(item, "parameter_name", item)


def _without(names: Iterable[Any], hidden: set[str]) -> list[Any]:
    """Return fields or columns without the hidden ones; lines of a fieldset are tuples of fields."""
    kept = [
        tuple(_without(name, hidden)) if isinstance(name, tuple | list) else name
        for name in names
        if isinstance(name, tuple | list) or name not in hidden
    ]
    return [name for name in kept if name != ()]


def _without_joins(deleted: Iterable[Any]) -> list[Any]:
    """Return the nested list of what would be deleted without the rows that only join two others."""
    named = (each for each in deleted if isinstance(each, list) or not JOIN.match(str(each)))
    kept = (_without_joins(each) if isinstance(each, list) else each for each in named)
    return [each for each in kept if each != []]

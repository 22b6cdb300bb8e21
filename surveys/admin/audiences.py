"""Saved filters over contacts."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import islice
from typing import Any

from django.contrib import admin
from django.db.models import Count, Model, Value
from django.http import HttpRequest
from django.utils import timezone
from unfold.decorators import display
from unfold.views import ChangeList

from accounts.admin.visibility import VisibleAdmin, user_of
from accounts.models.people import Viewer
from surveys.admin.audience_form import EMPTY_ROWS, AudienceForm
from surveys.asking.audiences import (
    FIELDS,
    MOST_CONDITIONS,
    OPERATORS,
    AudienceRefused,
    contacts_of,
    read_conditions,
)
from surveys.models import Audience, AudienceMember

MOST_SHOWN = 40


class SizedList(ChangeList):
    """The audiences of a page with how many contacts of each the user sees, counted in one query."""

    result_list: Any

    def get_results(self, request: HttpRequest) -> None:
        """Find the audiences of the page, and count them."""
        super().get_results(request)
        self.result_list = list(self.result_list)
        counts = list(_counts(self.result_list, user_of(request)))
        sizes = dict(counts[0].union(*counts[1:], all=True).values_list("of", "size")) if counts else {}
        for each in self.result_list:
            each.contacts = sizes.get(each.pk)


@admin.register(Audience)
class AudienceAdmin(VisibleAdmin):
    form = AudienceForm
    search_fields = ("name",)
    search_help_text = "Name"
    # Whom each holds is counted whenever it is listed.
    list_per_page = 20
    change_form_outer_before_template = "admin/surveys/audience/_who.html"
    change_form_before_template = "admin/surveys/audience/_live.html"
    change_form_after_template = "admin/surveys/audience/_rest.html"
    change_form_outer_after_template = "admin/surveys/audience/_values.html"

    class Media:
        css = {"all": ("metrics/pages.css", "surveys/asking.css")}

    def get_form(
        self, request: HttpRequest, obj: Audience | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        """Return the form as this user may fill it in."""
        kwargs["fields"] = ("name",)
        form = super().get_form(request, obj, change, **kwargs)
        return type("AudienceFormOf", (form,), {"viewer": user_of(request)})

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> list[Any]:
        """Return a line for each condition."""
        stored = obj.conditions if isinstance(obj, Audience) and isinstance(obj.conditions, list) else []
        rows = range(min(len(stored) + EMPTY_ROWS, MOST_CONDITIONS))
        lines = [(f"field_{number}", f"operator_{number}", f"value_{number}") for number in rows]
        return [
            (None, {"fields": ("name",)}),
            (
                "Conditions",
                {
                    "fields": lines,
                    "description": "All of them hold for who is in it. Commas stand between several values;"
                    " a signal takes its key and a number: logins 5.",
                },
            ),
            (
                "List",
                {
                    "fields": ("listed", "file"),
                    "description": "Asked for by the condition “On the uploaded list”.",
                },
            ),
        ]

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """Show the form with the values that its conditions may have."""
        context = {**(extra_context or {}), "values": list(values_for(user_of(request)))}
        return super().changeform_view(request, object_id, form_url, context)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse the page of an audience that is chosen by amounts to who may not see them."""
        return super().has_view_permission(request, obj) and not _hides(user_of(request), obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse to change an audience that is chosen by amounts to who may not see them."""
        return super().has_change_permission(request, obj) and not _hides(user_of(request), obj)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[SizedList]:
        """Return the list that counts."""
        return SizedList

    def get_list_display(self, request: HttpRequest) -> Sequence[Any]:
        """Return the columns; they count whom the user sees, and nobody whom an amount has chosen."""
        viewer = user_of(request)

        @display(description="contacts")
        def size(audience: Any) -> str:
            return "–" if audience.contacts is None else f"{audience.contacts:,}"

        @display(description="who")
        def conditions_in_words(audience: Audience) -> str:
            if _hides(viewer, audience):
                return "Chosen by amounts of money, which you may not see."
            try:
                return "; ".join(str(one) for one in read_conditions(audience.conditions)) or "every contact"
            except AudienceRefused as refused:
                return str(refused)

        return ("name", size, conditions_in_words)

    def save_model(self, request: HttpRequest, obj: Audience, form: Any, change: bool) -> None:
        """Store the conditions, and add who is listed."""
        obj.conditions = form.cleaned_data["conditions"]
        super().save_model(request, obj, form, change)
        AudienceMember.objects.bulk_create(
            [AudienceMember(audience=obj, contact_id=pk) for pk in form.cleaned_data["members"]],
            ignore_conflicts=True,
            batch_size=5000,
        )


def _counts(audiences: Iterable[Audience], viewer: Viewer) -> Iterator[Any]:
    """Yield a query for the size of each audience that the viewer may know and that can be read."""
    now = timezone.now()
    for audience in audiences:
        with suppress(AudienceRefused):
            if not _hides(viewer, audience):
                rows = contacts_of(audience, now=now).visible_to(viewer).order_by()
                yield rows.values(of=Value(audience.pk)).annotate(size=Count("pk"))


def values_for(viewer: Viewer) -> Iterator[dict[str, str]]:
    """Return what may stand in the conditions of each field, as far as it can be listed for a viewer."""
    for field in FIELDS.values():
        if field.needs_revenue and not viewer.sees_revenue:
            continue
        known = [value for value, _ in islice(field.options(viewer), MOST_SHOWN)] if field.options else []
        operators = ", ".join(OPERATORS[name] for name in field.operators)
        yield {"label": field.label, "words": f"{operators}: {', '.join(known)}" if known else operators}


def _hides(viewer: Viewer, audience: object) -> bool:
    """Whether who is in the audience would tell the viewer of amounts that they may not see."""
    if viewer.sees_revenue or not isinstance(audience, Audience):
        return False
    stored = audience.conditions if isinstance(audience.conditions, list) else []
    names = {one.get("field") for one in stored if isinstance(one, dict)}
    return any(FIELDS[name].needs_revenue for name in names if name in FIELDS)

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import F, FilteredRelation, Model, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesCheckboxFilter, RangeDateFilter
from unfold.decorators import display

from accounts.admin.filters import DaysFilter, OfferedFilter, SearchedFilter
from accounts.admin.visibility import NamesWhoIsThere, VisibleAdmin, user_of
from followups.actions import move_follow_up
from followups.models import FollowUp, Rule


class FollowUpForm(forms.ModelForm):  # type: ignore[type-arg]
    """A case; its contact works at its account."""

    def clean(self) -> dict[str, Any]:
        """Return the fields, or raise ValidationError."""
        fields: dict[str, Any] = super().clean() or {}
        account, contact = fields.get("account"), fields.get("contact")
        if contact and account and contact.account_id != account.pk:
            raise ValidationError({"contact": "Somebody who works at the account."})
        return fields


@admin.register(FollowUp)
class FollowUpAdmin(NamesWhoIsThere, VisibleAdmin):
    form = FollowUpForm
    list_display = ("about", "account", "contact_there", "standing", "due", "owner", "reason")
    list_select_related = ("account", "contact", "owner")
    list_filter = (
        ("state", ChoicesCheckboxFilter),
        ("owner", OfferedFilter),
        ("reason", ChoicesCheckboxFilter),
        ("account", SearchedFilter),
        ("due_on", RangeDateFilter),
        ("opened_at", DaysFilter),
        ("closed_at", DaysFilter),
    )
    search_fields = ("about", "account__name", "contact_there__name", "contact_there__email")
    search_help_text = "What happened, account or contact"
    autocomplete_fields = ("account", "contact", "owner")
    actions = ("close_chosen",)
    date_hierarchy = None
    # What is to be done stands first, the most urgent above; below it what was done, the newest above.
    ordering = (F("closed_at").desc(nulls_first=True), "due_on", "pk")
    readonly_fields = ("reason", "answer", "opened_at", "closed_at")
    fieldsets = (
        (None, {"fields": ("about", ("account", "contact"), ("reason", "answer"))}),
        ("Who sees to it", {"fields": ("state", "owner", "due_on", "note")}),
        ("When", {"fields": (("opened_at", "closed_at"),)}),
    )
    add_fieldsets = (
        (None, {"fields": ("about", ("account", "contact"))}),
        ("Who sees to it", {"fields": ("owner", "due_on", "note")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Return the cases the user sees; searched are contacts who work at the account (SECURITY T19)."""
        is_there = Q(contact__account=F("account"))
        rows: QuerySet[Any] = (
            super()
            .get_queryset(request)
            .annotate(contact_there=FilteredRelation("contact", condition=is_there))
        )
        return rows

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        """Keep what a case is about where an answer or a health opened it."""
        is_ours = isinstance(obj, FollowUp) and obj.reason != FollowUp.Reason.MANUAL
        return (*self.readonly_fields, *(("about", "account", "contact") if is_ours else ()))

    def save_model(self, request: HttpRequest, obj: FollowUp, form: Any, change: bool) -> None:
        """Save; whoever opens a case by hand owns it unless somebody else is named."""
        now, wanted = timezone.now(), obj.state
        if not change:
            obj.opened_at = now
            obj.owner = obj.owner or user_of(request)
            super().save_model(request, obj, form, change)
            return
        kept = FollowUp.objects.get(pk=obj.pk)
        obj.state, obj.closed_at = kept.state, kept.closed_at
        super().save_model(request, obj, form, change)
        if wanted != kept.state:
            move_follow_up(obj, wanted, now=now)

    @admin.action(description="Close the chosen follow-ups", permissions=["change"])
    def close_chosen(self, request: HttpRequest, queryset: QuerySet[FollowUp]) -> None:
        """Close what is chosen; each is noted in its history."""
        cases = list(queryset.exclude(state=FollowUp.State.CLOSED))
        for case in cases:
            move_follow_up(case, FollowUp.State.CLOSED, now=timezone.now())
            self.log_change(request, case, "Closed.")
        messages.success(request, f"{len(cases)} closed.")

    @display(
        description="state",
        ordering="state",
        label={"Open": "warning", "in progress": "info", "Closed": "success"},
    )
    def standing(self, follow_up: FollowUp) -> str:
        return str(follow_up.get_state_display())

    @display(description="due", ordering="due_on")
    def due(self, follow_up: FollowUp) -> Any:
        is_late = follow_up.state != FollowUp.State.CLOSED and follow_up.due_on < timezone.localdate()
        day = date_format(follow_up.due_on)
        return format_html("{} <strong>overdue</strong>", day) if is_late else day

    @display(description="answer")
    def answer(self, follow_up: FollowUp) -> SafeString | str:
        if follow_up.response_id is None:
            return "none"
        url = reverse("admin:surveys_response_change", args=[follow_up.response_id])
        return format_html('<a href="{}" class="text-link">What they said</a>', url)


@admin.register(Rule)
class RuleAdmin(VisibleAdmin):
    list_display = ("programme", "kind", "at_most", "due_in_days", "since")
    list_select_related = ("programme",)
    fieldsets = ((None, {"fields": ("programme", ("kind", "at_most"), ("due_in_days", "since"))}),)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Begin with today: what was answered before opens nothing."""
        return {"since": timezone.localdate(), **super().get_changeform_initial_data(request)}

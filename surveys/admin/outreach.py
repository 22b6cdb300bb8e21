from base64 import b64encode
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.db.models.fields.related import RelatedField
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from unfold.decorators import display
from unfold.paginator import InfinitePaginator

from accounts.admin.filters import OfferedFilter, SearchedFilter
from accounts.admin.visibility import VisibleAdmin
from accounts.models import Account
from surveys.actions.outreach import (
    ContactNotAskable,
    SurveyNotLive,
    create_invitation,
    refuse_unless_askable,
)
from surveys.codes import qr_png, qr_svg
from surveys.links import personal_link
from surveys.models import Invitation


class InvitationForm(forms.ModelForm):  # type: ignore[type-arg]
    """One ask; who may not be asked is named before anything is made."""

    def clean(self) -> dict[str, Any]:
        """Return the fields, or raise ValidationError."""
        fields: dict[str, Any] = super().clean() or {}
        if fields.get("survey") and fields.get("contact"):
            try:
                refuse_unless_askable(fields["survey"], fields["contact"], now=timezone.now())
            except (SurveyNotLive, ContactNotAskable) as refused:
                raise ValidationError(str(refused)) from None
        return fields


@admin.register(Invitation)
class InvitationAdmin(VisibleAdmin):
    """Asks, one contact each: made here, then facts."""

    form = InvitationForm
    list_display = ("contact", "account", "survey", "created_at", "sent_at", "state")
    list_select_related = ("contact__account", "survey", "response")
    # As they were made, not numbered: by the clock every invitation ever made was sorted for a page.
    ordering = ("-pk",)
    paginator = InfinitePaginator
    show_full_result_count = False
    list_filter = (("survey", OfferedFilter), ("contact__account", SearchedFilter))
    search_fields = ("contact__name", "contact__email", "contact__account__name")
    search_help_text = "Contact, e-mail address or account"
    autocomplete_fields = ("contact",)
    readonly_fields = ("created_at", "sent_at", "expires_at", "revoked_at", "state")
    fieldsets = (
        (None, {"fields": ("survey", "contact", "state")}),
        ("When", {"fields": (("created_at", "sent_at"), ("expires_at", "revoked_at"))}),
    )
    add_fieldsets = ((None, {"fields": ("survey", "contact")}),)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Whether somebody may be asked: by who sees whom."""
        return super().has_add_permission(request) and request.user.has_perm("accounts.view_contact")

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Refuse: what was asked was asked."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Refuse."""
        return False

    def get_field_queryset(
        self, db: str | None, db_field: "RelatedField[Any, Any]", request: HttpRequest
    ) -> QuerySet[Any]:
        """Return what the form offers: published surveys, and contacts that the user sees."""
        rows = super().get_field_queryset(db, db_field, request)
        return rows.exclude(live_version=None) if db_field.name == "survey" else rows

    def render_change_form(  # noqa: PLR0917 - Django passes these by place
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Invitation | None = None,
    ) -> HttpResponse:
        """Offer one button: what it makes is shown at once."""
        context |= {"show_save_and_add_another": False, "show_save_and_continue": False}
        response: HttpResponse = super().render_change_form(request, context, add, change, form_url, obj)
        return response

    def save_model(self, request: HttpRequest, obj: Invitation, form: Any, change: bool) -> None:
        """Make the invitation; handing the link over counts as having sent it."""
        now = timezone.now()
        made, _ = create_invitation(obj.survey, obj.contact, now=now, sent_at=now)
        obj.pk, obj.nonce = made.pk, made.nonce

    def response_add(
        self, request: HttpRequest, obj: Invitation, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Show the personal link, this once: it is a secret between us and the contact."""
        link = personal_link(bytes(obj.nonce))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Invitation",
            "invitation": obj,
            "link": link,
            "code": b64encode(qr_svg(link)).decode(),
            "image": b64encode(qr_png(link)).decode(),
        }
        return TemplateResponse(request, "admin/surveys/invitation/made.html", context)

    @display(ordering="contact__account__name")
    def account(self, invitation: Invitation) -> Account:
        return invitation.contact.account

    @display(label={"answered": "success", "begun": "info", "revoked": "danger", "expired": "warning"})
    def state(self, invitation: Invitation) -> str:
        response = getattr(invitation, "response", None)
        if invitation.answered_on:
            return "answered"
        if response:
            return "answered" if response.submitted_at else "begun"
        if invitation.revoked_at:
            return "revoked"
        is_over = invitation.expires_at and invitation.expires_at <= timezone.now()
        return "expired" if is_over else "waiting"

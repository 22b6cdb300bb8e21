"""Campaigns: what is asked of whom and when; approved by a person before the first mail goes out."""

from collections.abc import Callable
from smtplib import SMTPException
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import StackedInline
from unfold.decorators import display

from accounts.admin.filters import OfferedFilter
from accounts.admin.visibility import VisibleAdmin, user_of
from accounts.posted import posted_from
from surveys.actions.campaigns import (
    CampaignNotReady,
    approve_campaign,
    pause_campaign,
    resume_campaign,
    stop_campaign,
    withdraw_approval,
)
from surveys.admin.campaign_form import CampaignForm
from surveys.mail.letters import NothingToSay, envelope
from surveys.mail.samples import sample_letter, sample_reader
from surveys.models import Campaign, Message

STATUS_COLOURS = {
    "draft": "info",
    "scheduled": "info",
    "running": "success",
    "paused": "warning",
    "stopped": "danger",
}
MAIL_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; sandbox"
FRAMED = {
    "Content-Security-Policy": MAIL_POLICY,
    "X-Frame-Options": "SAMEORIGIN",
}


class MessageInline(StackedInline):
    model = Message
    extra = 0
    min_num = 1
    fields = (("number", "language"), "subject", "subject_b", "body")

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        """Say what the words may hold."""
        kwargs["help_texts"] = {
            "number": "0 invites; 1, 2 … are the reminders.",
            "body": "An empty line begins a paragraph. {{contact.first_name|there}}, {{contact.name}},"
            " {{contact.title}}, {{account.name}} and {{survey.title}} are filled in.",
        }
        return super().get_formset(request, obj, **kwargs)


@admin.register(Campaign)
class CampaignAdmin(VisibleAdmin):
    form = CampaignForm
    inlines = (MessageInline,)
    list_display = ("page", "survey", "audience", "rhythm", "starts_on", "state")
    # The name leads to the page of the campaign, from where it is edited.
    list_display_links = None
    list_select_related = ("survey", "audience")
    list_filter = (("survey", OfferedFilter), "trigger")
    search_fields = ("name",)
    search_help_text = "Name"
    fieldsets = (
        (None, {"fields": ("name", "survey", "audience")}),
        ("When", {"fields": ("trigger", ("days", "event"), ("starts_on", "ends_on"))}),
        (
            "How",
            {
                "fields": (
                    ("opens", "closes"),
                    "weekdays",
                    ("sample_percent", "per_hour"),
                    ("reminder_days", "expires_after_days"),
                    "sender",
                    "reply_to",
                )
            },
        ),
    )

    class Media:
        css = {"all": ("surveys/asking.css",)}

    def get_urls(self) -> list[URLPattern]:
        """Return what is done to a campaign before the pages of the admin."""
        posted = posted_from("campaign", "pk")
        views: dict[str, Callable[..., HttpResponseBase]] = {
            "approve": posted(self.approve_view),
            "pause": posted(self.pause_view),
            "resume": posted(self.resume_view),
            "stop": posted(self.stop_view),
            "mail": self.mail_view,
            "send_to_me": posted(self.send_to_me_view),
        }
        own = [
            path(f"<int:pk>/{name}/", self.admin_site.admin_view(view), name=f"surveys_campaign_{name}")
            for name, view in views.items()
        ]
        return own + list(super().get_urls())

    def save_model(self, request: HttpRequest, obj: Campaign, form: Any, change: bool) -> None:
        """Store the campaign; one that was approved waits for approval again."""
        super().save_model(request, obj, form, change)
        if change and withdraw_approval(obj):
            self.message_user(request, "Changed, so it needs approval again.", messages.WARNING)

    def response_post_save_add(self, request: HttpRequest, obj: Campaign) -> HttpResponse:
        """Lead to the campaign's page, where it is tried out and approved."""
        return _to_page(obj)

    def response_post_save_change(self, request: HttpRequest, obj: Campaign) -> HttpResponse:
        """Lead back to the campaign's page."""
        return _to_page(obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse once anyone was asked: what was asked was asked."""
        was_used = isinstance(obj, Campaign) and obj.invitations.exists()
        return super().has_delete_permission(request, obj) and not was_used

    def approve_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Let the campaign out."""

        def approve(campaign: Campaign) -> str:
            approve_campaign(campaign, by=user_of(request), now=timezone.now())
            return "Approved: it is planned within a minute, and sends in its hours."

        return self._do(request, pk, approve, "surveys.approve_campaign")

    def pause_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Hold the campaign back."""

        def pause(campaign: Campaign) -> str:
            pause_campaign(campaign, now=timezone.now())
            return "Paused: no mail leaves until it goes on."

        return self._do(request, pk, pause, "surveys.change_campaign")

    def resume_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Let the campaign go on."""

        def resume(campaign: Campaign) -> str:
            resume_campaign(campaign)
            return "It goes on."

        return self._do(request, pk, resume, "surveys.approve_campaign")

    def stop_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """End the campaign for good."""

        def stop(campaign: Campaign) -> str:
            stop_campaign(campaign, now=timezone.now())
            return "Stopped for good: who was not asked yet is not asked."

        return self._do(request, pk, stop, "surveys.change_campaign")

    def mail_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show a mail as it is read; its link leads nowhere."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        campaign = get_object_or_404(self.get_queryset(request), pk=pk)
        number, variant, language = (request.GET.get(name, "") for name in ("number", "variant", "language"))
        reader = sample_reader(user_of(request), language)
        try:
            letter = sample_letter(campaign, reader, number=_number(number), variant=variant)
        except NothingToSay as nothing:
            return HttpResponse(str(nothing), status=404, content_type="text/plain; charset=utf-8")
        is_text = request.GET.get("as") == "text"
        body = f"{letter.subject}\n\n{letter.text}" if is_text else letter.html
        kind = "text/plain" if is_text else "text/html"
        return HttpResponse(body, content_type=f"{kind}; charset=utf-8", headers=FRAMED)

    def send_to_me_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Send the mail that invites to whoever asks, and nobody else."""

        def send(campaign: Campaign) -> str:
            reader = sample_reader(user_of(request), "")
            letter = sample_letter(campaign, reader, number=0, variant="a")
            envelope(letter, campaign, reader, number=0).send()
            return f"Sent to {reader.contact.email}. Its link leads nowhere."

        return self._do(request, pk, send, "surveys.change_campaign")

    def _do(
        self, request: HttpRequest, pk: int, change: Callable[[Campaign], str], permission: str
    ) -> HttpResponse:
        """Change a campaign by a POST of someone who may, and say what became of it."""
        if not self.has_view_permission(request) or not request.user.has_perm(permission):
            raise PermissionDenied
        campaign = get_object_or_404(self.get_queryset(request), pk=pk)
        try:
            said = change(campaign)
        except CampaignNotReady as refused:
            for fault in refused.faults:
                self.message_user(request, fault, messages.ERROR)
        except (NothingToSay, OSError, SMTPException) as failed:
            self.message_user(request, f"Not sent: {failed}", messages.ERROR)
        else:
            self.log_change(request, campaign, said)
            self.message_user(request, said)
        return _to_page(campaign)

    @display(description="name", ordering="name")
    def page(self, campaign: Campaign) -> SafeString:
        return format_html('<a href="{}" class="text-link">{}</a>', page_of(campaign), campaign.name)

    @display(description="trigger", ordering="trigger")
    def rhythm(self, campaign: Campaign) -> str:
        return campaign.rhythm

    @display(label=STATUS_COLOURS)
    def state(self, campaign: Campaign) -> str:
        return campaign.status(timezone.now())


def page_of(campaign: Campaign) -> str:
    """Return the address of a campaign's page."""
    return reverse("campaign", args=[campaign.pk])


def _to_page(campaign: Campaign) -> HttpResponse:
    return HttpResponseRedirect(page_of(campaign))


def _number(raw: str) -> int:
    return int(raw) if raw.isdecimal() and len(raw) < 4 else 0

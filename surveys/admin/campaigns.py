"""Campaigns: what is asked of whom and when; approved by a person before the first mail goes out."""

from collections.abc import Callable
from email.utils import parseaddr
from smtplib import SMTPException
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.postgres.forms import SimpleArrayField
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.validators import validate_email
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import StackedInline
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextInputWidget

from accounts.admin.filters import OfferedFilter
from accounts.admin.visibility import ReadOnlyAdmin, VisibleAdmin, user_of
from accounts.models import Account, Contact, User
from surveys.actions.campaigns import (
    CampaignNotReady,
    approve_campaign,
    misfits,
    pause_campaign,
    resume_campaign,
    stop_campaign,
    withdraw_approval,
)
from surveys.actions.sending import resend_unknown
from surveys.links import new_nonce, token_for, token_hash
from surveys.mail.letters import Letter, NothingToSay, envelope, write_letter
from surveys.models import Campaign, Invitation, Mail, Message

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
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


class CampaignForm(forms.ModelForm):  # type: ignore[type-arg]
    """A campaign; what its trigger needs is asked for."""

    weekdays = forms.TypedMultipleChoiceField(
        label="On",
        choices=list(enumerate(DAYS)),
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        initial=[0, 1, 2, 3, 4],
    )

    reminder_days = SimpleArrayField(
        forms.IntegerField(min_value=1, max_value=365),
        label="Reminders after days",
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text="Counted from the invitation, such as 4, 10: only to those who are silent.",
    )
    sender = forms.CharField(
        max_length=200,
        required=False,
        widget=UnfoldAdminTextInputWidget({"placeholder": "Acme Voice <voice@acme.example>"}),
        help_text="The name and the address that mails come from; empty: DEFAULT_FROM_EMAIL.",
    )

    def clean_sender(self) -> str:
        """Return the sender, or raise ValidationError for what is no name and address."""
        sender: str = self.cleaned_data["sender"].strip()
        if sender:
            validate_email(parseaddr(sender)[1])
        if any(mark in sender for mark in "\r\n"):
            raise ValidationError("One line.")
        return sender

    def clean(self) -> dict[str, Any]:
        """Return the fields, or raise ValidationError."""
        fields: dict[str, Any] = super().clean() or {}
        for name, fault in misfits(fields):
            self.add_error(name, fault)
        return fields


class MessageInline(StackedInline):
    model = Message
    extra = 0
    min_num = 1
    fields = (("number", "language"), ("subject", "subject_b"), "body")

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
    list_display = ("page", "survey", "audience", "trigger", "starts_on", "state")
    list_select_related = ("survey", "audience")
    list_filter = (("survey", OfferedFilter), "trigger")
    search_fields = ("name",)
    fieldsets = (
        (None, {"fields": ("name", ("survey", "audience"))}),
        ("When", {"fields": ("trigger", ("days", "event"), ("starts_on", "ends_on"))}),
        (
            "How",
            {
                "fields": (
                    ("opens", "closes"),
                    "weekdays",
                    ("sample_percent", "per_hour"),
                    ("reminder_days", "expires_after_days"),
                    ("sender", "reply_to"),
                )
            },
        ),
    )

    class Media:
        css = {"all": ("surveys/asking.css",)}

    def get_urls(self) -> list[URLPattern]:
        """Return what is done to a campaign before the pages of the admin."""
        views: dict[str, Callable[..., HttpResponse]] = {
            "approve": self.approve_view,
            "pause": self.pause_view,
            "resume": self.resume_view,
            "stop": self.stop_view,
            "mail": self.mail_view,
            "send_to_me": self.send_to_me_view,
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
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
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

    @display(label=STATUS_COLOURS)
    def state(self, campaign: Campaign) -> str:
        return campaign.status(timezone.now())


@admin.register(Mail)
class MailAdmin(ReadOnlyAdmin):
    """Mails and what became of each; one that is unknown is sent again by a person only."""

    list_display = ("contact", "campaign", "number", "state", "due_at", "sent_at", "error")
    list_select_related = ("invitation__contact", "invitation__campaign")
    list_filter = ("state", ("invitation__campaign", OfferedFilter))
    search_fields = ("invitation__contact__name", "invitation__contact__email")
    search_help_text = "Contact or e-mail address"
    actions = ("send_again",)
    fieldsets = (
        (None, {"fields": ("contact", "campaign", "number", "variant", "state", "error")}),
        (
            "When",
            {"fields": (("due_at", "handed_at", "sent_at"), ("delivered_at", "opened_at", "bounced_at"))},
        ),
    )

    def get_actions(self, request: HttpRequest) -> Any:
        """Return what this user may do to many mails."""
        actions = super().get_actions(request)
        return actions if request.user.has_perm("surveys.change_campaign") else {}

    @admin.action(description="Send again what is unknown (it may arrive twice)")
    def send_again(self, request: HttpRequest, queryset: Any) -> None:
        """Make the unknown ones of the chosen mails due again."""
        again = sum(resend_unknown(mail, now=timezone.now()) for mail in queryset)
        self.message_user(request, f"{again} of {len(queryset)} are sent again.")

    @display(ordering="invitation__contact__name")
    def contact(self, mail: Mail) -> Contact:
        return mail.invitation.contact

    @display(ordering="invitation__campaign__name")
    def campaign(self, mail: Mail) -> Campaign | None:
        return mail.invitation.campaign


def page_of(campaign: Campaign) -> str:
    """Return the address of a campaign's page."""
    return reverse("campaign", args=[campaign.pk])


def sample_reader(user: User, language: str) -> Invitation:
    """Return an invitation to a user, as if they were a contact; it is stored nowhere."""
    company = Account(name="Example Ltd")
    name = user.get_full_name() or "Anna Example"
    contact = Contact(
        account=company, name=name, email=user.email, language=language, title="Head of Purchasing"
    )
    nonce = new_nonce()
    return Invitation(contact=contact, nonce=nonce, token_hash=token_hash(token_for(nonce)))


def sample_letter(campaign: Campaign, reader: Invitation, *, number: int, variant: str) -> Letter:
    """Return a mail of a campaign to a reader. Raises NothingToSay."""
    if campaign.survey.live_version_id is None:
        raise NothingToSay("The survey has not been published yet.")
    return write_letter(campaign, list(campaign.messages.all()), reader, number=number, variant=variant)


def _to_page(campaign: Campaign) -> HttpResponse:
    return HttpResponseRedirect(page_of(campaign))


def _number(raw: str) -> int:
    return int(raw) if raw.isdecimal() and len(raw) < 4 else 0

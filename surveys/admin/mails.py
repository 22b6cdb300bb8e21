"""Mails: what became of each."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from unfold.decorators import display

from accounts.admin.filters import OfferedFilter
from accounts.admin.visibility import ReadOnlyAdmin
from accounts.models import Contact
from surveys.actions.sending import resend_unknown
from surveys.models import Campaign, Mail


@admin.register(Mail)
class MailAdmin(ReadOnlyAdmin):
    """Mails and what became of each; one that is unknown is sent again by a person only."""

    list_display = ("contact", "campaign", "which", "standing", "due_at", "sent_at")
    list_select_related = ("invitation__contact", "invitation__campaign")
    list_filter = ("state", ("invitation__campaign", OfferedFilter))
    search_fields = (
        "invitation__contact__name",
        "invitation__contact__email",
        "invitation__campaign__name",
    )
    search_help_text = "Contact, e-mail address or campaign"
    actions = ("send_again",)
    ordering = ("-pk",)
    fieldsets = (
        (None, {"fields": ("contact", "campaign", ("which", "variant"), "standing")}),
        (
            "When",
            {"fields": (("due_at", "handed_at"), ("sent_at", "delivered_at"), ("opened_at", "bounced_at"))},
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

    @display(description="mail", ordering="number")
    def which(self, mail: Mail) -> str:
        return f"reminder {mail.number}" if mail.number else "invitation"

    @display(description="state", ordering="state")
    def standing(self, mail: Mail) -> str:
        state = mail.get_state_display()
        return f"{state}: {mail.error}" if mail.error else state

    @display(ordering="invitation__contact__name")
    def contact(self, mail: Mail) -> Contact:
        return mail.invitation.contact

    @display(ordering="invitation__campaign__name")
    def campaign(self, mail: Mail) -> Campaign | None:
        return mail.invitation.campaign

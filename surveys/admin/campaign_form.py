"""The form of a campaign."""

from email.utils import parseaddr
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.postgres.forms import SimpleArrayField
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.html import escape
from unfold.widgets import UnfoldAdminTextInputWidget

from surveys.actions.campaigns import misfits

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


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
        help_text="Whose name and address mails come from. Left blank: "
        f"{escape(settings.DEFAULT_FROM_EMAIL)}.",
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

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.models.companies import Account
from accounts.models.people import OfAccount

LONGEST_NOTE = 4_000


class Note(models.Model):
    """One row is what a colleague wrote down about an account, for whoever sees that account.

    Erasing takes the words away for good; who wrote them when stays, so that the record shows its gap. `key`
    is that of the form it was written in, so that a form sent twice makes one note.
    """

    account = models.ForeignKey(Account, models.CASCADE, related_name="notes")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    text = models.TextField(max_length=LONGEST_NOTE, blank=True)
    key = models.UUIDField(null=True)
    created_at = models.DateTimeField()
    edited_at = models.DateTimeField(null=True)
    erased_at = models.DateTimeField(null=True)
    erased_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    objects = OfAccount.as_manager()

    class Meta:
        ordering = ("-created_at", "-pk")
        constraints = (
            models.CheckConstraint(
                condition=Q(erased_at=None) & ~Q(text="") | Q(erased_at__isnull=False, text=""),
                name="note_has_words_until_erased",
            ),
            models.UniqueConstraint(fields=("author", "key"), name="note_once_a_form"),
        )
        indexes = (models.Index(fields=("account", "-created_at")),)

    def __str__(self) -> str:
        # No word of the note: this is what the history of changes calls it.
        return f"note {self.pk} on account {self.account_id}"

from typing import Any

from django.contrib import admin
from django.db.models import ManyToManyField, Model, QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from accounts.admin.visibility import ReadOnlyAdmin
from followups.models import Delivery, Mailing


@admin.register(Mailing)
class MailingAdmin(ModelAdmin):
    """Who gets which report by mail; there is one row for each kind, made by a migration."""

    list_display = ("kind", "is_on", "to_roles", "readers")
    fields = ("kind", "is_on", "roles", "declined_by")
    readonly_fields = ("kind",)
    autocomplete_fields = ("declined_by",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Read the roles along."""
        rows: QuerySet[Any] = super().get_queryset(request).prefetch_related("roles")
        return rows

    def formfield_for_manytomany(
        self, db_field: "ManyToManyField[Any, Any]", request: HttpRequest, **kwargs: Any
    ) -> Any:
        """Return check boxes for the roles, of which there are few."""
        if db_field.name == "roles":
            kwargs["widget"] = UnfoldAdminCheckboxSelectMultipleWidget()
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse: every kind has its row."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Refuse: one that nobody wants is switched off."""
        return False

    @display(description="goes to")
    def to_roles(self, mailing: Mailing) -> str:
        return ", ".join(role.name for role in mailing.roles.all()) or "nobody"

    @display(description="readers")
    def readers(self, mailing: Mailing) -> int:
        return int(mailing.recipients().count())


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    """What went out to whom, and what did not."""

    list_display = ("kind", "user", "told_of", "standing", "sent_at", "fault")
    list_filter = ("kind", "state")
    list_select_related = ("user",)
    fields = ("kind", "user", "told_of", "standing", "attempts", "claimed_at", "sent_at", "fault")

    @display(
        description="state",
        ordering="state",
        label={"Sent": "success", "being sent": "info", "Failed": "danger", "Unknown": "warning"},
    )
    def standing(self, delivery: Delivery) -> str:
        return str(delivery.get_state_display())

    @display(description="period", ordering="period")
    def told_of(self, delivery: Delivery) -> str:
        return delivery.told_of

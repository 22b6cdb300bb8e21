from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from accounts.actions.keys import create_api_key, revoke_api_key
from accounts.admin.filters import OfferedFilter
from accounts.admin.visibility import VisibleAdmin, user_of
from accounts.models import ApiKey
from accounts.models.keys import SCOPES
from accounts.rights import scopes_within


class NewKeyForm(forms.ModelForm):  # type: ignore[type-arg]
    """A new key; the admin narrows the scopes to those that its user may give."""

    scopes = forms.MultipleChoiceField(
        choices=[(scope, scope) for scope in SCOPES],
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text="Take as few as will do. revenue: amounts of money; personal: who a contact is.",
    )


@admin.register(ApiKey)
class KeyAdmin(VisibleAdmin):
    """Keys of programs. The secret is shown once, when a key is made; what a key may do never changes."""

    list_display = ("name", "prefix", "of_team", "state", "last_used_at", "expires_at", "created_by")
    list_select_related = ("team", "created_by")
    list_filter = (("team", OfferedFilter),)
    search_fields = ("name", "prefix")
    search_help_text = "Name or beginning of the key"
    fieldsets = (
        (None, {"fields": ("name", "prefix", "scopes", "team", "expires_at")}),
        ("Since", {"fields": (("created_at", "created_by"), ("last_used_at", "revoked_at"))}),
    )
    add_fieldsets = ((None, {"fields": ("name", "scopes", "team", "expires_at")}),)
    actions_submit_line = ("revoke",)

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> list[Any]:
        """Return what there is to say of a key, or to ask about a new one."""
        return super().get_fieldsets(request, obj) if obj else list(self.add_fieldsets)

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        """Return all but the name of a key that is there."""
        fixed = ("prefix", "scopes", "team", "expires_at", "created_at", "created_by")
        return (*fixed, "last_used_at", "revoked_at") if obj else ()

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Return the form; a new key is offered only the scopes that its maker may give."""
        if obj:
            return super().get_form(request, obj, change=change, **kwargs)
        form = super().get_form(request, obj, **{"form": NewKeyForm} | kwargs)
        within = scopes_within(user_of(request))
        form.base_fields["scopes"].choices = [(scope, scope) for scope in within]
        return form

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Leave keys to who sees every account: those without a team see them all."""
        return user_of(request).sees_all_accounts and super().has_add_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Leave keys to who sees every account."""
        return user_of(request).sees_all_accounts and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Refuse: a key that is revoked still says what it was."""
        return False

    def has_revoke_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether the user may change keys, and this one is not revoked yet."""
        is_valid = obj is None or ApiKey.objects.filter(pk=obj, revoked_at=None).exists()
        return is_valid and self.has_change_permission(request)

    def save_model(self, request: HttpRequest, obj: ApiKey, form: Any, change: bool) -> None:
        """Make the key, or rename it."""
        if change:
            # The name alone: what was read a moment ago must not bring a revoked key back.
            ApiKey.objects.filter(pk=obj.pk).update(name=obj.name)
            for button in self.get_actions_submit_line(request, obj.pk):
                if button.action_name in request.POST:
                    button.method(request, obj)
            return
        made, request.made_secret = create_api_key(  # type: ignore[attr-defined]
            obj.name,
            form.cleaned_data["scopes"],
            team=obj.team,
            expires_at=obj.expires_at,
            by=user_of(request),
            now=timezone.now(),
        )
        obj.pk, obj.prefix = made.pk, made.prefix

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Show the secret in the answer itself: no message, session or database ever holds it."""
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "key": obj,
            "secret": request.made_secret,  # type: ignore[attr-defined]
        }
        response = TemplateResponse(request, "admin/accounts/apikey/made.html", context)
        response["Cache-Control"] = "no-store"
        return response

    @action(description="Revoke", permissions=["revoke"])
    def revoke(self, request: HttpRequest, obj: ApiKey) -> None:
        """Refuse the key from its next request on."""
        revoke_api_key(obj, now=timezone.now())
        self.log_change(request, obj, "Revoked.")

    @display(description="accounts", ordering="team")
    def of_team(self, key: ApiKey) -> str:
        return key.team.name if key.team else "all"

    @display(label={"valid": "success", "expired": "warning", "revoked": "danger"})
    def state(self, key: ApiKey) -> str:
        if key.revoked_at:
            return "revoked"
        return "expired" if key.expires_at and key.expires_at <= timezone.now() else "valid"

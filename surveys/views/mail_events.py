"""What a mail provider says about the mails it took, by its webhook."""

from typing import Any

from anymail import urls
from anymail.exceptions import AnymailWebhookValidationFailure
from anymail.signals import AnymailTrackingEvent, EventType, tracking
from django.conf import settings
from django.dispatch import receiver
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.views.decorators.csrf import csrf_exempt

from surveys.actions.mail_events import Kind, record_mail_event

KINDS = {
    EventType.DELIVERED: Kind.DELIVERED,
    EventType.OPENED: Kind.OPENED,
    EventType.CLICKED: Kind.OPENED,
    EventType.BOUNCED: Kind.BOUNCED,
    EventType.REJECTED: Kind.REJECTED,
    EventType.FAILED: Kind.REJECTED,
    EventType.COMPLAINED: Kind.COMPLAINED,
    EventType.UNSUBSCRIBED: Kind.UNSUBSCRIBED,
}


@csrf_exempt
def hear_provider(request: HttpRequest) -> HttpResponse:
    """Take the events of the one provider that mails go out by; without its secret nobody is heard.

    anymail checks the secret and, where the provider signs, the signature (SECURITY T64).
    """
    if not settings.ANYMAIL.get("WEBHOOK_SECRET"):
        raise Http404
    names = (f"{settings.MAIL_PROVIDER}_tracking_webhook", f"{settings.MAIL_PROVIDER}_webhook")
    hook = next((pattern.callback for pattern in urls.urlpatterns if pattern.name in names), None)
    if hook is None:
        raise Http404
    try:
        answer: HttpResponse = hook(request)
    except AnymailWebhookValidationFailure:
        return HttpResponse(status=401, headers={"WWW-Authenticate": 'Basic realm="mail events"'})
    return answer


@receiver(tracking)
def note_event(sender: object, event: AnymailTrackingEvent, esp_name: str, **kwargs: Any) -> None:
    """Keep one event, if it is of a kind that means something here."""
    kind = KINDS.get(event.event_type)
    if kind is None:
        return
    mail = str((event.metadata or {}).get("mail", ""))
    record_mail_event(
        f"{esp_name}:{event.event_id or _own_id(event)}",
        kind,
        provider_id=str(event.message_id or ""),
        address=str(event.recipient or ""),
        occurred_at=event.timestamp or timezone.now(),
        mail=int(mail) if mail.isdecimal() and len(mail) < 19 else None,
    )


def _own_id(event: AnymailTrackingEvent) -> str:
    """Return an id for an event to which its provider gives none: the same whenever it comes again."""
    parts = (event.event_type, event.message_id, event.recipient, event.timestamp)
    return salted_hmac("surveys.mail_events", "\n".join(map(str, parts)), algorithm="sha256").hexdigest()

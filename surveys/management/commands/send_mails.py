from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from surveys.actions.planning import plan_campaigns
from surveys.mail.dispatch import send_due_mails


class Command(BaseCommand):
    help = "Plan what campaigns ask today and send the mails that are due, as the worker does all the time."

    def handle(self, *args: Any, **options: Any) -> None:
        planned = plan_campaigns(now=timezone.now())
        sent = send_due_mails(clock=timezone.now)
        self.stdout.write(f"{planned.invited} invited, {planned.skipped} skipped, {sent} sent")

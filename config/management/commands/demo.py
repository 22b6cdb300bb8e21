from typing import Any

from django.core.management import BaseCommand, call_command


class Command(BaseCommand):
    help = "Run Earshot with a demo company, loaded at the first start."

    def handle(self, *args: Any, **options: Any) -> None:
        call_command("up", demo=True)

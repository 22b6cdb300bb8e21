from typing import Any

from django.core.management import BaseCommand, call_command


class Command(BaseCommand):
    help = (
        "Run Earshot with a demo company, loaded at the first start. It listens on port 8000 and keeps its"
        " data in var; the environment's PORT and DATA_DIR choose others: PORT=8080 python3 manage.py demo."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        call_command("up", demo=True)

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from metrics.words.extra import missing_in_words
from metrics.words.trials import trials


class Command(BaseCommand):
    help = "Print how well sentiment, themes and languages are told on the labelled comments of a folder."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        if lack := missing_in_words():
            raise CommandError(lack, returncode=1)
        if not options["folder"].is_dir():
            raise CommandError(f"{options['folder']} is no folder.", returncode=2)
        self.stdout.write(f"{'set':<52}{'read by':<20}{'n':>7}{'accuracy':>10}{'macro-F1':>10}{'AUC':>7}")
        for name, way, quality in trials(options["folder"]):
            area = "" if quality.auc is None else f"{quality.auc:.2f}"
            self.stdout.write(
                f"{name:<52}{way:<20}{quality.n:>7}{quality.accuracy:>10.2f}{quality.macro_f1:>10.2f}{area:>7}"
            )

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from metrics.actions.reading import learn_words, panel_quality, read_again, read_comments
from metrics.models import Comment, WordModel
from metrics.words.extra import missing_in_words
from metrics.words.themes import suggested


class Command(BaseCommand):
    help = "Read the language, mood and themes of comments, and say how well that is done in each language."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--again", action="store_true", help="Read all again but what people corrected.")
        parser.add_argument("--learn", action="store_true", help="First learn from our own comments.")
        parser.add_argument("--suggest", metavar="LANGUAGE", help="Print words that often stand together.")

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        if lack := missing_in_words():
            self.stderr.write(lack)
        if options["learn"]:
            for model in learn_words(now=now):
                self.stdout.write(f"{model} learnt, {'in use' if model.is_used else 'not good enough'}")
        if options["again"]:
            read_again()
        read = 0
        while count := read_comments(now=now):
            read += count
        self.stdout.write(f"{read} comments read")
        self._say_quality()
        if options["suggest"] and not lack:
            texts = Comment.objects.filter(language=options["suggest"]).values_list("text", flat=True)
            for words in suggested(list(texts), options["suggest"]):
                self.stdout.write("a theme? " + ", ".join(words))

    def _say_quality(self) -> None:
        for model in WordModel.objects.order_by("purpose", "language", "-number").distinct(
            "purpose", "language"
        ):
            found = ", ".join(
                f"{name} {value:.3g}" for name, value in model.quality.items() if value is not None
            )
            self.stdout.write(f"{model}: {found}{'' if model.is_used else ' (not in use)'}")
        for language in sorted(set(Comment.objects.order_by().values_list("language", flat=True)) - {""}):
            if quality := panel_quality(language):
                self.stdout.write(
                    f"{language}: agrees with {quality.accuracy:.0%} of {quality.n} corrections,"
                    f" macro-F1 {quality.macro_f1:.2f}"
                )

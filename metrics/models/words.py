from django.db import models


class Taxonomy(models.Model):
    """One row is an immutable version of the themes that comments are read for, with their words."""

    number = models.PositiveIntegerField(unique=True)
    themes = models.JSONField(
        help_text='{"price": {"en": ["price", "expensive*"], "de": ["preis*", "teuer*"]}, …}:'
        " a star stands for any ending."
    )
    created_at = models.DateTimeField()
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ("-number",)
        verbose_name_plural = "taxonomies"

    def __str__(self) -> str:
        return f"taxonomy {self.number}"


class WordModel(models.Model):
    """One row is a model that was fitted to this company's own comments of one language.

    `coefficients` is plain JSON: words and their weights, never code. `quality` says how it did on comments
    that it had not seen; without `is_used` it was not good enough and is kept for that to be seen.
    """

    class Purpose(models.TextChoices):
        SENTIMENT = "sentiment"
        THEMES = "themes"

    purpose = models.CharField(max_length=10, choices=Purpose)
    language = models.CharField(max_length=16)
    number = models.PositiveIntegerField()
    coefficients = models.JSONField()
    quality = models.JSONField()
    is_used = models.BooleanField()
    fitted_at = models.DateTimeField()

    class Meta:
        ordering = ("purpose", "language", "-number")
        constraints = (
            models.UniqueConstraint(fields=("purpose", "language", "number"), name="one_word_model_a_number"),
        )

    def __str__(self) -> str:
        return f"{self.purpose}-{self.language}-{self.number}"

import django.contrib.postgres.indexes
import django.contrib.postgres.search
from django.db import migrations, models

import metrics.models.search


class Migration(migrations.Migration):
    """The words of each comment once more without their accents.

    The table of comments is written anew, ten seconds for two hundred thousand, while pages about comments
    wait; nobody who answers touches it.
    """

    dependencies = [
        ("metrics", "0023_orders_of_indexes"),
    ]

    operations = [
        migrations.RemoveIndex(model_name="comment", name="words_of_comments"),
        migrations.RemoveField(model_name="comment", name="searchable"),
        migrations.AddField(
            model_name="comment",
            name="searchable",
            field=models.GeneratedField(
                db_persist=True,
                expression=metrics.models.search.Findable("language", "text"),
                output_field=django.contrib.postgres.search.SearchVectorField(),
            ),
        ),
        migrations.AddIndex(
            model_name="comment",
            index=django.contrib.postgres.indexes.GinIndex(fields=["searchable"], name="words_of_comments"),
        ),
    ]

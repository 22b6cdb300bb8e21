import django.contrib.postgres.indexes
import django.contrib.postgres.search
from django.db import migrations, models

import metrics.models.search


class Migration(migrations.Migration):
    """The words of each comment kept beside it.

    The table of comments is written anew, about two minutes for a million, while pages about comments wait;
    nobody who answers touches it.
    """

    dependencies = [
        ("metrics", "0021_slice_totals_and_sheets"),
    ]

    operations = [
        migrations.RemoveIndex(model_name="comment", name="words_of_comments"),
        migrations.AddField(
            model_name="comment",
            name="searchable",
            field=models.GeneratedField(
                db_persist=True,
                expression=metrics.models.search.Searchable("language", "text"),
                output_field=django.contrib.postgres.search.SearchVectorField(),
            ),
        ),
        migrations.AddIndex(
            model_name="comment",
            index=django.contrib.postgres.indexes.GinIndex(fields=["searchable"], name="words_of_comments"),
        ),
    ]

import django.contrib.postgres.indexes
import django.contrib.postgres.operations
from django.db import migrations, models

import metrics.models.search


class Migration(migrations.Migration):
    # Indexes on a million comments are built beside the work, which no transaction may hold.
    atomic = False

    dependencies = [("metrics", "0006_portfolio")]

    operations = [
        django.contrib.postgres.operations.AddIndexConcurrently(
            model_name="comment",
            index=models.Index(fields=["-day", "-id"], name="newest_comments"),
        ),
        django.contrib.postgres.operations.AddIndexConcurrently(
            model_name="comment",
            index=django.contrib.postgres.indexes.GinIndex(
                metrics.models.search.Searchable("language", "text"), name="words_of_comments"
            ),
        ),
        django.contrib.postgres.operations.AddIndexConcurrently(
            model_name="comment",
            index=django.contrib.postgres.indexes.GinIndex(fields=["themes"], name="themes_of_comments"),
        ),
    ]

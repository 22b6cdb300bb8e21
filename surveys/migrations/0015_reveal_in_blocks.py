from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # The index on a million responses is built beside the work, which no transaction may hold.
    atomic = False

    dependencies = [("surveys", "0014_find_unfinished_and_flagged")]

    operations = [
        migrations.AddField(
            model_name="response",
            name="revealed_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        AddIndexConcurrently(
            model_name="response",
            index=models.Index(
                condition=models.Q(("revealed_at", None)), fields=["survey"], name="unrevealed_responses"
            ),
        ),
    ]

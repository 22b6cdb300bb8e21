from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # Indexes on a million responses are built beside the work, which no transaction may hold.
    atomic = False

    dependencies = [("surveys", "0015_reveal_in_blocks")]

    operations = [
        AddIndexConcurrently(
            model_name="response",
            index=models.Index(
                condition=models.Q(("afterword__isnull", False)),
                fields=["survey"],
                name="responses_with_afterword",
            ),
        ),
        AddIndexConcurrently(
            model_name="response",
            index=models.Index(
                condition=models.Q(("is_test", True)), fields=["survey"], name="test_responses"
            ),
        ),
    ]

import django.db.models.deletion
from django.db import migrations, models

# Without it every account would be silent until it answers again.
NOTE = """
INSERT INTO metrics_accountheard (account_id, heard_at)
SELECT account_id, max(submitted_at) FROM surveys_response
WHERE account_id IS NOT NULL AND NOT is_test AND submitted_at IS NOT NULL GROUP BY account_id
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0011_signals_by_key"),
        ("metrics", "0015_account_years"),
        ("surveys", "0014_find_unfinished_and_flagged"),
    ]

    operations = [
        migrations.CreateModel(
            name="AccountHeard",
            fields=[
                (
                    "account",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="heard",
                        serialize=False,
                        to="accounts.account",
                    ),
                ),
                ("heard_at", models.DateTimeField()),
            ],
        ),
        migrations.RunSQL(NOTE, migrations.RunSQL.noop),
    ]

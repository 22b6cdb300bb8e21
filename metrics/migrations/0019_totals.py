import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

COUNTS = ", ".join(f"coalesce(sum(count) FILTER (WHERE value = {value}), 0)" for value in range(11))
# Without it pages about everybody would be empty until the next rebuild.
SUM = f"""
INSERT INTO metrics_total (survey_id, question_key, kind, is_month, begins, counts)
SELECT survey_id, question_key, min(kind), is_month, begins, ARRAY[{COUNTS}]::int[]
FROM metrics_tally CROSS JOIN LATERAL (
    VALUES (false, day), (true, date_trunc('month', day)::date)
) AS period (is_month, begins)
GROUP BY survey_id, question_key, is_month, begins
"""  # noqa: S608 - the numbers are ours


class Migration(migrations.Migration):
    dependencies = [
        ("metrics", "0018_known"),
        ("surveys", "0014_find_unfinished_and_flagged"),
    ]

    operations = [
        migrations.CreateModel(
            name="Total",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("question_key", models.CharField(max_length=60)),
                ("kind", models.CharField(max_length=20)),
                ("is_month", models.BooleanField()),
                ("begins", models.DateField()),
                (
                    "counts",
                    django.contrib.postgres.fields.ArrayField(base_field=models.IntegerField(), size=None),
                ),
                (
                    "survey",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="surveys.survey",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("survey", "is_month", "begins", "question_key"), name="one_total_a_question"
                    )
                ],
            },
        ),
        migrations.RunSQL(SUM, migrations.RunSQL.noop),
    ]

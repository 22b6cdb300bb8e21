import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

COUNTS = ", ".join(f"coalesce(sum(count) FILTER (WHERE value = {value}), 0)" for value in range(11))
# Without them pages about a part of the answers would be empty until the next rebuild.
SUM = f"""
INSERT INTO metrics_slicetotal (survey_id, question_key, kind, is_month, begins, slice_id, counts)
SELECT survey_id, question_key, min(kind), is_month, begins, slice_id, ARRAY[{COUNTS}]::int[]
FROM metrics_tally CROSS JOIN LATERAL (
    VALUES (false, day), (true, date_trunc('month', day)::date)
) AS period (is_month, begins)
GROUP BY survey_id, question_key, is_month, begins, slice_id
"""  # noqa: S608 - the numbers are ours
PACK = """
INSERT INTO metrics_scoresheet (survey_id, question_key, kind, day, answers, slices)
SELECT survey_id, question_key, min(kind), day,
    string_agg(int4send((coalesce(account_id, 0) * 16 + value)::int), ''),
    string_agg(int4send(slice_id::int), '')
FROM metrics_score GROUP BY survey_id, question_key, day
"""


class Migration(migrations.Migration):
    dependencies = [
        ("metrics", "0020_recount"),
        ("surveys", "0014_find_unfinished_and_flagged"),
    ]

    operations = [
        migrations.CreateModel(
            name="ScoreSheet",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("question_key", models.CharField(max_length=60)),
                ("kind", models.CharField(max_length=20)),
                ("day", models.DateField()),
                ("answers", models.BinaryField()),
                ("slices", models.BinaryField()),
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
                        fields=("survey", "day", "question_key"), name="one_sheet_a_question"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="SliceTotal",
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
                    "slice",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="metrics.slice",
                    ),
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
                        fields=("survey", "is_month", "begins", "question_key", "slice"),
                        name="one_slice_total_a_question",
                    )
                ],
            },
        ),
        migrations.RunSQL(SUM, migrations.RunSQL.noop),
        migrations.RunSQL(PACK, migrations.RunSQL.noop),
    ]

import django.db.models.deletion
from django.db import migrations, models

CASCADE, DO_NOTHING, PROTECT, SET_NULL = (
    django.db.models.deletion.CASCADE,
    django.db.models.deletion.DO_NOTHING,
    django.db.models.deletion.PROTECT,
    django.db.models.deletion.SET_NULL,
)


def unchecked(to, on_delete=DO_NOTHING, related_name="+", **more):
    """Return a foreign key of a derived row, which the database neither checks nor indexes."""
    return models.ForeignKey(
        to, on_delete, related_name=related_name, db_constraint=False, db_index=False, **more
    )


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_roles"),
        ("metrics", "0002_roles"),
        ("surveys", "0002_roles"),
    ]

    operations = [
        # Derived rows: the next absorption makes them again.
        migrations.DeleteModel("Absorbed"),
        migrations.CreateModel(
            "Absorbed",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "response",
                    models.OneToOneField(
                        "surveys.response", SET_NULL, null=True, related_name="absorbed", db_constraint=False
                    ),
                ),
                ("revision", models.PositiveIntegerField()),
                ("changed_at", models.DateTimeField(db_index=True)),
                ("survey", unchecked("surveys.survey")),
                ("account", unchecked("accounts.account", null=True)),
                ("contact", unchecked("accounts.contact", null=True)),
                ("contact_role", models.CharField(blank=True, max_length=20)),
                ("slice", unchecked("metrics.slice")),
                ("day", models.DateField(null=True, help_text="Null for a time that no calendar holds.")),
                ("fault", models.CharField(blank=True, max_length=100)),
            ],
            options={
                "indexes": [
                    models.Index(
                        fields=["changed_at"],
                        condition=models.Q(("fault", ""), _negated=True),
                        name="absorbed_faults",
                    )
                ],
            },
        ),
        migrations.AlterField("score", "response", unchecked("surveys.response", CASCADE, "scores")),
        migrations.AlterField("score", "survey", unchecked("surveys.survey")),
        migrations.AlterField(
            "score", "account", unchecked("accounts.account", related_name="scores", null=True)
        ),
        migrations.AlterField(
            "score", "contact", unchecked("accounts.contact", related_name="scores", null=True)
        ),
        migrations.AlterField("score", "slice", unchecked("metrics.slice")),
        migrations.AlterField("comment", "response", unchecked("surveys.response", CASCADE, "comments")),
        migrations.AlterField("comment", "survey", unchecked("surveys.survey")),
        migrations.AlterField(
            "comment", "account", unchecked("accounts.account", related_name="comments", null=True)
        ),
        migrations.AlterField(
            "tally", "slice", models.ForeignKey("metrics.slice", PROTECT, related_name="+", db_index=False)
        ),
        migrations.AlterField(
            "tally",
            "survey",
            models.ForeignKey("surveys.survey", CASCADE, related_name="tallies", db_index=False),
        ),
        migrations.RemoveIndex("score", "metrics_sco_survey__2eba94_idx"),
        migrations.AddIndex(
            "score", models.Index(fields=["survey", "day"], name="metrics_sco_survey__dda7e2_idx")
        ),
        migrations.AddIndex(
            "tally", models.Index(fields=["survey", "day"], name="metrics_tal_survey__30ba27_idx")
        ),
    ]

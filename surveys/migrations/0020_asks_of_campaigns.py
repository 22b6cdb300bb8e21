import django.db.models.deletion
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # The index on a million invitations is built beside the work, which no transaction may hold.
    atomic = False

    dependencies = [
        ("surveys", "0019_find_mails_midway"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="invitation",
            index=models.Index(fields=["campaign", "sent_at"], name="asks_of_campaign"),
        ),
        migrations.AlterField(
            model_name="invitation",
            name="campaign",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="invitations",
                to="surveys.campaign",
            ),
        ),
    ]

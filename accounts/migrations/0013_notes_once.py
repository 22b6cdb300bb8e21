from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0012_hand_overs"),
    ]

    operations = [
        migrations.AddField(
            model_name="note",
            name="key",
            field=models.UUIDField(null=True),
        ),
        migrations.AddConstraint(
            model_name="note",
            constraint=models.UniqueConstraint(fields=("author", "key"), name="note_once_a_form"),
        ),
    ]

from django.db import migrations


def make_policy(apps, schema_editor):
    apps.get_model("surveys", "ContactPolicy").objects.get_or_create(pk=1)


class Migration(migrations.Migration):
    dependencies = [("surveys", "0011_kinds_of_question")]

    operations = [migrations.RunPython(make_policy, migrations.RunPython.noop)]

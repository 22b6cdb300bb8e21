from django.db import migrations

from accounts.roles import ADMINISTRATOR, grant


def grant_roles(apps, schema_editor):
    grant(apps, "accounts", {"apikey": {ADMINISTRATOR: "add change view"}})


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_api_keys")]

    operations = [migrations.RunPython(grant_roles, migrations.RunPython.noop)]

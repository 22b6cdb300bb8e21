from django.db import migrations

from accounts.roles import ACCOUNT_MANAGER, ADMINISTRATOR, ANALYST, BUILDER, EXECUTIVE, grant

ALL = "add change delete view"
GRANTS = {
    "followup": {
        ADMINISTRATOR: ALL,
        ACCOUNT_MANAGER: "add change view",
        BUILDER: "view",
        ANALYST: "view",
        EXECUTIVE: "view",
    },
    "rule": {ADMINISTRATOR: ALL, BUILDER: ALL, ANALYST: "view", EXECUTIVE: "view", ACCOUNT_MANAGER: "view"},
}


def grant_roles(apps, schema_editor):
    grant(apps, "followups", GRANTS)


class Migration(migrations.Migration):
    dependencies = [("followups", "0001_initial"), ("accounts", "0002_roles")]

    operations = [migrations.RunPython(grant_roles, migrations.RunPython.noop)]

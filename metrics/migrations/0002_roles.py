from django.db import migrations

from accounts.roles import ACCOUNT_MANAGER, ADMINISTRATOR, ANALYST, BUILDER, EXECUTIVE, grant

READERS = {
    ADMINISTRATOR: "view",
    BUILDER: "view",
    ANALYST: "view",
    EXECUTIVE: "view",
    ACCOUNT_MANAGER: "view",
}
GRANTS = {"score": READERS, "tally": READERS, "comment": READERS, "health": READERS, "scorecard": READERS}


def grant_roles(apps, schema_editor):
    grant(apps, "metrics", GRANTS)


class Migration(migrations.Migration):
    dependencies = [("metrics", "0001_initial"), ("accounts", "0002_roles")]

    operations = [migrations.RunPython(grant_roles, migrations.RunPython.noop)]

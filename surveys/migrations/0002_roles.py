from django.db import migrations

from accounts.roles import ACCOUNT_MANAGER, ADMINISTRATOR, ANALYST, BUILDER, EXECUTIVE, grant

ALL = "add change delete view"
READERS = {ANALYST: "view", EXECUTIVE: "view", ACCOUNT_MANAGER: "view"}
BUILDERS = {ADMINISTRATOR: ALL, BUILDER: ALL}
GRANTS = {
    "programme": BUILDERS | READERS,
    "survey": {ADMINISTRATOR: f"{ALL} publish_survey", BUILDER: f"{ALL} publish_survey"} | READERS,
    "question": BUILDERS | READERS,
    "choice": BUILDERS | READERS,
    "version": {ADMINISTRATOR: "view", BUILDER: "view"} | READERS,
    "collector": BUILDERS | READERS,
    "invitation": {ADMINISTRATOR: "add view", BUILDER: "add view"} | READERS,
    "response": {ADMINISTRATOR: "view", BUILDER: "view"} | READERS,
}


def grant_roles(apps, schema_editor):
    grant(apps, "surveys", GRANTS)


class Migration(migrations.Migration):
    dependencies = [("surveys", "0001_initial"), ("accounts", "0002_roles")]

    operations = [migrations.RunPython(grant_roles, migrations.RunPython.noop)]

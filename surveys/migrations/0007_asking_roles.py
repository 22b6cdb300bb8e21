from django.db import migrations

from accounts.roles import ACCOUNT_MANAGER, ADMINISTRATOR, ANALYST, BUILDER, EXECUTIVE, grant

ALL = "add change delete view"
# Who asks is not who lets it out: approving a campaign is a right of its own.
GRANTS = {
    "audience": {ADMINISTRATOR: ALL, BUILDER: ALL, ANALYST: "view", EXECUTIVE: "view"},
    "campaign": {
        ADMINISTRATOR: f"{ALL} approve_campaign",
        BUILDER: ALL,
        EXECUTIVE: "view approve_campaign",
        ANALYST: "view",
    },
    "message": {ADMINISTRATOR: ALL, BUILDER: ALL, ANALYST: "view", EXECUTIVE: "view"},
    "mail": dict.fromkeys((ADMINISTRATOR, BUILDER, ANALYST, EXECUTIVE, ACCOUNT_MANAGER), "view"),
    "skip": dict.fromkeys((ADMINISTRATOR, BUILDER, ANALYST, EXECUTIVE, ACCOUNT_MANAGER), "view"),
    "suppression": {ADMINISTRATOR: "add delete view", BUILDER: "view"},
    "contactpolicy": {ADMINISTRATOR: "add change view", BUILDER: "view", EXECUTIVE: "view"},
    "contactcap": {ADMINISTRATOR: ALL, BUILDER: "view", EXECUTIVE: "view"},
}


def grant_roles(apps, schema_editor):
    grant(apps, "surveys", GRANTS)


class Migration(migrations.Migration):
    dependencies = [("surveys", "0006_asking"), ("accounts", "0002_roles")]

    operations = [migrations.RunPython(grant_roles, migrations.RunPython.noop)]

from django.db import migrations

from accounts.roles import ADMINISTRATOR, ANALYST, BUILDER, EXECUTIVE, grant

GRANTS = {
    "comment": {ADMINISTRATOR: "change", ANALYST: "change", BUILDER: "change"},
    "taxonomy": {ADMINISTRATOR: "add view", ANALYST: "add view", BUILDER: "add view"},
    "wordmodel": {ADMINISTRATOR: "view", ANALYST: "view", BUILDER: "view"},
    "target": {ADMINISTRATOR: "add change delete view", EXECUTIVE: "add change delete view", ANALYST: "view"},
    "close": {ADMINISTRATOR: "view", EXECUTIVE: "view", ANALYST: "view"},
}


def grant_roles(apps, schema_editor):
    grant(apps, "metrics", GRANTS)


class Migration(migrations.Migration):
    dependencies = [("metrics", "0004_closes_words_targets")]

    operations = [migrations.RunPython(grant_roles, migrations.RunPython.noop)]

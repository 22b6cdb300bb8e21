from django.db import migrations

from accounts.roles import ACCOUNT_MANAGER, ADMINISTRATOR, ANALYST, EXECUTIVE, grant

GRANTS = {
    "mailing": {ADMINISTRATOR: "change view", EXECUTIVE: "view", ANALYST: "view"},
    "delivery": {ADMINISTRATOR: "view"},
    "alert": {ADMINISTRATOR: "view", EXECUTIVE: "view", ANALYST: "view", ACCOUNT_MANAGER: "view"},
}
READERS = {
    "monthly": (EXECUTIVE,),
    "digest": (ACCOUNT_MANAGER,),
    "alerts": (ACCOUNT_MANAGER, EXECUTIVE),
}


def grant_roles(apps, schema_editor):
    grant(apps, "followups", GRANTS)


def add_mailings(apps, schema_editor):
    mailing, group = apps.get_model("followups", "Mailing"), apps.get_model("auth", "Group")
    for kind, roles in READERS.items():
        row, _ = mailing.objects.get_or_create(kind=kind)
        row.roles.add(*group.objects.filter(name__in=roles))


class Migration(migrations.Migration):
    dependencies = [("followups", "0003_reports")]

    operations = [
        migrations.RunPython(grant_roles, migrations.RunPython.noop),
        migrations.RunPython(add_mailings, migrations.RunPython.noop),
    ]

from django.db import migrations

from accounts.roles import ACCOUNT_MANAGER, ADMINISTRATOR, ANALYST, BUILDER, EXECUTIVE, grant

ALL = "add change delete view"
GRANTS = {
    "account": {
        ADMINISTRATOR: f"{ALL} view_all_accounts view_revenue",
        BUILDER: "view view_all_accounts",
        ANALYST: "view view_all_accounts view_revenue",
        EXECUTIVE: "view view_all_accounts view_revenue",
        ACCOUNT_MANAGER: "view change",
    },
    "contact": {
        ADMINISTRATOR: ALL,
        BUILDER: "view",
        ANALYST: "view",
        EXECUTIVE: "view",
        ACCOUNT_MANAGER: "add change view",
    },
    "subscription": {ADMINISTRATOR: ALL, ANALYST: "view", EXECUTIVE: "view"},
    "servicesmonth": {ADMINISTRATOR: ALL, ANALYST: "view", EXECUTIVE: "view"},
    "exchangerate": {ADMINISTRATOR: ALL, ANALYST: "view", EXECUTIVE: "view"},
    "signal": {ADMINISTRATOR: ALL, ANALYST: "view", EXECUTIVE: "view", ACCOUNT_MANAGER: "view"},
    "team": {ADMINISTRATOR: ALL},
    "user": {ADMINISTRATOR: ALL},
}


def grant_roles(apps, schema_editor):
    grant(apps, "accounts", GRANTS)


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(grant_roles, migrations.RunPython.noop)]

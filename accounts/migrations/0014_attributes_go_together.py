from django.db import migrations


class Migration(migrations.Migration):
    """Let PostgreSQL know how many accounts share several attributes.

    Large customers are of one tier and some industries: taken for independent, so few of them were expected
    that a year of comments was sorted instead of reading the newest.
    """

    dependencies = [("accounts", "0013_notes_once")]

    operations = [
        migrations.RunSQL(
            """
            CREATE STATISTICS accounts_attributes (mcv) ON segment, tier, region, country, industry
            FROM accounts_account;
            ANALYZE accounts_account;
            """,
            "DROP STATISTICS accounts_attributes",
        )
    ]

from django.db import migrations

# A check sees one row, a circle takes several. The lock keeps two writers from closing a circle that neither
# of them sees; it is taken only where a parent is set.
REFUSE = """
CREATE FUNCTION accounts_refuse_parent_circle() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(x'65617273'::int, 3);
    IF EXISTS (
        WITH RECURSIVE above (id, parent_id) AS (
            SELECT id, parent_id FROM accounts_account WHERE id = NEW.parent_id
            UNION
            SELECT account.id, account.parent_id FROM accounts_account AS account
            JOIN above ON account.id = above.parent_id
        )
        SELECT FROM above WHERE id = NEW.id
    ) THEN
        RAISE EXCEPTION 'an account cannot be above itself'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'account_not_above_itself';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER account_not_above_itself AFTER INSERT OR UPDATE OF parent_id ON accounts_account
FOR EACH ROW WHEN (NEW.parent_id IS NOT NULL) EXECUTE FUNCTION accounts_refuse_parent_circle();
"""
ALLOW = """
DROP TRIGGER account_not_above_itself ON accounts_account;
DROP FUNCTION accounts_refuse_parent_circle();
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0007_exports")]

    operations = [migrations.RunSQL(REFUSE, ALLOW)]

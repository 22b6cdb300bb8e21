from accounts.interchange.specs import ACCOUNTS
from accounts.management.table_command import ModelCommand


class Command(ModelCommand):
    help = "Create or update accounts by external_id; columns that feed no field become attributes."
    spec = ACCOUNTS

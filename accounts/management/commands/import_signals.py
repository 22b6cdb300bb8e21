from accounts.interchange.specs import SIGNALS
from accounts.management.table_command import ModelCommand


class Command(ModelCommand):
    help = "Create or update measures of accounts, by account, key and observed_on."
    spec = SIGNALS

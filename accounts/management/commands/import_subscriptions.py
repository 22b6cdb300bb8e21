from accounts.interchange.specs import SUBSCRIPTIONS
from accounts.management.table_command import ModelCommand


class Command(ModelCommand):
    help = "Create or update subscriptions by external_id."
    spec = SUBSCRIPTIONS

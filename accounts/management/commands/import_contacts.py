from accounts.interchange.specs import CONTACTS
from accounts.management.table_command import ModelCommand


class Command(ModelCommand):
    help = "Create or update contacts by external_id."
    spec = CONTACTS

from accounts.interchange.specs import SERVICES
from accounts.management.table_command import ModelCommand


class Command(ModelCommand):
    help = "Create or update what services brought in and cost, by account and month."
    spec = SERVICES

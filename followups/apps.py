from django.apps import AppConfig


class FollowupsConfig(AppConfig):
    name = "followups"
    verbose_name = "Act"

    def ready(self) -> None:
        """Tell campaigns of open and closed cases."""
        from followups.asking import add_sources  # noqa: PLC0415 - models are there only now

        add_sources()

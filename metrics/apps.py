from django.apps import AppConfig


class MetricsConfig(AppConfig):
    name = "metrics"
    verbose_name = "Metrics"

    def ready(self) -> None:
        """Tell audiences what they may be chosen by besides."""
        from metrics.audiences import add_fields  # noqa: PLC0415 - models are there only now

        add_fields()

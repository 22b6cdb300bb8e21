from django.apps import AppConfig

# Every Django process loads this module, so `shared_task` finds its application in the web processes too.
from config.celery import app as celery_app

__all__ = ["HouseConfig", "celery_app"]


class HouseConfig(AppConfig):
    name = "config"
    verbose_name = "Operation"

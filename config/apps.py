from django.apps import AppConfig
from django.contrib.admin import apps as admin

# Every Django process loads this module, so `shared_task` finds its application in the web processes too.
from config.celery import app as celery_app

__all__ = ["HouseAdminConfig", "HouseConfig", "celery_app"]


class HouseConfig(AppConfig):
    name = "config"
    verbose_name = "Operation"
    default = True


class HouseAdminConfig(admin.AdminConfig):
    default = False
    default_site = "config.site.Site"

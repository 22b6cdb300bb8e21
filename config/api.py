from django.urls import include, path
from rest_framework.routers import SimpleRouter

from accounts.api import resources as accounts

# No slash at the end: a redirect to one would lose the body of a POST.
router = SimpleRouter(trailing_slash=False)
router.register("accounts", accounts.AccountViewSet, "api-account")
router.register("contacts", accounts.ContactViewSet, "api-contact")
router.register("subscriptions", accounts.SubscriptionViewSet, "api-subscription")
router.register("services", accounts.ServicesViewSet, "api-services")
router.register("signals", accounts.SignalViewSet, "api-signal")

urlpatterns = [path("", include(router.urls))]

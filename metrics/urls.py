from metrics.pages.registry import patterns

urlpatterns = patterns()

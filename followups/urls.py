from followups.pages.reports import PAGES
from metrics.pages.registry import patterns

urlpatterns = patterns(PAGES)

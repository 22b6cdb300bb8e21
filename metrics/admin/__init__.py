from metrics.admin.closes import CloseAdmin
from metrics.admin.exports import ExportAdmin
from metrics.admin.targets import TargetAdmin
from metrics.admin.words import CommentAdmin, TaxonomyAdmin, WordModelAdmin

__all__ = ["CloseAdmin", "CommentAdmin", "ExportAdmin", "TargetAdmin", "TaxonomyAdmin", "WordModelAdmin"]

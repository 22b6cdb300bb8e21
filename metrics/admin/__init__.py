from metrics.admin.exports import ExportAdmin
from metrics.admin.targets import TargetAdmin
from metrics.admin.words import CommentAdmin, TaxonomyAdmin, WordModelAdmin

__all__ = ["CommentAdmin", "ExportAdmin", "TargetAdmin", "TaxonomyAdmin", "WordModelAdmin"]

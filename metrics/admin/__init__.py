from metrics.admin.exports import ExportAdmin

__all__ = ["ExportAdmin"]

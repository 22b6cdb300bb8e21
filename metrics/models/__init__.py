from metrics.models.health import Health, HealthOverride, Scorecard
from metrics.models.scores import Absorbed, Comment, Score, Slice, Tally

__all__ = ["Absorbed", "Comment", "Health", "HealthOverride", "Score", "Scorecard", "Slice", "Tally"]

from metrics.models.health import Health, Scorecard
from metrics.models.scores import Absorbed, Comment, Score, Slice, Tally

__all__ = ["Absorbed", "Comment", "Health", "Score", "Scorecard", "Slice", "Tally"]

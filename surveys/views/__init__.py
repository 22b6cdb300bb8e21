from surveys.views.answering import answer_open, answer_personal, thanks_open, thanks_personal
from surveys.views.preview import preview_page

__all__ = ["answer_open", "answer_personal", "preview_page", "thanks_open", "thanks_personal"]

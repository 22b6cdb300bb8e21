from surveys.views.answering import (
    answer_nowhere,
    answer_open,
    answer_personal,
    thanks_open,
    thanks_personal,
)
from surveys.views.embedding import embed_script
from surveys.views.leaving import leave_personal
from surveys.views.logos import show_logo
from surveys.views.mail_events import hear_provider
from surveys.views.preview import Keeper, preview_page

__all__ = [
    "Keeper",
    "answer_nowhere",
    "answer_open",
    "answer_personal",
    "embed_script",
    "hear_provider",
    "leave_personal",
    "preview_page",
    "show_logo",
    "thanks_open",
    "thanks_personal",
]

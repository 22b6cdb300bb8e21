"""What the builder's buttons and forms do: each act reads what was sent and says which change it makes."""

from collections.abc import Mapping

from surveys.admin.builder.acts.act import Act, Acting, FormRefused
from surveys.admin.builder.acts.endings import ending_add, ending_delete, ending_step, save_ending
from surveys.admin.builder.acts.frame import save_survey, save_theme
from surveys.admin.builder.acts.pages import page_join, page_step, save_page
from surveys.admin.builder.acts.questions import add, delete, duplicate, move, save_question, step

__all__ = ["ACTS", "Act", "Acting", "FormRefused"]

ACTS: Mapping[str, Acting] = {
    "add": add,
    "duplicate": duplicate,
    "delete": delete,
    "up": step(-1),
    "down": step(1),
    "move": move,
    "question": save_question,
    "page": save_page,
    "page-up": page_step(-1),
    "page-down": page_step(1),
    "page-join": page_join,
    "survey": save_survey,
    "theme": save_theme,
    "ending": save_ending,
    "ending-add": ending_add,
    "ending-delete": ending_delete,
    "ending-up": ending_step(-1),
    "ending-down": ending_step(1),
}

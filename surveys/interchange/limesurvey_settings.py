"""Which settings of LimeSurvey's have no counterpart, as sentences of a report. Pure."""

from surveys.interchange.drafting import Draft
from surveys.interchange.limesurvey_model import LimeQuestion, LimeSurvey

NOTHING = {"", "0", "N", "no", "none", "default", "false", "X"}
# What an attribute does, so that the report says it in words; the others are told by their names.
MEANINGS = {
    "array_filter": "shows only the rows picked in {value}",
    "array_filter_exclude": "leaves out the rows picked in {value}",
    "em_validation_q": "checks answers by a formula ({value})",
    "em_validation_sq": "checks each field by a formula ({value})",
    "equals_num_value": "demands a sum of {value}",
    "min_num_value": "demands a sum of at least {value}",
    "max_num_value": "demands a sum of at most {value}",
    "time_limit": "allows {value} seconds",
    "random_group": "stands in random order with others ({value})",
    "exclude_all_others_auto": "ticks the exclusive choice by itself",
    "other_comment_mandatory": "demands a comment with the open choice",
    "other_numbers_only": "takes only numbers in the open choice",
    "date_min": "takes no day before {value}",
    "date_max": "takes no day after {value}",
    "location_mapservice": "asks on a map",
    "max_subquestions": "ranks at most {value}",
    "code_filter": "shows only the codes that match {value}",
    "equation": "calculates {value}",
}
# How LimeSurvey's own pages and statistics look, what its converter reads, and what repeats a default.
OF_NO_MATTER = {
    *("add_platform_info", "addlineicon", "allowed_filetypes", "alphasort", "answer_order", "answer_width"),
    *("answer_width_bycolumn", "array_filter_style", "assessment_value", "autoaddnewline", "button_size"),
    *("category_separator", "choice_input_columns", "choice_title", "clear_default", "crop_or_resize"),
    *("cssclass", "date_format", "display_columns", "display_rows", "display_type", "dropdown_dates"),
    *("dropdown_dates_minute_step", "dropdown_dates_month_style", "dropdown_prefix", "dropdown_prepostfix"),
    *("dropdown_separators", "dropdown_size", "dualscale_headerA", "dualscale_headerB"),
    *("em_validation_q_tip", "em_validation_sq_tip", "exclude_all_others", "fix_height", "fix_width"),
    *("hidden", "hide_tip", "horizontal_scroll", "image", "input_boxes", "input_size", "keep_aspect"),
    *("label_input_columns", "location_city", "location_country", "location_defaultcoordinates"),
    *("location_mapheight", "location_mapwidth", "location_mapzoom", "location_nodefaultfromip"),
    *("location_postal", "location_state", "max_answers", "max_filesize", "max_num_of_files"),
    *("max_num_value_n", "maximum_chars", "min_answers", "min_num_of_files", "min_num_value_n"),
    *("multiflexible_checkbox", "multiflexible_max", "multiflexible_min", "multiflexible_step"),
    *("num_value_int_only", "numbers_only", "only_pull", "other_position", "other_position_code"),
    *("other_replace_text", "page_break", "parent_order", "placeholder", "prefix", "printable_help"),
    *("public_statistics", "random_order", "rank_title", "repeat_headings", "reverse", "samechoiceheight"),
    *("samelistheight", "save_as_default", "scale_export", "show_comment", "show_grand_total"),
    *("show_handle", "show_number", "show_search", "show_tick", "show_title", "show_totals", "showpopups"),
    *("slider_accuracy", "slider_custom_handle", "slider_default", "slider_default_set", "slider_handle"),
    *("slider_layout", "slider_max", "slider_middlestart", "slider_min", "slider_orientation"),
    *("slider_rating", "slider_reset", "slider_separator", "slider_showminmax", "statistics_graphtype"),
    *("statistics_showgraph", "statistics_showmap", "subquestion_width", "suffix", "text_input_columns"),
    *("text_input_width", "use_dropdown", "value_range_allows_missing", "visualize", "width_entry"),
    *("commented_checkbox", "commented_checkbox_auto", "rank_header", "relevance"),
}
SHORT = 80


def report_settings(draft: Draft, survey: LimeSurvey, question: LimeQuestion | None = None) -> None:
    """Add what is lost of a question's settings to the losses, or of the survey's own."""
    if question is None:
        _report_survey(draft, survey)
        return
    place = draft.place(question.code, question.texts)
    for name in question.attributes:
        value = question.attribute(name).strip()
        if value in NOTHING or name in OF_NO_MATTER or name.startswith("time_limit_"):
            continue
        short = value if len(value) <= SHORT else f"{value[: SHORT - 1]}…"
        meaning = MEANINGS.get(name, f"has the setting {name} = {short}").format(value=short)
        draft.lose(place, f"a setting was not taken over: in LimeSurvey it {meaning}.")
    if pattern := question.row.get("preg", "").strip():
        draft.lose(place, f"its check by a pattern ({pattern[:SHORT]}) was not taken over.")
    if question.has_default:
        draft.lose(place, "its default answer was not taken over: nothing is answered beforehand here.")
    if any(script.strip() for script in question.scripts.values()):
        draft.lose(place, "its script was not taken over.")
    if any(part.relevance.strip() not in ("", "1") for part in question.subquestions):
        draft.lose(place, "conditions on single rows or choices were not taken over: all are shown.")


def _report_survey(draft: Draft, survey: LimeSurvey) -> None:
    sentences = {
        "quota": "its quotas ({count}) were not taken over: set them up in Earshot.",
        "assessments": "its assessments ({count}) were not taken over: Earshot does not score respondents.",
    }
    for name, sentence in sentences.items():
        if count := survey.others.get(name):
            draft.lose("survey", sentence.format(count=count))
    for name in survey.parameters:
        draft.hide(name)
    for name, what in (("startdate", "opens"), ("expires", "closes")):
        if value := survey.settings.get(name, "").strip():
            draft.lose("survey", f"the day on which it {what} ({value[:30]}) was not taken over.")
    url = survey.texts.get("surveyls_url", {}).get(survey.languages[0], "").strip()
    if url and survey.settings.get("autoredirect") == "Y":
        draft.end(url=url)
    elif url:
        draft.lose("survey", f"the link at its end ({url[:SHORT]}) was not taken over: texts here are plain.")
    if survey.settings.get("anonymized") == "Y":
        draft.privacy = "anonymous"
    draft.layout = {"S": "question", "A": "all"}.get(survey.settings.get("format", ""), "page")

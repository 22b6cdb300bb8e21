"""The formats in which a survey may arrive: add one to `FORMATS` and `import_survey` reads it. Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePath

from surveys.interchange.conversion import Conversion
from surveys.interchange.django_survey import read_django_survey
from surveys.interchange.documents import ZIP, listed, mapping, read_json, refused
from surveys.interchange.formbricks import read_formbricks
from surveys.interchange.heyform import read_heyform
from surveys.interchange.limesurvey import read_limesurvey
from surveys.interchange.limesurvey_tsv import is_tsv
from surveys.interchange.native import DefinitionRefused, from_json
from surveys.interchange.qualtrics import read_qualtrics
from surveys.interchange.sheets import is_workbook
from surveys.interchange.surveyjs import read_surveyjs
from surveys.interchange.typeform import read_typeform
from surveys.interchange.xlsform import read_xlsform

MAX_FILE = 4 << 20


@dataclass(frozen=True, slots=True)
class Format:
    """One format: its name, the suffixes of its files, how to tell its content, and its reader.

    The reader raises DefinitionRefused when nothing usable comes out of a file.
    """

    name: str
    label: str
    suffixes: tuple[str, ...]
    recognises: Callable[[bytes], bool]
    reader: Callable[[bytes], Conversion]

    def read(self, content: bytes) -> Conversion:
        """Return what became of a file, or raise DefinitionRefused, whatever the file holds."""
        try:
            return self.reader(content)
        except DefinitionRefused:
            raise
        except RecursionError:
            raise refused("is nested too deeply") from None
        except Exception:  # where a tool has a text, a hostile or damaged file may have anything
            raise refused(f"is damaged, or not what {self.label} writes") from None


def _read_native(content: bytes) -> Conversion:
    definition = from_json(read_json(content))
    return Conversion(definition, len(definition.questions), len(definition.questions))


def _has(*marks: bytes) -> Callable[[bytes], bool]:
    return lambda content: all(mark in content for mark in marks)


def _is_formbricks(content: bytes) -> bool:
    try:
        document = mapping(read_json(content))
    except DefinitionRefused:
        return False
    data = document.get("data", document)
    surveys = [mapping(one) for one in (data if isinstance(data, list) else [data])]
    items = [mapping(one) for survey in surveys for one in listed(survey.get("questions"))]
    return any("headline" in one for one in items) or any(
        "elements" in mapping(block) for survey in surveys for block in listed(survey.get("blocks"))
    )


def _is_limesurvey(content: bytes) -> bool:
    return is_tsv(content) or content.startswith(ZIP) or b"<LimeSurveyDocType>" in content


NATIVE = Format("native", "Earshot", (".json",), _has(b'"questions"', b'"kind"'), _read_native)
FORMATS = {
    format_.name: format_
    for format_ in (
        Format("qualtrics", "Qualtrics", (".qsf", ".json"), _has(b'"SurveyElements"'), read_qualtrics),
        Format(
            "limesurvey",
            "LimeSurvey",
            (".lss", ".lsq", ".lsg", ".lsa", ".txt", ".tsv", ".xml"),
            _is_limesurvey,
            read_limesurvey,
        ),
        Format("xlsform", "XLSForm (Kobo, ODK)", (".xls", ".xlsx"), is_workbook, read_xlsform),
        Format("formbricks", "Formbricks", (".json",), _is_formbricks, read_formbricks),
        Format(
            "typeform",
            "Typeform",
            (".json",),
            lambda content: (
                b'"fields"' in content
                and any(mark in content for mark in (b'"thankyou_screens"', b'"validations"', b'"_links"'))
                and b'"kind"' not in content
            ),
            read_typeform,
        ),
        Format("django-survey", "django-survey", (".json",), _has(b'"survey.question"'), read_django_survey),
        NATIVE,
        Format("heyform", "HeyForm", (".json",), _has(b'"kind"', b'"validations"'), read_heyform),
        Format(
            "surveyjs",
            "SurveyJS",
            (".json",),
            lambda content: b'"type"' in content and (b'"pages"' in content or b'"elements"' in content),
            read_surveyjs,
        ),
    )
}


def format_of(name: str, content: bytes) -> Format | None:
    """Return the format of a file by its name and content, by its name alone if need be, or None."""
    suffix = PurePath(name).suffix.lower()
    likely = [format_ for format_ in FORMATS.values() if suffix in format_.suffixes]
    recognised = [format_ for format_ in likely if format_.recognises(content)]
    if recognised:
        return recognised[0]
    return NATIVE if NATIVE in likely else next(iter(likely), None)

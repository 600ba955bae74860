"""Sentences in the reader's language: the template from a catalogue, its values as locale data say.

Catalogues are gettext's .po files under ``pages/locale``, read as they are. Only a template that
stands in a catalogue of ours is filled in; whatever else a sentence claims to be made of, it reads
in its English words. No screen, no session.
"""

from datetime import date, datetime
from decimal import Decimal
from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path
from typing import Any, Final

from kpi.texts import Month, Said, in_english

LANGUAGES: Final = {"en": "English", "de": "Deutsch", "es": "Español"}
"""Every language of the pages, by its code, under the name its readers call it."""

SOURCE: Final = "en"
"""The language the sentences are written in."""

FOLDER: Final = Path(__file__).parents[1] / "locale"
DOMAIN: Final = "clause_nine"


def catalogue_file(language: str) -> Path:
    """Where the catalogue of a language stands."""
    return FOLDER / language / "LC_MESSAGES" / f"{DOMAIN}.po"


class _Unknown(NullTranslations):
    """What is in no catalogue has no translation, and is not its own."""

    def gettext(self, message: str) -> str:
        return ""

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return ""


@cache
def _translations(language: str) -> NullTranslations:
    file = catalogue_file(language)
    if language == SOURCE or not file.is_file():
        return _Unknown()
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    with file.open("rb") as text:
        catalogue = read_po(text, locale=language)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    found = GNUTranslations(compiled)
    found.add_fallback(_Unknown())
    return found


def speak(text: str, language: str) -> str:
    """A sentence in a language; text that is no sentence of ours stays as it is."""
    if language == SOURCE or not isinstance(text, Said):
        return str(text)
    if not text.template:  # sentences joined: each for itself
        return " ".join(value_in(part, language) for part in text.values.values())
    template = _template(text, language)
    if not template:
        return str(text)
    if not text.values:
        return str(text) if "{" in template else template
    values = {name: value_in(value, language) for name, value in text.values.items()}
    try:
        return template.format(**values)
    except (KeyError, IndexError):
        return str(text)


def _template(text: Said, language: str) -> str:
    found = _translations(language)
    if not text.plural:
        return found.gettext(text.template)
    n = text.values.get("n")
    return found.ngettext(text.template, text.plural, n) if isinstance(n, int) else ""


def value_in(value: Any, language: str) -> str:
    """A value as a sentence of that language writes it.

    >>> value_in(2980, "de"), value_in(date(2026, 4, 3), "es"), value_in(Month(2026, 10), "de")
    ('2.980', '3 de abril de 2026', 'Oktober 2026')
    """
    if isinstance(value, Said):
        return speak(value, language)
    if isinstance(value, (list, tuple)):
        return ", ".join(value_in(item, language) for item in value)
    if language == SOURCE or isinstance(value, (bool, str)) or value is None:
        return in_english(value)
    if isinstance(value, Month):
        return _skeleton(date(value.year, value.month, 1), language)
    if isinstance(value, datetime):
        return f"{_day(value, language)} {value:%H:%M}"
    if isinstance(value, date):
        return _day(value, language)
    if isinstance(value, (int, float, Decimal)):
        return _number(value, language)
    return in_english(value)


def _day(day: date, language: str) -> str:
    from babel.dates import format_date

    return str(format_date(day, "long", locale=language))


def _skeleton(day: date, language: str) -> str:
    from babel.dates import format_skeleton

    return str(format_skeleton("yMMMM", day, locale=language))


def _number(value: float | Decimal, language: str) -> str:
    from babel.numbers import format_decimal

    if isinstance(value, Decimal):
        exponent = value.as_tuple().exponent
        decimals = max(-exponent, 0) if isinstance(exponent, int) else 0
        pattern = f"#,##0.{'0' * decimals}" if decimals else "#,##0"
        return str(format_decimal(value, pattern, locale=language))
    if isinstance(value, float):
        value = float(f"{value:.15g}")
    return str(format_decimal(value, locale=language, decimal_quantization=False))


def best_of(wanted: str | None) -> str | None:
    """The language of ours that a locale asks for, if there is one.

    >>> best_of("de-AT"), best_of("ES"), best_of("fr-FR"), best_of(None)
    ('de', 'es', None, None)
    """
    code = (wanted or "").replace("_", "-").split("-")[0].strip().lower()
    return code if code in LANGUAGES else None

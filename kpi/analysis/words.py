"""Numbers, periods and slices in words. Formats only; nothing is calculated here."""

import math
from collections.abc import Iterable
from datetime import date, timedelta

from kpi.measures import Kpi
from kpi.model import Variation
from kpi.qms import Slice

MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip

DIMENSION_WORDS = {
    "plant": "plant",
    "line": "line",
    "machine": "machine",
    "shift": "shift",
    "product": "product",
    "reason": "reason",
    "customer": "customer",
    "supplier": "supplier",
}

_MOST_DECIMALS = 6

MINUS = "\u2212"


def number(value: float, decimals: int) -> str:
    """``value`` with thousands separated by a narrow no-break space.

    >>> number(1234567.891, 1), number(-40, 0), number(-0.04, 1)
    ('1\u202f234\u202f567.9', '−40', '0.0')
    """
    text = f"{value:,.{decimals}f}".replace(",", "\u202f")
    nought = not any(digit in text for digit in "123456789")
    return text.replace("-", "" if nought else MINUS)


def variation_word(variation: Variation) -> str:
    """A verdict as a manager says it: what moves by chance alone is steady.

    >>> variation_word(Variation.COMMON_CAUSE), variation_word(Variation.WORSENING)
    ('steady', 'worsening')
    """
    return "steady" if variation is Variation.COMMON_CAUSE else variation.value


def with_unit(text: str, unit: str) -> str:
    """A number and its unit, kept on one line."""
    return f"{text}\u00a0{unit}" if unit else text


SINGULAR_UNITS = {"lines": "line", "complaints": "complaint"}
"""Units that are nouns: one of them is not many."""


def value_text(value: float, kpi: Kpi, *, beside: float | None = None) -> str:
    """A KPI value as printed: its declared decimals and unit.

    ``beside`` is a number it stands next to, such as a target: where the two differ but would
    print alike, decimals are added until they do not (94.96 % against 95 % is not "95.0 %").
    """
    text = number(value, decimals_beside(value, kpi.decimals, beside))
    return with_unit(text, SINGULAR_UNITS.get(kpi.unit, kpi.unit) if text == "1" else kpi.unit)


def decimals_beside(value: float, least: int, beside: float | None) -> int:
    """Decimals to print ``value`` with, so that it does not read like another number beside it.

    >>> decimals_beside(94.96, 1, 95.0), decimals_beside(94.96, 1, None)
    (2, 1)
    """
    if beside is None or math.isnan(value) or value == beside:
        return least
    decimals = least
    while decimals < _MOST_DECIMALS and f"{value:.{decimals}f}" == f"{beside:.{decimals}f}":
        decimals += 1
    return decimals


def printed_change(before: float, after: float, decimals: int) -> float:
    """The difference of two values as they are printed, so that a reader who subtracts agrees.

    >>> printed_change(69.4, 164.6, 0), printed_change(2.04, 2.06, 1)
    (96.0, 0.1)
    """
    return round(round(after, decimals) - round(before, decimals), decimals)


def change_text(before: float, after: float, kpi: Kpi) -> str:
    r"""The difference of two printed values: percentages in points; none between them in words.

    >>> from types import SimpleNamespace
    >>> percent = SimpleNamespace(unit="%", decimals=1)
    >>> change_text(2.0, 2.4, percent)
    '+0.4\xa0pt'
    >>> change_text(2.0, 2.01, percent), change_text(2.0, 2.0, percent)
    ('hardly changed', 'unchanged')
    """
    unit = "pt" if kpi.unit == "%" else kpi.unit
    difference = printed_change(before, after, kpi.decimals)
    if difference == 0:
        return "hardly changed" if after != before else "unchanged"
    text = number(abs(difference), kpi.decimals)
    if text == "1":
        unit = SINGULAR_UNITS.get(unit, unit)
    return with_unit(f"{MINUS if difference < 0 else '+'}{text}", unit)


def period_words(label: str) -> str:
    """A period label as a person says it.

    >>> period_words("2026-10"), period_words("2026-W43"), period_words("2026-Q4")
    ('October 2026', 'week 43 of 2026', 'Q4 2026')
    >>> period_words("2026-10-05"), period_words("FY2026-P10"), period_words("all")
    ('5 October 2026', 'period 10 of FY 2026', 'the whole time')
    """
    if label == "all":
        return "the whole time"
    if label.startswith("FY"):
        year, period = label[2:].split("-P")
        return f"period {int(period)} of FY {year}"
    parts = label.split("-")
    if len(parts) == 1:
        return label
    if parts[1].startswith("W"):
        return f"week {int(parts[1][1:])} of {parts[0]}"
    if parts[1].startswith("Q"):
        return f"{parts[1]} {parts[0]}"
    month = f"{MONTHS[int(parts[1]) - 1]} {parts[0]}"
    return f"{int(parts[2])} {month}" if len(parts) == 3 else month


def short_period(label: str) -> str:
    """A period where there is little room: months by three letters.

    >>> short_period("2026-03"), short_period("2026-W43")
    ('Mar 2026', 'week 43 of 2026')
    """
    parts = label.split("-")
    if len(parts) == 2 and parts[1].isdecimal():
        return f"{MONTHS[int(parts[1]) - 1][:3]} {parts[0]}"
    return period_words(label)


def in_period(label: str) -> str:
    """When something was so: a period with its preposition.

    >>> in_period("2026-10"), in_period("2026-10-05"), in_period("all")
    ('in October 2026', 'on 5 October 2026', 'over the whole time')
    """
    if label == "all":
        return "over the whole time"
    is_day = len(label.split("-")) == 3 and not label.startswith("FY")
    return f"{'on' if is_day else 'in'} {period_words(label)}"


def span_words(first: date | None, last: date | None) -> str:
    """Days from-to as a person says them; a whole month or year by its name.

    >>> span_words(date(2026, 10, 1), date(2026, 10, 31)), span_words(date(2026, 1, 1), date(2026, 12, 31))
    ('October 2026', '2026')
    >>> span_words(date(2026, 1, 1), date(2026, 3, 31)), span_words(date(2026, 10, 2), date(2026, 10, 31))
    ('January 2026 to March 2026', '2 October 2026 to 31 October 2026')
    >>> span_words(date(2026, 10, 2), None), span_words(None, date(2026, 10, 2)), span_words(None, None)
    ('since 2 October 2026', 'up to 2 October 2026', 'the whole time')
    """
    if first is None or last is None:
        if first is not None:
            return f"since {date_words(first)}"
        return f"up to {date_words(last)}" if last is not None else "the whole time"
    if first.day != 1 or (last + timedelta(days=1)).day != 1:
        return date_words(first) if first == last else f"{date_words(first)} to {date_words(last)}"
    months = [f"{MONTHS[day.month - 1]} {day.year}" for day in (first, last)]
    if (first.year, first.month) == (last.year, last.month):
        return months[0]
    if (first.month, last.month, first.year) == (1, 12, last.year):
        return str(first.year)
    return " to ".join(months)


PERIOD_NOUNS = {
    "month": ("month", "months"),
    "week": ("week", "weeks"),
    "day": ("day", "days"),
    "quarter": ("quarter", "quarters"),
    "year": ("year", "years"),
    "fiscal": ("fiscal period", "fiscal periods"),
    "all": ("period", "periods"),
}


def count_words(count: int, period: str) -> str:
    """``3 months``; small numbers in words.

    >>> count_words(8, "month"), count_words(1, "week"), count_words(14, "month")
    ('eight months', 'one week', '14 months')
    """
    singular, plural = PERIOD_NOUNS[period]
    return f"{small_number(count)} {singular if count == 1 else plural}"


_SMALL = (
    "no", "one", "two", "three", "four", "five", "six",
    "seven", "eight", "nine", "ten", "eleven", "twelve",
)  # fmt: skip


def small_number(count: int) -> str:
    """Up to twelve in words, larger ones in digits.

    >>> small_number(3), small_number(13), small_number(0)
    ('three', '13', 'no')
    """
    return _SMALL[count] if count < len(_SMALL) else str(count)


def clipped(name: str, longest: int = 40) -> str:
    """A name from a file, short enough for a sentence.

    >>> clipped("Porosity"), clipped("a very long name", 9)
    ('Porosity', 'a very l…')
    """
    return name if len(name) <= longest else f"{name[: longest - 1].rstrip()}…"


def within(text: str) -> str:
    """A title as it stands within a sentence; an abbreviation stays as it is.

    >>> within("Scrap rate"), within("MTTR"), within("OTIF of all")
    ('scrap rate', 'MTTR', 'OTIF of all')
    """
    return text if text[1:2].isupper() else f"{text[:1].lower()}{text[1:]}"


def date_words(day: date) -> str:
    """``5 October 2026``."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def listed(names: Iterable[str], *, joint: str = "and") -> str:
    """Names as a sentence lists them.

    >>> listed(["A", "B", "C"]), listed(["A"]), listed([])
    ('A, B and C', 'A', '')
    """
    all_names = list(names)
    if len(all_names) < 2:
        return "".join(all_names)
    return f"{', '.join(all_names[:-1])} {joint} {all_names[-1]}"


def slice_words(chosen: Slice) -> str:
    """A slice as a person names it: the plant's own names, plants last.

    >>> slice_words((("line", "L3"), ("plant", "Nordhafen")))
    'line L3, Nordhafen'
    >>> slice_words(())
    'all plants'
    >>> slice_words((("line", ""),))
    'line not assigned'
    """
    by_dimension: dict[str, list[str]] = {}
    for dimension, value in chosen:
        by_dimension.setdefault(dimension, []).append(value or "not assigned")
    plants = by_dimension.pop("plant", [])
    parts = [_named(dimension, values) for dimension, values in by_dimension.items()]
    if plants:
        parts.append(listed(plants))
    return ", ".join(parts) or "all plants"


def _named(dimension: str, values: list[str]) -> str:
    word = DIMENSION_WORDS.get(dimension, dimension)
    own_word = all(word in value.lower() for value in values)
    names = listed(values, joint="or")
    return names if own_word else f"{word} {names}"

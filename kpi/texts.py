"""Sentences for people that can be said in another language: a template and the values in it.

A sentence is made where the thing happens, in English, by ``said``. It is text like any other
(equal to its English words, printable, storable), and beside that it knows its template, so that
a page can look it up in a catalogue and write its numbers and dates as the reader expects them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

_TEXT: Final = "text"


class Said(str):
    """A sentence with its ``template``, ``plural`` template ("" without) and ``values`` by name."""

    __slots__ = ("plural", "template", "values")

    template: str
    plural: str
    values: Mapping[str, Any]

    def __new__(
        cls, text: str, template: str, plural: str = "", values: Mapping[str, Any] | None = None
    ) -> "Said":
        """The sentence as it reads in English, with what it was made of."""
        made = super().__new__(cls, text)
        made.template, made.plural, made.values = template, plural, dict(values or {})
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        """Copied and pickled whole."""
        return Said, (str(self), self.template, self.plural, dict(self.values))


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """A calendar month inside a sentence: October 2026."""

    year: int
    month: int

    def __str__(self) -> str:
        return f"{date(self.year, self.month, 1):%B %Y}"


def said(template: str, /, **values: Any) -> Said:
    """A sentence; numbers get thousands separators, dates read as 3 April 2026.

    A number that must keep its digits (a year, a code) is passed as text; one that must keep its
    decimals by ``fixed``; a value that is a sentence or name of ours as ``said`` or ``label``.

    >>> said("{rows} rows of {what} are in", rows=2980, what="scrap")
    '2,980 rows of scrap are in'
    """
    return Said(
        template.format(**{k: in_english(v) for k, v in values.items()}), template, "", values
    )


def said_n(singular: str, plural: str, /, n: int, **values: Any) -> Said:
    """A sentence about ``n`` things, in the form that number takes.

    >>> said_n("{n} row is left out", "{n} rows are left out", n=1)
    '1 row is left out'
    """
    every = {"n": n, **values}
    text = (singular if n == 1 else plural).format(**{k: in_english(v) for k, v in every.items()})
    return Said(text, singular, plural, every)


def joined(*texts: str) -> str:
    """Sentences one after the other, each as translatable as it is.

    >>> joined(said("{n} rows.", n=2), "As the file has it.")
    '2 rows. As the file has it.'
    """
    if len(texts) == 1:
        return texts[0]
    return Said(" ".join(texts), "", "", {str(i): text for i, text in enumerate(texts)})


def label(text: str) -> Said:
    """A name of ours (of a dataset, a field, a KPI) that reads differently in another language.

    >>> said("{rows} rows of {what}", rows=2, what=label("scrap and rework"))
    '2 rows of scrap and rework'
    """
    return Said(text, text)


def fixed(value: float, decimals: int) -> Decimal:
    """A number that is printed with exactly so many decimals.

    >>> said("{share} %", share=fixed(1234.5, 2))
    '1,234.50 %'
    """
    return Decimal(f"{value:.{decimals}f}")


def in_english(value: Any) -> str:
    """A value inside an English sentence.

    >>> in_english(1234567), in_english(date(2026, 4, 3)), in_english(2.5)
    ('1,234,567', '3 April 2026', '2.5')
    """
    if isinstance(value, bool) or value is None:
        return str(value)
    if isinstance(value, (int, Decimal)):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.15g}"
    if isinstance(value, datetime):
        return f"{value.day} {value:%B %Y %H:%M}"
    if isinstance(value, date):
        return f"{value.day} {value:%B %Y}"
    if isinstance(value, (list, tuple)):
        return ", ".join(in_english(v) for v in value)
    return str(value)


def as_json(value: Any) -> Any:
    """Text as JSON carries it between processes: plain, or with its template and values."""
    if not isinstance(value, Said):
        return str(value) if isinstance(value, str) else value
    return {
        _TEXT: str(value),
        "template": value.template,
        "plural": value.plural,
        "values": {k: _value_out(v) for k, v in value.values.items()},
    }


def from_json(told: Any) -> Any:
    """The inverse of ``as_json``; what is no sentence comes back as it is."""
    if not isinstance(told, Mapping) or _TEXT not in told:
        return told
    values = {str(k): _value_in(v) for k, v in dict(told.get("values", {})).items()}
    return Said(str(told[_TEXT]), str(told["template"]), str(told.get("plural", "")), values)


def _value_out(value: Any) -> Any:
    if isinstance(value, Said):
        return as_json(value)
    if isinstance(value, Decimal):
        return {"decimal": str(value)}
    if isinstance(value, Month):
        return {"month": [value.year, value.month]}
    if isinstance(value, datetime):
        return {"moment": value.isoformat()}
    if isinstance(value, date):
        return {"day": value.isoformat()}
    if isinstance(value, (list, tuple)):
        return [_value_out(v) for v in value]
    return value


def _value_in(told: Any) -> Any:
    if isinstance(told, Mapping):
        if "decimal" in told:
            return Decimal(told["decimal"])
        if "month" in told:
            return Month(*(int(part) for part in told["month"]))
        if "moment" in told:
            return datetime.fromisoformat(told["moment"])
        if "day" in told:
            return date.fromisoformat(told["day"])
        return from_json(told)
    if isinstance(told, list):
        return tuple(_value_in(v) for v in told)
    return told

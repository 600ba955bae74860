"""Small pieces of sentences and tables that inputs of the review have in common."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from kpi.analysis import words
from kpi.analysis.agenda_results import Asked
from kpi.analysis.home import Home
from kpi.qms.register import Recorded


def within(asked: Asked) -> str:
    """The days reviewed, within a sentence: ``in October 2026``."""
    return _spanned(asked.first, asked.last)


def until_looked(asked: Asked) -> str:
    """The days from which records are told: those reviewed, and those since, up to the day of looking."""
    return _spanned(asked.first, asked.day)


def _spanned(first: date, last: date) -> str:
    said = words.span_words(first, last)
    return f"from {said}" if " to " in said else f"in {said}"


COMPANY_UNSEEN: Final = "What is recorded for the whole company is not seen from single plants."


def unseen(home: Home) -> tuple[str, ...]:
    """Where only single plants are seen: that the company's own records are not among what is told.

    What is absent there may have been recorded once for all plants.
    """
    return (COMPANY_UNSEEN,) if home.limit is not None else ()


def told(entry: Recorded[Any]) -> str:
    """A record by its id and title: ``RSK-2026-001 “Only one tool maker”``."""
    return f"{entry.id} “{words.clipped(entry.item.title, 60)}”"


def counted(entries: Sequence[Any], noun: str) -> str:
    """How many of something, small numbers in words: ``two issues``."""
    return f"{words.small_number(len(entries))} {noun}{'s' * (len(entries) != 1)}"


def capital(text: str) -> str:
    """A sentence's first letter large."""
    return text[:1].upper() + text[1:]


def day_cell(day: date | None) -> str:
    """A day in a table; empty where there is none."""
    return day.isoformat() if day else ""

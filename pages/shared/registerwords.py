"""Lines of facts about entries of registers."""

from datetime import date
from typing import Any

from kpi.analysis import words
from kpi.qms.register import Recorded


def of(entry: Recorded[Any]) -> str:
    """What an entry is about; empty for the whole company."""
    return words.slice_words(entry.item.slice) if entry.item.slice else ""


def status(entry: Recorded[Any]) -> str:
    """Its owner and how far it has come."""
    return f"{entry.item.owner or 'no owner'} · {entry.item.status}"


def dated(word: str, day: date | None) -> str:
    """A day with what happened on it; empty where there is none."""
    return f"{word} {words.date_words(day)}" if day else ""


def joined(*parts: str) -> str:
    """Those of the parts that say something."""
    return " · ".join(part for part in parts if part)

"""Inputs of the review that are empty although they may not be, and what is missing in the others."""

from datetime import date
from typing import Final

from kpi.analysis import words
from kpi.analysis.agenda_results import AgendaInput, Asked
from kpi.analysis.home import Home
from kpi.analysis.inputs_asked import topic_inputs
from kpi.analysis.weakness_results import Weakness, capital, counted

EXAMPLES: Final = 3

NEVER_EMPTY: Final = frozenset(
    {
        "context", "parties", "satisfaction", "objectives", "audits", "suppliers", "resources",
        "risk_actions",
    }
)  # fmt: skip
"""Inputs that an auditor does not take for complete while their register is empty."""


def inputs_missing(home: Home, asked: Asked, today: date) -> Weakness | None:
    """Inputs of the review that are empty although they may not be, and what an auditor misses in others."""
    told = topic_inputs(home, asked, today)
    empty = [i for i in told if i.key in NEVER_EMPTY and i.nothing and not i.records]
    sentences = [f"{_title(i)}: {text}" for i in told for text in i.missing]
    if not empty and not sentences:
        return None
    parts = [
        *([f"{counted(len(empty), 'input has', 'inputs have')} nothing on record ({words.listed(map(_title, empty))})"] if empty else []),
        *([f"{counted(len(sentences), 'gap')} in {'the others' if empty else 'the inputs'}"] if sentences else []),
    ]  # fmt: skip
    return Weakness(
        "inputs_missing",
        f"{capital(words.listed(parts))}.",
        len(empty) + len(sentences), 3 if empty else 2, "registers",
        "Fill the registers, so that the next review has every input.", ("9.3.2",),
        examples=(*(f"{_title(i)}: {i.nothing}" for i in empty), *sentences)[:EXAMPLES],
    )  # fmt: skip


def _title(one: AgendaInput) -> str:
    return one.title or one.key.replace("_", " ")

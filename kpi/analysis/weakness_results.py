"""What an auditor would find wrong, as pages, deck and pack show it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from kpi.analysis.words import small_number

TITLES: Final[Mapping[str, str]] = {
    "not_reproducible": "Numbers nobody can reproduce",
    "never_analysed": "Data collected and never analysed",
    "without_measure": "Processes without a measure",
    "not_tracked": "Objectives not measurable or not tracked",
    "inputs_missing": "Inputs of the review missing",
    "without_owner": "Decisions without owner or date",
    "previous_dropped": "Previous actions dropped",
    "no_effect_checked": "Corrective actions on symptoms, or not checked",
    "without_decision": "Reviews without decision, or not held",
    "off_track": "Objectives off track without an action",
    "targets_differ": "Targets that contradict one another",
    "findings_left": "Findings left open after they were answered",
    "checked_late": "Effects checked late",
}
"""What each is called: the nine that auditors are known to find, then what we look for beside them."""


@dataclass(frozen=True, slots=True)
class Weakness:
    """One thing an auditor would find, told before they come.

    ``key`` names it, ``says`` is the sentence with its count, ``count`` how often it is there.
    ``examples`` are sentences of the first few. ``records`` are ids of the records it is about,
    ``page`` the file of the page (without its ending) where it is mended, ``mend`` what to do there.
    ``clauses`` are those it offends, by their numbers of 2015. ``weight`` puts the worst first: what
    an auditor would call major has 3, minor 2, and what they would note 1.
    """

    key: str
    says: str
    count: int
    weight: int
    page: str
    mend: str
    clauses: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()
    records: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """What it is called."""
        return TITLES[self.key]


def counted(count: int, singular: str, plural: str = "") -> str:
    """A count with its noun; small ones in words.

    >>> counted(1, "action"), counted(2, "nonconformity", "nonconformities")
    ('one action', 'two nonconformities')
    """
    return f"{small_number(count)} {singular if count == 1 else plural or f'{singular}s'}"


def capital(text: str) -> str:
    """A sentence from its first words, whatever the case of the others."""
    return text[:1].upper() + text[1:]

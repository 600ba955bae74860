"""What restatements are told with: figures compared, their words, the entries that changed them."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from kpi.analysis import registering, words
from kpi.analysis.frozen import Figure
from kpi.analysis.home import Home
from kpi.analysis.restatement_results import NOT_LEDGER, Cause, Restated
from kpi.analysis.reviewing import asked_of_review
from kpi.calendar import months_between
from kpi.qms import Slice
from kpi.qms.acceptances import ACCEPTANCE
from kpi.qms.register import Recorded
from kpi.qms.reviews import REVIEW, Review
from kpi.store.model import PURGE, WITHDRAWAL, Entry

Key = tuple[str, Slice, str]
Values = Mapping[Key, Figure]

MOST_QUOTED: Final = 12
"""Figures an acceptance quotes."""

SAME: Final = 1e-9
"""Sums of the same rows in another order differ in their last digits; that is no change."""


def held_reviews(home: Home) -> tuple[Recorded[Review], ...]:
    """Reviews whose figures are frozen, as far as they are seen, by id."""
    return tuple(r for r in registering.listed(home, REVIEW) if r.item.frozen is not None)


def months_reviewed(review: Review) -> tuple[str, ...]:
    """The months a review looked at, as ``2026-10``."""
    asked = asked_of_review(review)
    return months_between(f"{asked.first:%Y-%m}", f"{asked.last:%Y-%m}")


def by_key(figures: Iterable[Figure]) -> dict[Key, Figure]:
    """Figures by what they are figures of."""
    return {figure.key: figure for figure in figures}


def value_of(figure: Figure | None) -> float:
    """The value of a figure; NaN where there is none."""
    return math.nan if figure is None else figure.value


def differs(before: Figure | None, after: Figure | None) -> bool:
    """Whether two figures of the same thing read otherwise."""
    old, new = value_of(before), value_of(after)
    if math.isnan(old) or math.isnan(new):
        return math.isnan(old) != math.isnan(new)
    return not math.isclose(old, new, rel_tol=SAME, abs_tol=0)


def months_of(upload: Entry, dataset: str) -> set[str]:
    """Months an upload holds rows of, or claims to be complete for."""
    part = upload.part(dataset)
    rows = {month for counts in part.months.values() for month in counts if month}
    claimed = {
        month
        for c in part.claimed
        for month in months_between(f"{c.first:%Y-%m}", f"{c.last:%Y-%m}")
    }
    return rows | claimed


def restated(
    key: Key,
    before: Figure | None,
    after: Figure | None,
    causes: tuple[int, ...],
    reviews: tuple[str, ...],
) -> Restated:
    """A figure that changed, in words."""
    kpi_id, chosen, month = key
    told = after or before
    if told is None:  # no figure at all is no restatement
        raise ValueError(key)
    old, new = value_of(before), value_of(after)
    return Restated(
        kpi_id, told.title, chosen, words.slice_words(chosen), month, words.period_words(month),
        old, new, _words(old, told, new), _words(new, told, old), _change(old, new, told),
        causes, reviews,
    )  # fmt: skip


def _words(value: float, figure: Figure, beside: float) -> str:
    if math.isnan(value):
        return "not computable"
    near = None if math.isnan(beside) else beside
    decimals = words.decimals_beside(value, figure.decimals, near)
    return words.with_unit(words.number(value, decimals), figure.unit)


def _change(before: float, after: float, figure: Figure) -> str:
    if math.isnan(before):
        return "new"
    if math.isnan(after):
        return "gone"
    # With the decimals of the two figures, which are as many as tell them apart.
    decimals = words.decimals_beside(before, figure.decimals, after)
    change = words.printed_change(before, after, decimals)
    unit = "pt" if figure.unit == "%" else figure.unit
    sign = words.MINUS if change < 0 else "+"
    return words.with_unit(f"{sign}{words.number(abs(change), decimals)}", unit)


def quoted(says: Sequence[str]) -> tuple[str, ...]:
    """What an acceptance quotes of the figures it is of: the first of many, and how many more."""
    more = len(says) - MOST_QUOTED
    return (*says[:MOST_QUOTED], *([f"{more} more figures."] if more > 0 else []))


def cause_of(home: Home, position: int, review: str = "", seen: str = "") -> Cause:
    """The ledger entry at a position, as the cause of restatements, with who accepted them.

    What no entry changed is accepted of one ``review``, with the settings ``seen`` then.
    """
    accepted = _accepted(home, position, review, seen)
    if position == NOT_LEDGER:
        says = (
            "No upload changed it: settings or definitions differ from when it was reported, or rows "
            "were purged."
        )
        return Cause(NOT_LEDGER, "", "", "", None, says, accepted)
    entry = next(e for e in home.store.entries() if e.position == position)
    return Cause(
        position, entry.upload, entry.file, entry.who, entry.when, _entry_words(entry), accepted
    )


def _entry_words(entry: Entry) -> str:
    day = words.date_words(entry.when.date())
    by = f" by {entry.who}" if entry.who else ""
    why = f": {entry.why}" if entry.why else ""
    if entry.kind == WITHDRAWAL:
        return f"Upload {entry.upload} ({entry.file}) was withdrawn on {day}{by}{why}."
    if entry.kind == PURGE:
        return f"Upload {entry.upload} ({entry.file}) was purged on {day}{by}{why}."
    mended = f", mending {entry.mends}" if entry.mends else ""
    return f"Upload {entry.upload} ({entry.file}{mended}) was put in force on {day}{by}."


def _accepted(home: Home, position: int, review: str, seen: str) -> str:
    own = (review, seen) if position == NOT_LEDGER else ("", "")
    for one in registering.listed(home, ACCEPTANCE):
        if one.item.entry == position and (one.item.review, one.item.seen) == own:
            day = words.date_words(one.when.date())
            return f"{one.who}, {day} ({one.id}): {one.item.why}"
    return ""

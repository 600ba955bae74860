"""The restatement ledger: which later entry changed a figure that was already reported.

A month is reported once facts of a later month are in force for the same plant, or once a held review
looked at it.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from kpi.analysis import registering, words
from kpi.analysis.agenda import of_plants
from kpi.analysis.agenda_results import Asked
from kpi.analysis.effects import KPIS_OF_DATASET
from kpi.analysis.frozen import figures_of
from kpi.analysis.home import Home
from kpi.analysis.restatement_results import Cause, Restated, Restatement
from kpi.analysis.restating import (
    by_key,
    cause_of,
    differs,
    held_reviews,
    months_of,
    months_reviewed,
    quoted,
    restated,
    value_of,
)
from kpi.calendar import month_bounds
from kpi.errors import UsageError
from kpi.measures import CATALOG, reported_kpis
from kpi.measures.catalog import REPORTED_PREFIX
from kpi.measures.engine import Remembered
from kpi.qms import Slice
from kpi.qms.acceptances import ACCEPTANCE, Acceptance
from kpi.qms.register import Recorded
from kpi.qms.reviews import Review
from kpi.store.model import PURGE, UPLOAD, Entry

LATEST: Final = 40
"""Ledger entries looked through at once, the newest first; older ones are asked for."""

_ENTRY: Final = Remembered(512)
"""What entries restated: it changes only where rows are purged or settings differ."""


def restatements(home: Home, *, latest: int = LATEST, where: Slice = ()) -> tuple[Restatement, ...]:
    """What ledger entries changed in months already reported, the newest first.

    ``latest`` is how many entries are looked through. Only figures of plants seen are told.
    """
    own = of_plants(home, where)
    with own.store.moment():
        entries = own.store.entries()
        held = held_reviews(home)
        found = [restated_by(own, entry, held) for entry in reversed(entries[-latest:])]
    return tuple(one for one in found if one is not None and one.figures)


def restatement_of(home: Home, position: int) -> Restatement:
    """What the ledger entry at a position changed in months already reported.

    Raises
    ------
    UsageError
        There is no such entry that may be seen, or it restated nothing.
    """
    entry = next((e for e in home.store.entries() if e.position == position), None)
    found = restated_by(home, entry, held_reviews(home)) if entry else None
    if found is None or not found.figures:
        raise UsageError(f"Entry {position} of the ledger restated no reported figure.")
    return found


def restated_by(home: Home, entry: Entry, held: Sequence[Recorded[Review]]) -> Restatement | None:
    """What one entry changed in months already reported; ``None`` where it could change none."""
    uploads = {e.upload: e for e in home.store.entries() if e.kind == UPLOAD}
    upload = uploads.get(entry.upload)
    if upload is None or entry.position < 2:
        return None
    reported = {
        part.dataset: months
        for part in upload.parts
        if (months := _reported(home, entry, upload, part.dataset, held))
    }
    if not reported:
        return None
    purges = sum(e.kind == PURGE for e in home.store.entries())
    key = (str(home.path), home.limit, entry.position, purges, home.settings.signature(),
           tuple(sorted((d, tuple(sorted(m))) for d, m in reported.items())))  # fmt: skip
    figures = _ENTRY.get(key, lambda: _changed_by(home, entry, upload, reported))
    told = tuple(replace(f, reviews=_users(f, entry, held)) for f in figures)
    cause = cause_of(home, entry.position)
    plants = tuple(sorted({v for f in told for d, v in f.slice if d == "plant"}))
    reviews = tuple(dict.fromkeys(id for f in told for id in f.reviews))
    return Restatement(cause, told, reviews, plants, _restatement_words(cause, told, reviews))


def _reported(
    home: Home, entry: Entry, upload: Entry, dataset: str, held: Sequence[Recorded[Review]]
) -> set[str]:
    """Months an entry touches that were reported before it."""
    before = home.view(entry.position - 1).month_rows(dataset)
    plants = set(upload.part(dataset).plants)
    latest = {p: max((m for q, m in before if q == p), default="") for p in plants}
    there = {m for p, m in before if p in plants and m < latest[p]}
    reviewed = {
        month
        for one in held
        if one.item.frozen is not None and one.item.frozen.position < entry.position
        for month in months_reviewed(one.item)
    }
    return months_of(upload, dataset) & (there | reviewed)


def _changed_by(
    home: Home, entry: Entry, upload: Entry, reported: Mapping[str, set[str]]
) -> tuple[Restated, ...]:
    months = sorted(set().union(*reported.values()))
    asked = Asked((), month_bounds(months[0])[0], month_bounds(months[-1])[1])
    kpis = _shown_by(home, upload, reported)
    ends = (home.view(entry.position - 1), home.view(entry.position))
    then, now = (by_key(figures_of(view, home.settings, kpis, asked)) for view in ends)
    changed = [
        key
        for key in {**then, **now}
        if key[2] in months
        and differs(then.get(key), now.get(key))
        # A first figure is no restatement of one.
        and not math.isnan(value_of(then.get(key)))
    ]
    found = [restated(key, then.get(key), now.get(key), (entry.position,), ()) for key in changed]
    return tuple(sorted(found, key=lambda f: (f.kpi, len(f.slice), f.slice, f.month)))


def _shown_by(home: Home, upload: Entry, reported: Mapping[str, set[str]]) -> list[str]:
    declared = {k for d in reported for k in KPIS_OF_DATASET.get(d, ()) if CATALOG[k].computable}
    slugs = {s for d in reported if d == "reported_value" for s in upload.part(d).scope}
    own = {k.id for k in reported_kpis(home.view()) if k.id.removeprefix(REPORTED_PREFIX) in slugs}
    return sorted(declared | own)


def _users(figure: Restated, entry: Entry, held: Sequence[Recorded[Review]]) -> tuple[str, ...]:
    """The held reviews that looked at a figure before an entry changed it."""
    plants = {v for d, v in figure.slice if d == "plant"}
    return tuple(
        one.id
        for one in held
        if one.item.frozen is not None
        and one.item.frozen.position < entry.position
        and figure.month in months_reviewed(one.item)
        and (not one.item.slice or not plants or plants & {v for _, v in one.item.slice})
    )


def _restatement_words(cause: Cause, figures: Sequence[Restated], reviews: Sequence[str]) -> str:
    months = sorted({f.month for f in figures})
    count = "one reported figure" if len(figures) == 1 else f"{len(figures)} reported figures"
    span = words.listed([words.period_words(m) for m in months[:3]])
    more = f" and {len(months) - 3} more months" if len(months) > 3 else ""
    was = "was" if len(reviews) == 1 else "were"
    earlier = f" {words.listed(reviews)} {was} held before it." if reviews else ""
    return f"{cause.says} It changed {count} of {span}{more}.{earlier}"


def accept(
    home: Home, position: int, *, why: str, who: str, when: datetime
) -> Recorded[Acceptance]:
    """Record that the restatement an entry made was looked at and is right.

    Raises
    ------
    UsageError
        The entry restated nothing, or it was accepted already.
    AccessDeniedError
        The person does not manage every plant whose figures changed.
    """
    found = restatement_of(home, position)
    if found.cause.accepted:
        raise UsageError(f"The restatement of entry {position} is accepted: {found.cause.accepted}")
    item = Acceptance(
        title=f"Restatement of ledger entry {position}",
        slice=tuple(("plant", plant) for plant in found.plants),
        owner=who,
        links=found.reviews,
        entry=position,
        upload=found.cause.upload,
        why=why,
        figures=quoted([f.says_of_entry for f in found.figures]),
    )
    return registering.record(home, ACCEPTANCE, item, who=who, when=when)


def reviews_touched(home: Home, changed: Iterable[tuple[str, str]]) -> tuple[Recorded[Review], ...]:
    """The held reviews that looked at any of these (plant, month) pairs; plant "": of no plant."""
    pairs = set(changed)
    return tuple(
        one
        for one in held_reviews(home)
        if any(
            month in months_reviewed(one.item)
            and (not one.item.slice or plant in {v for _, v in one.item.slice})
            for plant, month in pairs
        )
    )

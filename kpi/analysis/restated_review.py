"""A held review's frozen figures against those of now: what differs, and which entries changed it.

Frozen figures stay as they are; what they would be now stands beside them.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from kpi.analysis import frozen, registering, words
from kpi.analysis.agenda import of_plants
from kpi.analysis.agenda_results import AgendaTable, Asked
from kpi.analysis.frozen import figures_of
from kpi.analysis.home import Home
from kpi.analysis.restatement_results import NOT_LEDGER, Restated, SinceReview
from kpi.analysis.restating import (
    Key,
    Values,
    by_key,
    cause_of,
    differs,
    months_of,
    quoted,
    restated,
)
from kpi.analysis.reviewing import asked_of_review, document
from kpi.errors import UnknownNameError, UsageError
from kpi.measures import kpi_of
from kpi.measures.catalog import REPORTED_PREFIX
from kpi.qms.acceptances import ACCEPTANCE, Acceptance
from kpi.qms.register import Recorded
from kpi.qms.reviews import AGENDA_FILE, REVIEW, ReviewStatus
from kpi.store.model import PURGE, UPLOAD, Entry

BY_DUE_DATE: Final = ("order_item", "shipment")
"""Datasets whose later uploads move the report date, by which earlier months are judged."""


def since_review(home: Home, id: str) -> SinceReview:
    """What of a held review's figures is another one now, by which entries, and who accepted that.

    Raises
    ------
    UnknownNameError
        There is no such review that may be seen.
    UsageError
        It is a draft, whose figures are those of now.
    """
    entry = registering.found(home, REVIEW, id)
    if entry.item.frozen is None:
        raise UsageError(f"{id} is a draft: its figures are worked out anew each time.")
    own = of_plants(home, entry.item.slice)
    asked = asked_of_review(entry.item)
    kept = document(home, id, AGENDA_FILE, ReviewStatus.HELD)
    then = by_key(frozen.figures_in(kept))
    now = by_key(figures_of(own.view(), own.settings, _kpis(then), asked))
    changed = [key for key in {**then, **now} if differs(then.get(key), now.get(key))]
    causes = _causes_of(own, asked, then, now, changed, entry.item.frozen.position)
    figures = tuple(
        sorted(
            (restated(key, then.get(key), now.get(key), causes[key], (id,)) for key in changed),
            key=lambda f: (len(f.slice), f.kpi, f.slice, f.month),
        )
    )
    seen = _without_entry(own, figures)
    causes_named = sorted({p for f in figures for p in f.causes})
    named = tuple(cause_of(home, at, id, seen) for at in causes_named)
    found = SinceReview(
        id, entry.item.title, entry.item.frozen.position, home.position, len(then), figures, named,
        _since_words(id, figures), seen=seen,
    )  # fmt: skip
    return replace(found, tables=_tables(found))


def annex(home: Home, review: str) -> tuple[AgendaTable, ...]:
    """What stands beside a held review's kept documents: its figures that are others now, and why."""
    return since_review(home, review).tables


def restated_sentences(home: Home, review: str) -> tuple[str, ...]:
    """The restated figures of a held review in sentences, those over all its plants."""
    found = since_review(home, review)
    totals = [f for f in found.figures if not any(d == "line" for d, _ in f.slice)]
    return tuple(f.says for f in (totals or found.figures))


def _since_words(id: str, figures: Sequence[Restated]) -> str:
    if not figures:
        return f"Every figure that {id} froze reads the same today."
    months = sorted({f.month for f in figures})
    count = "One figure" if len(figures) == 1 else f"{len(figures)} figures"
    kpis = words.listed(list(dict.fromkeys(words.within(f.title) for f in figures))[:4])
    reads = "reads" if len(figures) == 1 else "read"
    return (
        f"{count} that {id} froze {reads} otherwise today ({kpis}), "
        f"{words.listed([words.period_words(m) for m in months])}."
    )


def _without_entry(home: Home, figures: Sequence[Restated]) -> str:
    """What stands for the settings, definitions and purges that changed figures; empty: none did."""
    keys = [(f.kpi, f.slice, f.month) for f in figures if NOT_LEDGER in f.causes]
    if not keys:
        return ""
    versions = {kpi: _version(home, kpi) for kpi in {key[0] for key in keys}}
    purges = sum(entry.kind == PURGE for entry in home.store.entries())
    told = repr((home.settings.signature(), sorted(versions.items()), purges, sorted(keys)))
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def _version(home: Home, kpi: str) -> int:
    try:
        return kpi_of(home.view(), kpi).version
    except UnknownNameError:  # a reported figure nobody reports any more
        return 0


def accept_without_entry(
    home: Home, review: str, *, why: str, who: str, when: datetime
) -> Recorded[Acceptance]:
    """Record that what settings or definitions changed of a held review's figures is right.

    It stands until they change again.

    Raises
    ------
    UsageError
        Entries of the ledger changed all that reads otherwise, or it was accepted already.
    AccessDeniedError
        The person does not manage every plant reviewed.
    """
    found = since_review(home, review)
    cause = next((one for one in found.causes if one.position == NOT_LEDGER), None)
    if cause is None:
        raise UsageError(
            f"No figure of {review} reads otherwise by a setting or a definition. What an entry of the "
            "ledger changed is accepted by its number."
        )
    if cause.accepted:
        raise UsageError(f"It is accepted: {cause.accepted}")
    figures = [f.says for f in found.figures if NOT_LEDGER in f.causes]
    item = Acceptance(
        title=f"Figures of {review} by other settings or definitions",
        slice=registering.found(home, REVIEW, review).item.slice,
        owner=who,
        links=(review,),
        review=review,
        seen=found.seen,
        why=why,
        figures=quoted(figures),
    )
    return registering.record(home, ACCEPTANCE, item, who=who, when=when)


def _kpis(figures: Values) -> tuple[str, ...]:
    return tuple(dict.fromkeys(kpi for kpi, _, _ in figures))


def _causes_of(
    home: Home, asked: Asked, then: Values, now: Values, changed: Sequence[Key], position: int
) -> dict[Key, tuple[int, ...]]:
    """By figure, the positions of the entries at which its value became another one."""
    found: dict[Key, list[int]] = {key: [] for key in changed}
    for kpi in dict.fromkeys(key[0] for key in changed):
        keys = [key for key in changed if key[0] == kpi]
        at_held = by_key(figures_of(home.view(position), home.settings, [kpi], asked))
        before: Values = at_held
        for entry in _candidates(home, kpi, position, {key[2] for key in keys}):
            after = by_key(figures_of(home.view(entry.position), home.settings, [kpi], asked))
            for key in keys:
                if differs(before.get(key), after.get(key)):
                    found[key].append(entry.position)
            before = after
        for key in keys:
            # Settings, definitions and purges change what every position of the ledger shows.
            if differs(then.get(key), at_held.get(key)) or differs(before.get(key), now.get(key)):
                found[key].append(NOT_LEDGER)
    return {key: tuple(positions) for key, positions in found.items()}


def _candidates(home: Home, kpi: str, position: int, months: set[str]) -> list[Entry]:
    """Later entries that may have changed a KPI in some months, in the order of the ledger."""
    datasets = _datasets(home, kpi)
    uploads = {e.upload: e for e in home.store.entries() if e.kind == UPLOAD}
    return [
        entry
        for entry in home.store.entries()
        if entry.position > position
        and entry.upload in uploads
        and _touches(uploads[entry.upload], datasets, months)
    ]


def _datasets(home: Home, kpi: str) -> tuple[str, ...]:
    if kpi.startswith(REPORTED_PREFIX):
        return ("reported_value",)
    return kpi_of(home.view(), kpi).datasets


def _touches(upload: Entry, datasets: Sequence[str], months: set[str]) -> bool:
    for part in upload.parts:
        if part.dataset not in datasets:
            continue
        if part.dataset in BY_DUE_DATE or months & months_of(upload, part.dataset):
            return True
    return False


def _tables(found: SinceReview) -> tuple[AgendaTable, ...]:
    if not found.figures:
        return ()
    figures = AgendaTable(
        "Figures that read otherwise today",
        ("KPI", "Where", "Month", "As reported", "Today", "Change", "Changed by"),
        tuple(
            (
                f.title, f.slice_words, f.month_words, f.before_words, f.after_words,
                f.change_words, ", ".join(_at(p) for p in f.causes),
            )
            for f in found.figures
        ),
        numbers=(3, 4, 5),
    )  # fmt: skip
    causes = AgendaTable(
        "What changed them",
        ("Ledger entry", "What", "Accepted"),
        tuple((_at(c.position), c.says, c.accepted or "not accepted yet") for c in found.causes),
    )
    return figures, causes


def _at(position: int) -> str:
    return f"entry {position}" if position else "no entry"

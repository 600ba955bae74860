"""What a file lacks or has against the ones before it: lines that vanished, figures of another size."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import pyarrow.compute as pc

from kpi.datasets import DATASETS
from kpi.store.apart import TOPIC, Loaded, habits
from kpi.store.ledger import live_uploads
from kpi.store.model import Entry, Incoming
from kpi.store.rows import NO_LINE
from kpi.texts import said, said_n

LOOKED_BACK: Final = 3
"""So many uploads before a new one are looked at."""

_NAMED: Final = 5

FIGURES: Final = ("minutes", "qty_scrap", "qty_produced", "planned_min", "run_min", "cost")
"""Columns whose usual size is compared: a wrong unit or decimal sign changes it at a stroke."""

ANOTHER_SIZE: Final = 15.0
"""Factor between the mean rows of two files that no plant explains and a unit does."""


def vanished(entry: Entry, entries: Sequence[Entry]) -> tuple[str, ...]:
    """Sentences on lines that each of the last uploads of the feed named, and this one does not.

    Nothing is said of feeds whose files hold one line or machine each.
    """
    own = [e for e in live_uploads(entries) if e.feed == entry.feed][-LOOKED_BACK:]
    if not own or habits(entries, entry.feed, TOPIC):
        return ()
    if any(c.line is not None for e in (*own, entry) for c in e.coverage):
        return ()
    lost: dict[str, None] = {}
    for part in entry.parts:
        earlier = [e.part(part.dataset) for e in own if part.dataset in e.datasets]
        for plant, lines in part.lines.items():
            before = [set(p.lines.get(plant, ())) - {NO_LINE} for p in earlier]
            if before and lines != (NO_LINE,):
                lost |= dict.fromkeys(sorted(set.intersection(*before) - set(lines)))
    if not lost:
        return ()
    names = [*lost][:_NAMED]
    more = len(lost) - len(names)
    told = (
        said("{names} and {more} more", names=names, more=more)
        if more
        else said("{names}", names=names)
    )
    return (
        said_n(
            "A line that was in the files before is not in this one: {lines}.",
            "{n} lines that were in the files before are not in this one: {lines}.",
            n=len(lost),
            lines=told,
        ),
    )


def sizes(
    entry: Entry, incoming: Incoming, entries: Sequence[Entry], loaded: Loaded
) -> tuple[str, ...]:
    """Sentences on figures whose mean per row is far from that of the feed's last upload."""
    own = [e for e in live_uploads(entries) if e.feed == entry.feed]
    said_of: list[str] = []
    for part in incoming.parts:
        last = next((e for e in reversed(own) if part.dataset in e.datasets), None)
        if last is None:
            continue
        before = loaded.means(last.upload, part.dataset)
        for name in FIGURES:
            if name not in part.table.column_names or not before.get(name):
                continue
            now = pc.mean(part.table.column(name)).as_py()
            factor = now / before[name] if now else 1.0
            if not 1 / ANOTHER_SIZE < factor < ANOTHER_SIZE:
                said_of.append(
                    said(
                        "{figure}: {now} in a row on average, and {before} in {file} before. "
                        "Check the unit and the decimal sign.",
                        figure=DATASETS[part.dataset]
                        .column(name)
                        .says.split(",")[0]
                        .split(";")[0]
                        .capitalize(),
                        now=_rounded(now),
                        before=_rounded(before[name]),
                        file=last.file,
                    )
                )
    return tuple(said_of)


def _rounded(value: float) -> float:
    return float(np.format_float_positional(value, precision=3, fractional=False))

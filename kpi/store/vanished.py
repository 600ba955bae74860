"""Lines that the files of a feed had and that a new one lacks: said, because a filter hides them."""

from collections.abc import Sequence
from typing import Final

from kpi.store.apart import TOPIC, habits
from kpi.store.ledger import live_uploads
from kpi.store.model import Entry
from kpi.store.rows import NO_LINE
from kpi.texts import said, said_n

LOOKED_BACK: Final = 3
"""So many uploads before a new one are looked at."""

_NAMED: Final = 5


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

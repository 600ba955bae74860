"""Times that name their zone: read as they stand, which is said where it may be another day."""

import re
from typing import Final

from kpi.ingest.conventions import Desk
from kpi.ingest.facts import Facts
from kpi.model import Severity
from kpi.texts import said

_ZONE: Final = re.compile(r"\d:\d{2}(?::\d{2}(?:[.,]\d+)?)? ?(?P<zone>Z|[+-]\d{2}:?\d{2})$")
_UNIVERSAL: Final = ("Z", "+0000", "-0000")
_SUMMER_AND_WINTER: Final = 2


def note_zones(facts: Facts, desk: Desk) -> None:
    """Warn of times in universal time or of several zones: they are not moved to the plant's clock.

    Two zones are the summer's and the winter's of one place, whose clock the times show.
    """
    told: set[int] = set()
    for name in sorted(facts.timed & facts.moments.keys()):
        for position in facts.mapping.fields.get(name, ()):
            column = facts.grid.columns[position]
            zones = {
                found["zone"].replace(":", ""): text
                for text in column.sample.to_pylist()
                if (found := _ZONE.search(text))
            }
            universal = any(zone in zones for zone in _UNIVERSAL)
            if position in told or not (universal or len(zones) > _SUMMER_AND_WINTER):
                continue
            told.add(position)
            desk.note(
                facts.grid.sheet,
                said(
                    "times that name another zone are read as they stand: {cell}",
                    cell=repr(next(iter(zones.values()))),
                ),
                column.heading,
                severity=Severity.WARNING,
                expected=said("times by the plant's own clock"),
                advice=said(
                    "Check rows near midnight and shift ends, or export the plant's own time."
                ),
            )

"""The audit trail to take along: as plain values, and as a table with one row per changed value."""

from typing import TYPE_CHECKING, Any, Final

from kpi.analysis.trail import Trail, TrailLine
from kpi.analysis.trail_words import kind_words
from kpi.store.codec import utc_text

if TYPE_CHECKING:
    import pandas as pd

COLUMNS: Final = (
    "Book", "Number", "When (UTC)", "Who", "Kind", "What", "Value", "Before", "After", "Why",
    "Hash", "Head of the trail",
)  # fmt: skip


def trail_json(found: Trail) -> dict[str, Any]:
    """The entries found as plain values, with the head they are part of."""
    head = found.head
    return {
        "head": {
            "short": head.short, "position": head.position, "number": head.number,
            "ledger_hash": head.ledger_hash, "records_hash": head.records_hash,
        },
        "hidden": found.hidden,
        "entries": [_entry(line) for line in found.lines],
    }  # fmt: skip


def _entry(line: TrailLine) -> dict[str, Any]:
    return {
        "book": line.chain, "number": line.number, "when": utc_text(line.when), "who": line.who,
        "kind": line.kind, "what": line.what, "why": line.why, "plants": list(line.plants),
        "changes": [{"value": c.field, "before": c.old, "after": c.new} for c in line.changes],
        "hash": line.hash,
    }  # fmt: skip


def trail_frame(found: Trail) -> "pd.DataFrame":
    """A row per changed value, and one per entry that changed none; the head beside each."""
    import pandas as pd

    rows = [
        (line.chain, line.number, utc_text(line.when), line.who, kind_words(line.kind), line.what,
         field, old, new, line.why, line.hash, found.head.short)
        for line in found.lines
        for field, old, new in ([(c.field, c.old, c.new) for c in line.changes] or [("", "", "")])
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=list(COLUMNS))

"""Ledger entries as JSON text and back. The text is what the hash chain runs over: it is canonical."""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from kpi.model import ControlTotal, Coverage, TableLayout
from kpi.store.model import Entry, OwnershipRule, UploadPart


def canonical(value: object) -> str:
    """JSON text that is the same for equal values.

    >>> canonical({"b": 1, "a": "ä"})
    '{"a":"ä","b":1}'
    """
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def chained(previous: str, *content: object) -> str:
    """The hash of one entry of a chain: over the previous hash and the entry's own content."""
    return hashlib.sha256(
        canonical([previous, *content]).encode("utf-8", "surrogatepass")
    ).hexdigest()


def quoted(text: str) -> str:
    """A text as an SQL literal.

    >>> quoted("O'Brien")
    "'O''Brien'"
    """
    return "'" + text.replace("'", "''") + "'"


def utc_text(when: datetime) -> str:
    """A moment as ISO 8601 in UTC; a naive one is taken as UTC.

    >>> utc_text(datetime(2026, 11, 22, 8, 30))
    '2026-11-22T08:30:00+00:00'
    """
    aware = when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)
    return aware.isoformat()


def day_text(day: date | None) -> str | None:
    """A day as ISO 8601; ``None`` stays ``None``."""
    return None if day is None else day.isoformat()


def day_of(text: str | None) -> date | None:
    """The day an ISO 8601 text names; ``None`` stays ``None``."""
    return None if text is None else date.fromisoformat(text)


def coverage_lists(coverage: tuple[Coverage, ...]) -> list[list[str | None]]:
    """Coverages as lists of plant, line, first, last."""
    return [[c.plant, c.line, c.first.isoformat(), c.last.isoformat()] for c in coverage]


def _coverage_of(lists: list[list[str]]) -> tuple[Coverage, ...]:
    return tuple(
        Coverage(plant, line, date.fromisoformat(first), date.fromisoformat(last))
        for plant, line, first, last in lists
    )


def part_to_dict(part: UploadPart) -> dict[str, Any]:
    """A part as plain values."""
    return {
        "dataset": part.dataset,
        "rows": [part.rows_read, part.rows_accepted, part.rows_rejected],
        "coverage": coverage_lists(part.coverage),
        "data_date": day_text(part.data_date),
        "rank_date": day_text(part.rank_date),
        "months": {plant: dict(months) for plant, months in part.months.items()},
        "lines": {plant: list(lines) for plant, lines in part.lines.items()},
        "scope": list(part.scope),
        "columns": list(part.columns),
        "keyed": part.keyed,
        "meets": list(part.meets),
        "checksum": part.checksum,
        "mapping": dict(part.mapping),
        "conventions": dict(part.conventions),
        "signature": list(part.signature),
        "control_totals": [
            [t.field, t.file_says, t.rows_say, t.where] for t in part.control_totals
        ],
        "beyond": coverage_lists(part.beyond),
        "within": coverage_lists(part.within),
    }


def part_of_dict(values: Mapping[str, Any]) -> UploadPart:
    """The part that plain values describe."""
    read, accepted, rejected = values["rows"]
    return UploadPart(
        dataset=values["dataset"],
        rows_read=read,
        rows_accepted=accepted,
        rows_rejected=rejected,
        coverage=_coverage_of(values["coverage"]),
        data_date=day_of(values["data_date"]),
        rank_date=day_of(values["rank_date"]),
        months=values["months"],
        lines={plant: tuple(lines) for plant, lines in values["lines"].items()},
        scope=tuple(values["scope"]),
        columns=tuple(values["columns"]),
        keyed=values["keyed"],
        meets=tuple(values["meets"]),
        checksum=values["checksum"],
        mapping=values["mapping"],
        conventions=values["conventions"],
        signature=tuple(values["signature"]),
        control_totals=tuple(ControlTotal(*t) for t in values["control_totals"]),
        beyond=_coverage_of(values.get("beyond", [])),  # entries before schema 0002 have none
        within=_coverage_of(values.get("within", [])),
    )


def _layout_to_dict(layout: TableLayout) -> dict[str, Any]:
    return {
        "signature": list(layout.signature),
        "datasets": list(layout.datasets),
        "mapping": [[heading, name] for heading, name in layout.mapping.items()],
        "conventions": dict(layout.conventions),
    }


def _layout_of(values: Mapping[str, Any]) -> TableLayout:
    return TableLayout(
        tuple(values["signature"]),
        tuple(values["datasets"]),
        {str(heading): str(name) for heading, name in values["mapping"]},
        values["conventions"],
    )


def payload_of(entry: Entry) -> str:
    """Everything of an upload's entry that has no column of its own, as canonical JSON."""
    return canonical(
        {
            "feed": entry.feed,
            "file": entry.file,
            "sha256": entry.sha256,
            "rows_hash": entry.rows_hash,
            "mode": entry.mode,
            "parts": [part_to_dict(part) for part in entry.parts],
            "answers": dict(entry.answers),
            "beside": list(entry.beside),
            "ownership": [[r.dataset, r.feed, r.other, r.choice] for r in entry.ownership],
            "links": dict(entry.links),
            "mends": entry.mends,
            "layouts": [_layout_to_dict(layout) for layout in entry.layouts],
        }
    )


def entry_of(
    *, position: int, kind: str, upload: str, who: str, at: str, why: str, payload: str, hash: str
) -> Entry:
    """The entry a line of the ledger table describes."""
    when = datetime.fromisoformat(at)
    values: Mapping[str, Any] = json.loads(payload)
    if not values:
        return Entry(position, kind, upload, who, when, why, hash=hash)
    return Entry(
        position=position,
        kind=kind,
        upload=upload,
        who=who,
        when=when,
        why=why,
        feed=values["feed"],
        file=values["file"],
        sha256=values["sha256"],
        rows_hash=values["rows_hash"],
        mode=values["mode"],
        parts=tuple(part_of_dict(part) for part in values["parts"]),
        answers=values["answers"],
        beside=tuple(values["beside"]),
        ownership=tuple(OwnershipRule(*rule) for rule in values["ownership"]),
        links=values["links"],
        mends=values.get("mends", ""),
        layouts=tuple(_layout_of(layout) for layout in values.get("layouts", ())),
        hash=hash,
    )

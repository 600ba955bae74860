"""The evidence pack as one ZIP: tables as CSV, records as JSON, documents as they were kept.

A page of its own is opened first, and a manifest has the SHA-256 of every other part, so that whoever
holds the pack can tell whether it is as it was made. The same pack gives the same bytes.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO, Final

import pandas as pd

from kpi.analysis.definitions import formula
from kpi.analysis.packing import Pack, PackedKind, PackedRecord
from kpi.analysis.results import ReviewKpi
from kpi.analysis.trail_table import trail_frame
from kpi.reports.pack_readme import readme
from kpi.reports.settled import in_utc, write_zip
from kpi.safe_text import csv_text

MANIFEST: Final = "manifest.json"
README: Final = "README.html"
FORMAT: Final = "clause-nine evidence pack 1"

FIGURES: Final = (
    "kpi", "title", "definition_version", "slice", "over", "chart", "period", "first_day", "last_day",
    "unit", "value",
    "numerator", "numerator_is", "denominator", "denominator_is", "state", "reason", "usual_level",
    "lower_limit", "upper_limit", "target", "signals", "counts",
)  # fmt: skip

Member = tuple[str, bytes]


def write_pack(pack: Pack, file: BinaryIO) -> str:
    """Write the pack as ZIP; returns the SHA-256 of its manifest, which vouches for all of it."""
    parts = list(members(pack))
    listing = manifest(pack, parts)
    write_zip([*parts, (MANIFEST, listing)], pack.made, file)
    return hashlib.sha256(listing).hexdigest()


def members(pack: Pack) -> Iterator[Member]:
    """Every part but the manifest, the page to open first leading."""
    yield README, readme(pack).encode()
    yield from _figures(pack)
    for kind in pack.kinds:
        yield f"records/{kind.name}.json", _json([_record(kind, one) for one in kind.records])
        yield f"records/{kind.name}.csv", _csv(_index(kind))
    yield "trail/audit-trail.csv", _csv(trail_frame(pack.trail))
    yield "trail/ledger.csv", _csv(_ledger(pack))
    yield "weaknesses.csv", _csv(_weaknesses(pack))
    for one in (*pack.documents, *pack.uploads):
        yield one.path, one.data


def manifest(pack: Pack, parts: Sequence[Member]) -> bytes:
    """What is in the pack, each part with its size and SHA-256, and what the whole is of."""
    agenda = pack.agenda
    told: dict[str, Any] = {
        "format": FORMAT,
        "plants": agenda.review.plants,
        "first": agenda.asked.first.isoformat(),
        "last": agenda.asked.last.isoformat(),
        "edition": agenda.edition,
        "made": in_utc(pack.made).isoformat(),
        "made_by": pack.made_by,
        "ledger_position": agenda.position,
        "records_number": agenda.number,
        "audit_trail_head": pack.head,
        "left_out": list(pack.left_out),
        "parts": [
            {"name": name, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
            for name, data in parts
        ],
    }
    return _json(told)


def _figures(pack: Pack) -> Iterator[Member]:
    yield "figures/figures.csv", _csv(_frame(FIGURES, _figure_rows(pack)))
    yield "figures/definitions.csv", _csv(_definitions(pack))
    yield "figures/sources.csv", _csv(_sources(pack))
    yield "figures/coverage.csv", _csv(_coverage(pack))
    yield "figures/quality.csv", _csv(_frame(("kind", "says"), pack.agenda.review.quality))
    yield "figures/paretos.csv", _csv(_paretos(pack))
    yield "review/inputs.json", _json(_inputs(pack))
    yield "review/restated.csv", _csv(_frame(("says",), [(t,) for t in pack.agenda.restated]))
    for one in pack.agenda.inputs:
        for number, table in enumerate(one.tables, start=1):
            frame = _frame((*table.headings, *(["record"] if table.ids else [])), _lines(table))
            yield f"review/{one.key}-{number}.csv", _csv(frame)


def _lines(table: Any) -> list[tuple[str, ...]]:
    if not table.ids:
        return list(table.lines)
    return [(*line, id) for line, id in zip(table.lines, table.ids, strict=True)]


def _figure_rows(pack: Pack) -> Iterator[tuple[Any, ...]]:
    """Every figure with the two sums it is made of; what has no value says why.

    A figure is known by KPI, slice, what it is over (the month, or the window of an objective), chart
    and period.
    """
    for one in pack.kpis:
        view = one.series
        own = view.kpi
        for row in view.points.to_dict("records"):
            yield (
                own.id, own.title, own.version, view.slice_words, view.over or view.period,
                one.title, row["period"], _day(row.get("since", row["period_start"])),
                _day(row["period_end"]), own.unit, row["value"],
                row["numerator"], own.numerator, row["denominator"], own.denominator,
                str(row["state"]), row["reason"], row["center"], row["lcl"], row["ucl"],
                row["target"], row["signals"], row["excluded"] or "",
            )  # fmt: skip


def _day(value: Any) -> str:
    return "" if pd.isna(value) else pd.Timestamp(value).date().isoformat()


def _definitions(pack: Pack) -> pd.DataFrame:
    rows = [
        (k.id, k.title, k.version, k.definition, formula(k), k.unit, k.direction.value,
         k.source, " ".join(k.clauses))
        for k in {one.series.kpi.id: one.series.kpi for one in pack.kpis}.values()
    ]  # fmt: skip
    headings = (
        "kpi",
        "title",
        "version",
        "definition",
        "formula",
        "unit",
        "better",
        "source",
        "clauses",
    )
    return _frame(headings, rows)


def _sources(pack: Pack) -> pd.DataFrame:
    """Which file gave how many rows to which figure."""
    headings = (
        "kpi",
        "title",
        "slice",
        "over",
        "chart",
        "file",
        "sha256",
        "upload",
        "loaded_by",
        "loaded_at",
        "rows",
    )
    return _frame(headings, [row for one in pack.kpis for row in _sources_of(one)])


def _sources_of(one: ReviewKpi) -> list[tuple[Any, ...]]:
    view = one.series
    return [
        (view.kpi.id, view.kpi.title, view.slice_words, view.over or view.period, one.title, s.file,
         s.sha256, s.upload, s.who, in_utc(s.when).isoformat(), s.rows)
        for s in one.sources
    ]  # fmt: skip


def _coverage(pack: Pack) -> pd.DataFrame:
    cells = pack.agenda.review.coverage.cells
    rows = [(c.dataset, c.plant, c.month, c.state.value, c.rows, c.words) for c in cells]
    return _frame(("dataset", "plant", "month", "state", "rows", "says"), rows)


def _paretos(pack: Pack) -> pd.DataFrame:
    rows = [
        (p.kpi.id, p.dimension, p.period_words, bar["label"], bar["amount"], p.amount_title,
         bar["share"], bar["cumulative"])
        for p in pack.agenda.review.paretos
        for bar in p.bars.to_dict("records")
    ]  # fmt: skip
    headings = (
        "kpi",
        "by",
        "period",
        "name",
        "amount",
        "amount_is",
        "share_percent",
        "cumulative_percent",
    )
    return _frame(headings, rows)


def _inputs(pack: Pack) -> list[dict[str, Any]]:
    return [
        {
            "letter": one.letter, "key": one.key, "title": one.title, "finding": one.finding,
            "nothing": one.nothing, "says": list(one.says), "missing": list(one.missing),
            "records": list(one.records),
        }
        for one in pack.agenda.inputs
    ]  # fmt: skip


def _record(kind: PackedKind, one: PackedRecord) -> dict[str, Any]:
    return {
        "id": one.id, "kind": kind.name, "clauses": list(kind.clauses), "version": one.version,
        "recorded_by": one.who, "recorded_at": in_utc(one.when).isoformat(), "sha256": one.hash,
        "value": dict(one.value),
        "history": [
            {
                "version": v.version, "who": v.who, "when": in_utc(v.when).isoformat(), "why": v.why,
                "sha256": v.hash,
                "changes": [
                    {"field": c.label, "before": c.before, "after": c.after} for c in v.changes
                ],
            }
            for v in one.history
        ],
    }  # fmt: skip


def _index(kind: PackedKind) -> pd.DataFrame:
    rows = [
        (one.id, one.title, one.owner, "; ".join(f"{name}: {text}" for name, text in one.says),
         one.version, one.who, in_utc(one.when).isoformat(), one.hash)
        for one in kind.records
    ]  # fmt: skip
    headings = ("id", "title", "owner", "says", "versions", "recorded_by", "recorded_at", "sha256")
    return _frame(headings, rows)


def _ledger(pack: Pack) -> pd.DataFrame:
    rows = [
        (x.position, x.kind, x.file, x.sha256, x.feed, x.who, in_utc(x.when).isoformat(),
         x.data_date, x.coverage, x.rows, x.in_force, x.says, x.upload)
        for x in pack.ledger
    ]  # fmt: skip
    headings = (
        "position", "kind", "file", "sha256", "feed", "who", "when", "data_date", "coverage", "rows",
        "in_force", "says", "upload",
    )  # fmt: skip
    return _frame(headings, rows)


def _weaknesses(pack: Pack) -> pd.DataFrame:
    rows = [
        (w.title, w.says, w.count, w.weight, " ".join(w.clauses), w.mend, " | ".join(w.examples),
         " ".join(w.records))
        for w in pack.weaknesses
    ]  # fmt: skip
    headings = (
        "weakness",
        "says",
        "count",
        "weight",
        "clauses",
        "what_to_do",
        "examples",
        "records",
    )
    return _frame(headings, rows)


def _frame(headings: Sequence[str], rows: Any) -> pd.DataFrame:
    # as objects: a typed column of text refuses half a character, which names of files may have
    return pd.DataFrame(list(rows), columns=list(headings), dtype=object)


def _csv(frame: pd.DataFrame) -> bytes:
    # spreadsheets read UTF-8 only where the file says so at its beginning
    return ("\ufeff" + csv_text(frame)).encode()


def _json(value: Any) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=1, default=str) + "\n").encode(
        "utf-8", "replace"
    )

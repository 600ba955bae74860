"""Results as JSON: the contract of the command line. NaN becomes null; dates are ISO."""

import math
from collections.abc import Sequence
from datetime import date, datetime
from enum import Enum
from typing import TYPE_CHECKING, Any

from kpi.model import Problem, Question

if TYPE_CHECKING:
    from kpi.analysis.freshness import Status
    from kpi.analysis.health import Check
    from kpi.analysis.home import Home
    from kpi.analysis.results import FileOutcome, LedgerLine
    from kpi.analysis.table import SeriesTable
    from kpi.measures import Kpi
    from kpi.qms import Target


def plain(value: Any) -> Any:
    """A value as JSON can carry it; what is missing (``None``, NaN, NaT, NA) becomes ``None``.

    >>> plain({"when": date(2026, 10, 5), "value": float("nan"), "n": 3})
    {'when': '2026-10-05', 'value': None, 'n': 3}
    """
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if type(value).__name__ in ("NaTType", "NAType"):
        return None
    if hasattr(value, "dtype") and hasattr(value, "item"):
        return plain(value.item())
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(v) for v in value]
    return str(value)


def outcome(o: "FileOutcome") -> dict[str, Any]:
    """One file's fate, as ``ingest --json`` lists it."""
    return {
        "file": o.file,
        "sha256": o.sha256,
        "state": o.state,
        "upload": o.upload,
        "feed": o.feed,
        "says": o.says,
        "datasets": [
            {
                "dataset": d.dataset,
                "sheet": d.sheet,
                "rows_read": d.rows_read,
                "rows_accepted": d.rows_accepted,
                "rows_rejected": d.rows_rejected,
                "mapping": d.mapping,
                "conventions": d.conventions,
                "coverage": [
                    {"plant": c.plant, "line": c.line, "first": plain(c.first), "last": plain(c.last)}
                    for c in d.coverage
                ],
                "control_totals": [
                    {"field": t.field, "file_says": plain(t.file_says), "rows_say": plain(t.rows_say)}
                    for t in d.control_totals
                ],
            }
            for d in o.datasets
        ],
        "questions": [_question(q) for q in o.questions],
        "problems": [_problem(p) for p in o.problems],
        "effects": [
            {"kpi": e.kpi, "slice": e.slice_words, "period": e.period, "before": e.before,
             "after": e.after, "jump": e.jump}
            for e in o.effects
        ],
        "touches": list(o.touches),
        "rows_new": o.rows_new,
        "rows_changed": o.rows_changed,
        "rows_gone": o.rows_gone,
        "seconds": round(o.seconds, 3),
    }  # fmt: skip


def _question(q: Question) -> dict[str, Any]:
    return {
        "id": q.id,
        "sheet": q.sheet,
        "heading": q.heading,
        "kind": q.kind,
        "ask": q.ask,
        "samples": list(q.samples),
        "candidates": [{"value": c.value, "because": c.because} for c in q.candidates],
    }


def _problem(p: Problem) -> dict[str, Any]:
    return {
        "sheet": p.sheet,
        "row": p.row,
        "column": p.column,
        "expected": p.expected,
        "actual": p.actual,
        "advice": p.advice,
        "severity": p.severity.value,
    }


def series(table: "SeriesTable") -> list[dict[str, Any]]:
    """``series --json``: one row per period and slice, each saying what it rests on."""
    rows = [
        {str(column): plain(value) for column, value in row.items()}
        for row in table.rows.to_dict("records")
    ]
    for row in rows:
        row["report_date"], row["ledger"] = plain(table.report_date), table.position
        row["head"] = table.head
        if "signals" in row:
            row["signals"] = [s for s in str(row["signals"] or "").split("; ") if s]
    return rows


def kpi(k: "Kpi") -> dict[str, Any]:
    """One entry of the catalogue."""
    return {
        "id": k.id,
        "title": k.title,
        "definition": k.definition,
        "unit": k.unit,
        "better": k.direction.value,
        "numerator": k.numerator,
        "denominator": k.denominator,
        "chart": k.default_chart,
        "clauses": list(k.clauses),
        "source": k.source,
        "version": k.version,
        "domain": k.domain,
        "needs": k.needs,
    }


def ledger_line(line: "LedgerLine") -> dict[str, Any]:
    """One entry of the ledger."""
    return {name: plain(getattr(line, name)) for name in line.__dataclass_fields__}


def status(s: "Status") -> dict[str, Any]:
    """A home in a few lines."""
    return {
        "home": s.home,
        "position": s.position,
        "feeds": [
            {name: plain(getattr(f, name)) for name in f.__dataclass_fields__} for f in s.feeds
        ],
        "missing": list(s.missing),
    }


def target(t: "Target") -> dict[str, Any]:
    """One target."""
    return {
        "kpi": t.kpi,
        "slice": dict(t.slice),
        "value": t.value,
        "valid_from": t.valid_from.isoformat(),
        "due": t.due.isoformat() if t.due else None,
        "who": t.who,
        "why": t.why,
    }


def doctor(home: "Home | None", checks: "Sequence[Check]") -> dict[str, Any]:
    """Every check and the settings in force."""
    return {
        "fine": all(c.fine for c in checks),
        "checks": [
            {"name": c.name, "fine": c.fine, "notice": c.notice, "says": c.says} for c in checks
        ],
        "settings": [
            {"key": key, "value": plain(value), "from": origin}
            for key, value, origin in (home.settings.explain() if home else ())
        ],
    }

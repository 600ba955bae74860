"""``python -m kpi passport``: where a figure comes from, down to the cells, and who looked at it."""

import argparse
from typing import TYPE_CHECKING, Any

from kpi.cli.parts import DONE, as_day, as_dimension_pair, declare, home_about, show, time_now

if TYPE_CHECKING:
    from kpi.analysis.passport import Passport, Place
    from kpi.analysis.passport_records import Mention


def add(commands: Any) -> None:
    """Declare the command."""
    parser = declare(
        commands, "passport", _passport,
        "where a figure comes from: definition, formula, rows, cells of the file, hash, who",
    )  # fmt: skip
    parser.add_argument("kpi", metavar="KPI")
    parser.add_argument(
        "--period", default="", metavar="PERIOD",
        help="2026-10, 2026-W43, 2026-Q4, 2026 or a day (default: the last month with a value)",
    )  # fmt: skip
    parser.add_argument("--plant", action="append", default=[], metavar="NAME")
    parser.add_argument(
        "--where", action="append", type=as_dimension_pair, default=[], metavar="DIM=VALUE"
    )
    parser.add_argument("--as-of", type=as_day, metavar="DATE", help="report date")
    parser.add_argument("--ledger", type=int, metavar="POSITION", help="as the ledger stood then")
    parser.add_argument(
        "--cells", type=int, default=1, metavar="N",
        help="rows of numerator and denominator that are read back from their files (default: 1)",
    )  # fmt: skip


def _passport(arguments: argparse.Namespace) -> int:
    from kpi.analysis.passport import passport
    from kpi.analysis.results import Filters
    from kpi.analysis.trail_head import printed_head

    plants = tuple(("plant", name) for name in arguments.plant)
    filters = Filters(
        where=(*plants, *arguments.where), as_of=arguments.as_of, ledger=arguments.ledger
    )
    home = home_about(arguments, filters)
    found = passport(home, arguments.kpi, filters, arguments.period, cells=max(arguments.cells, 0))
    printed_head(home.store, time_now())
    show(arguments, lambda: as_json(found), lambda: as_text(found))
    return DONE


def as_json(found: "Passport") -> dict[str, Any]:
    """The whole passport; a figure that cannot be computed is ``null`` and ``says`` tells why."""
    from kpi.cli.json_form import plain

    kpi = found.kpi
    return {
        "kpi": kpi.id,
        "title": found.title,
        "where": [list(pair) for pair in found.filters.where],
        "period": found.period,
        "first": plain(found.first),
        "last": plain(found.last),
        "value": plain(found.value),
        "unit": kpi.unit,
        "says": found.value_words,
        "definition": {
            "text": kpi.definition, "version": kpi.version, "formula": found.formula,
            "source": kpi.source,
        },
        "numerator": found.numerator,
        "denominator": found.denominator,
        "reckoned": found.reckoned,
        "stated": list(found.stated),
        "rows": {"total": found.rows.total, "first": plain(found.rows.rows.to_dict("records"))},
        "cells": [_place(place) for place in found.places],
        "files": [
            {
                "upload": f.upload, "file": f.file, "sha256": f.sha256, "loaded_by": f.who,
                "loaded_at": plain(f.when), "rows": f.rows,
            }
            for f in found.files
        ],
        "notes": list(found.notes),
        "analyses": [_mention(m) for m in found.analyses],
        "records": [_mention(m) for m in found.records],
        "reviews": [_mention(m) for m in found.reviews],
        "restated": list(found.restated),
        "ledger": found.position,
        "head": found.head,
    }  # fmt: skip


def _place(place: "Place") -> dict[str, Any]:
    return {
        "side": place.side, "upload": place.upload, "file": place.file, "sheet": place.sheet,
        "row": place.row, "cells": [list(pair) for pair in place.cells], "says": place.says,
    }  # fmt: skip


def _mention(mention: "Mention") -> dict[str, Any]:
    from kpi.cli.json_form import plain

    return {
        "id": mention.id, "kind": mention.kind, "says": mention.says, "who": mention.who,
        "when": plain(mention.when),
    }  # fmt: skip


def as_text(found: "Passport") -> str:
    """The passport for people: one step of the chain a paragraph."""
    kpi = found.kpi
    lines = [
        found.title,
        f"  {found.value_words}",
        f"Definition (version {kpi.version}): {kpi.definition} Source: {kpi.source}.",
        f"Formula: {found.formula}",
        *([f"  {found.reckoned}"] if found.reckoned else []),
        *(f"Stated: {note}" for note in found.stated),
        f"Rows: {found.rows.total}",
    ]
    for place in found.places:
        lines.append(f"  {place.side}: {place.file}{_sheet(place)}, row {place.row}")
        lines += [f"    {heading}: {cell}" for heading, cell in place.cells if cell]
        lines += [f"    {place.says}"] if place.says else []
    lines += [
        f"File: {f.file}, {f.rows} rows, loaded by {f.who} on {f.when:%Y-%m-%d} ({f.upload})\n"
        f"  SHA-256 {f.sha256}"
        for f in found.files
    ]
    lines += [f"Note: {note}" for note in found.notes]
    for title, told in (
        ("Analysed", found.analyses), ("Record", found.records), ("Review", found.reviews),
    ):  # fmt: skip
        lines += [f"{title}: {m.id} {m.says} ({m.who})" for m in told]
    if not found.analyses:
        lines.append("Analysed: nobody has recorded an analysis of this figure.")
    lines += [f"Restated: {says}" for says in found.restated]
    return "\n".join([*lines, f"Head of the audit trail: {found.head}"])


def _sheet(place: "Place") -> str:
    return f", sheet {place.sheet}" if place.sheet else ""

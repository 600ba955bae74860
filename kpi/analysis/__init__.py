"""The questions the product answers, one function each. Pages, deck, API and CLI call only these.

Names are imported when they are first asked for: a command that draws a chart from a CSV file does
not wait for the store and its libraries.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kpi.analysis.aims import set_target, targets
    from kpi.analysis.coverage import coverage_calendar, ledger_lines
    from kpi.analysis.definitions import catalogue
    from kpi.analysis.drill import cells_view, loss_ledger, pareto_view, rows_view
    from kpi.analysis.effectiveness import (
        effect_of_event,
        effect_view,
        event_verdicts,
        events_on,
    )
    from kpi.analysis.freshness import status
    from kpi.analysis.health import doctor
    from kpi.analysis.home import Home, default_home, open_home, sample_home
    from kpi.analysis.ingesting import Delivered, ingest_file, read_files, withdraw
    from kpi.analysis.landing import kpi_view, overview
    from kpi.analysis.measured import characteristics, measured_view
    from kpi.analysis.mending import rejected_rows
    from kpi.analysis.results import Filters
    from kpi.analysis.review import build_review, months_to_review
    from kpi.analysis.sample import prepare_sample
    from kpi.analysis.series import choices, series_view
    from kpi.analysis.table import series_table
    from kpi.analysis.watching import answer_set_aside, set_aside
    from kpi.analysis.why import why_view

_HOMES = {
    "definitions": ("catalogue",),
    "coverage": ("coverage_calendar", "ledger_lines"),
    "health": ("doctor",),
    "drill": ("cells_view", "loss_ledger", "pareto_view", "rows_view"),
    "effectiveness": ("effect_of_event", "effect_view", "event_verdicts", "events_on"),
    "home": ("Home", "default_home", "open_home", "sample_home"),
    "ingesting": ("Delivered", "ingest_file", "read_files", "withdraw"),
    "landing": ("kpi_view", "overview"),
    "measured": ("characteristics", "measured_view"),
    "mending": ("rejected_rows",),
    "results": ("Filters",),
    "review": ("build_review", "months_to_review"),
    "sample": ("prepare_sample",),
    "series": ("choices", "series_view"),
    "freshness": ("status",),
    "table": ("series_table",),
    "watching": ("answer_set_aside", "set_aside"),
    "why": ("why_view",),
    "aims": ("set_target", "targets"),
}

_MODULE_OF = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [
    "Delivered",
    "Filters",
    "Home",
    "answer_set_aside",
    "build_review",
    "catalogue",
    "cells_view",
    "characteristics",
    "choices",
    "coverage_calendar",
    "default_home",
    "doctor",
    "effect_of_event",
    "effect_view",
    "event_verdicts",
    "events_on",
    "ingest_file",
    "kpi_view",
    "ledger_lines",
    "loss_ledger",
    "measured_view",
    "months_to_review",
    "open_home",
    "overview",
    "pareto_view",
    "prepare_sample",
    "read_files",
    "rejected_rows",
    "rows_view",
    "sample_home",
    "series_table",
    "series_view",
    "set_aside",
    "set_target",
    "status",
    "targets",
    "why_view",
    "withdraw",
]


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    # No module here may carry the name of a function: importing it would take the name's place.
    found = getattr(import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
    globals()[name] = found
    return found

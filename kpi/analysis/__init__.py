"""The questions the product answers, one function each. Pages, deck, API and CLI call only these."""

from kpi.analysis.catalogue import catalogue
from kpi.analysis.coverage import coverage_calendar, ledger_lines
from kpi.analysis.doctor import doctor
from kpi.analysis.drill import cells_view, loss_ledger, pareto_view, rows_view
from kpi.analysis.home import Home, default_home, open_home, sample_home
from kpi.analysis.ingesting import ingest_file, withdraw
from kpi.analysis.overview import kpi_view, overview
from kpi.analysis.results import Filters
from kpi.analysis.review import build_review, months_to_review
from kpi.analysis.sample import prepare_sample
from kpi.analysis.series import choices, series_view
from kpi.analysis.status import status
from kpi.analysis.table import series_table
from kpi.analysis.targets import set_target, targets

__all__ = [
    "Filters",
    "Home",
    "build_review",
    "catalogue",
    "cells_view",
    "choices",
    "coverage_calendar",
    "default_home",
    "doctor",
    "ingest_file",
    "kpi_view",
    "ledger_lines",
    "loss_ledger",
    "months_to_review",
    "open_home",
    "overview",
    "pareto_view",
    "prepare_sample",
    "rows_view",
    "sample_home",
    "series_table",
    "series_view",
    "set_target",
    "status",
    "targets",
    "withdraw",
]

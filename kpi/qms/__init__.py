"""Records of the quality management system: targets, what stands on charts; more to come."""

from kpi.qms.chart_notes import (
    NO_NOTES,
    ChartNotes,
    Event,
    Exclusion,
    Note,
    PhaseStart,
    chart_notes,
    every_version,
    note_history,
    put_note,
    take_back,
)
from kpi.qms.objectives import current_targets
from kpi.qms.targets import Slice, Target, put_target, target_for

__all__ = [
    "NO_NOTES",
    "ChartNotes",
    "Event",
    "Exclusion",
    "Note",
    "PhaseStart",
    "Slice",
    "Target",
    "chart_notes",
    "current_targets",
    "every_version",
    "note_history",
    "put_note",
    "put_target",
    "take_back",
    "target_for",
]

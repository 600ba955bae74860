"""Records of the quality management system: targets, what stands on charts; more to come."""

from kpi.qms.chart_notes import (
    ChartNotes,
    Event,
    Exclusion,
    Note,
    PhaseStart,
    chart_notes,
    note_history,
    put_note,
    take_back,
)
from kpi.qms.targets import Slice, Target, current_targets, put_target, target_for

__all__ = [
    "ChartNotes",
    "Event",
    "Exclusion",
    "Note",
    "PhaseStart",
    "Slice",
    "Target",
    "chart_notes",
    "current_targets",
    "note_history",
    "put_note",
    "put_target",
    "take_back",
    "target_for",
]

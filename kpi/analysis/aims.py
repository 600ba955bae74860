"""Targets as the pages and the command line ask for them."""

from dataclasses import replace
from datetime import datetime

from kpi.analysis.home import Home
from kpi.analysis.marked import Settled
from kpi.analysis.permitted import require_slice
from kpi.measures import kpi_of
from kpi.measures.question import dimension
from kpi.qms import Target, current_targets, put_target


def targets(home: Home) -> tuple[Target, ...]:
    """All targets in their latest version."""
    return current_targets(home.store)


def set_target(home: Home, target: Target, *, when: datetime) -> None:
    """Record a target for a KPI that exists.

    Raises
    ------
    UnknownNameError
        No KPI has this id, or no dimension this name; the message names the nearest.
    UsageError
        Its value is no number.
    AccessDeniedError
        The person does not manage every plant it is for.
    """
    chosen = tuple(sorted((dimension(name), value) for name, value in target.slice))
    if home.limit is not None:  # whose everything is one plant sets that plant's target
        chosen = tuple(sorted(Settled(home.view())(chosen)))
    require_slice(home, chosen)
    kpi_of(home.view(), target.kpi)
    target = replace(target, slice=chosen)
    put_target(home.store, target, who=target.who, when=when, why=target.why)

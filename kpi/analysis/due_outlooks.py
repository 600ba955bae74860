"""Will we make it? Of every target and objective with a day by which it is due."""

from dataclasses import replace
from datetime import date
from typing import Final

from kpi.analysis.forecasting import Outlook, forecast_view
from kpi.analysis.home import Home
from kpi.analysis.objectives import windowed_outlooks
from kpi.analysis.results import Filters
from kpi.measures.engine import Remembered
from kpi.qms import Target, current_targets

_OUTLOOKS: Final = Remembered(64)


def objective_outlooks(home: Home, filters: Filters) -> tuple[Outlook, ...]:
    """Every target with a due date, as it stands now: the soonest due first.

    A target of a plant, line or other slice is looked at through its own slice; where filters ask
    for a slice, only targets within it are told. Months, unless the filters say otherwise; an
    objective over its own window. Of one with steps only what shall be reached in the end is told. Answers are remembered by the
    ledger's position and the records.
    """
    asked = set(filters.where)
    found = [
        _of_target(home, t, filters)
        for t in current_targets(home.store)
        if t.due is not None and t.aim is None and asked <= set(t.slice)
    ]
    found += windowed_outlooks(home, filters)
    return tuple(sorted(found, key=lambda o: (o.due or date.max, o.kpi.id, o.slice)))


def _of_target(home: Home, target: Target, filters: Filters) -> Outlook:
    key = (str(home.path), home.limit, home.position, home.store.records.number(),
           home.settings.signature(), filters, target)  # fmt: skip
    own = replace(filters, where=target.slice)

    def look() -> Outlook:
        return forecast_view(home, target.kpi, own, target=target.value, due=target.due)

    found: Outlook = _OUTLOOKS.get(key, look)
    return found

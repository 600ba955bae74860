"""What external auditors usually find wrong, looked for in the live data, worst first.

Each is a function that looks at the records and the facts of the days asked for, and says nothing
where it finds nothing. What mends one makes it disappear.
"""

from collections.abc import Callable
from datetime import date
from typing import Final

from kpi.analysis import (
    weakness_data,
    weakness_goals,
    weakness_inputs,
    weakness_late,
    weakness_records,
)
from kpi.analysis.agenda_results import Asked
from kpi.analysis.home import Home
from kpi.analysis.weakness_results import Weakness

Look = Callable[[Home, Asked, date], Weakness | None]

LOOKED_FOR: Final[tuple[Look, ...]] = (
    weakness_data.not_reproducible,
    weakness_records.no_effect_checked,
    weakness_records.previous_dropped,
    weakness_records.without_decision,
    weakness_goals.off_track,
    weakness_inputs.inputs_missing,
    weakness_records.without_owner,
    weakness_data.never_analysed,
    weakness_data.without_measure,
    weakness_data.not_tracked,
    weakness_late.findings_left,
    weakness_goals.targets_differ,
    weakness_late.checked_late,
)
"""What is looked for; of two equally bad, the first comes first."""


def weaknesses(home: Home, asked: Asked, today: date) -> tuple[Weakness, ...]:
    """Everything an auditor would find in what is seen of the home, worst first; empty where nothing.

    ``asked`` bounds plants and days of what is looked at; ``today`` is the day things are overdue by.
    """
    found = [one for look in LOOKED_FOR if (one := look(home, asked, today)) is not None]
    return tuple(sorted(found, key=lambda one: (-one.weight, -one.count)))

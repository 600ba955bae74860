"""The figures Nordhafen keeps by hand, one row per metric and one column per month."""

from typing import Final

import numpy as np
from sample_calendar import MONTHS, stream

LEAD_TIME_RISES_FROM: Final = "2025-09"
NOT_SURVEYED: Final = ("2024-08", "2025-08")  # the survey pauses: no value, which is not a zero

Metric = tuple[str, str, list[float | None]]


def monthly_figures() -> list[Metric]:
    """(metric, unit, one value per month of ``MONTHS``); ``None`` where there was no figure."""
    rng = stream("monthly/Nordhafen")
    count = len(MONTHS)
    energy = np.round(rng.normal(412, 9, count), 1)
    risen = np.array([max(0, MONTHS.index(m) - MONTHS.index(LEAD_TIME_RISES_FROM)) for m in MONTHS])
    lead = np.round(rng.normal(18, 0.7, count) + 0.45 * risen, 1)
    survey = np.round(rng.normal(8.2, 0.15, count), 1)
    accidents = rng.poisson(0.8, count)
    return [
        ("Energy per tonne", "kWh/t", [float(v) for v in energy]),
        ("Lead time", "days", [float(v) for v in lead]),
        (
            "Customer survey score",
            "points",
            [None if m in NOT_SURVEYED else float(v) for m, v in zip(MONTHS, survey, strict=True)],
        ),
        ("Safety incidents", "n", [float(v) for v in accidents]),
    ]

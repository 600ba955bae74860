"""Average run lengths: how many points until a chart signals, published and simulated.

Charts of independent normal values with a known mean and sigma, shifted from the first point on. The
charts are those of the product (``kpi.spc.charts``), thousands at a time.
"""

import math
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

sys.path.insert(0, str(Path(__file__).parents[1]))

from kpi.spc import Options, charts

SEED: Final = 20_260_102
CHARTS: Final = 4_000
AT_ONCE: Final = 6_000_000  # values in memory
FAR: Final = 12
"""Charts run for so many average run lengths: one in 160,000 would go on."""


@dataclass(frozen=True, slots=True)
class Case:
    """A published average run length of a shift, in standard deviations of the plotted points.

    ``constant`` charts an EWMA against the limits that it has in the long run, as its tables do; the
    product draws the exact ones, which are narrower at the start.
    """

    chart: str
    kind: str
    rules: tuple[str, ...]
    shift: float
    published: float
    source: str
    options: dict[str, Any] = field(default_factory=dict)
    constant: bool = False


_SHEWHART: Final = "exact: 1 ÷ P(beyond 3 sigma)"
_CHAMP: Final = "Champ & Woodall (1987), Technometrics 29, table 1"
_LUCAS: Final = "Lucas (1976), JQT 8; Montgomery, table 9.3"
_CROSIER: Final = "Lucas & Crosier (1982), Technometrics 24, table 1"
_SACCUCCI: Final = "Lucas & Saccucci (1990), Technometrics 32; Montgomery, table 9.11"
_WE: Final = tuple(f"western_electric_{n}" for n in (1, 2, 3, 4))


def _cases() -> list[Case]:
    shifts = (0.0, 0.5, 1.0, 2.0, 3.0)
    found = [
        Case("individuals, beyond limits", "imr", ("beyond_limits",), shift, value, _SHEWHART)
        for shift, value in zip(shifts, (370.40, 155.22, 43.89, 6.30, 2.00), strict=True)
    ]
    champ = (0.0, 0.4, 1.0, 2.0, 3.0)
    runs = (152.73, 59.76, 14.58, 4.89, 1.99)
    every = (91.75, 36.61, 9.22, 3.13, 1.67)
    for name, rules, values in (
        ("individuals, beyond limits or a run of 8", ("beyond_limits", "run_of_8"), runs),
        ("individuals, Western Electric 1–4", _WE, every),
    ):
        found += [
            Case(name, "imr", rules, shift, value, _CHAMP)
            for shift, value in zip(champ, values, strict=True)
        ]
    for h, values in ((4.0, (168, 26.6, 8.38, 3.34, 2.19)), (5.0, (465, 38.0, 10.4, 4.01, 2.57))):
        found += [
            Case(
                f"CUSUM k 0.5, h {h:g}", "cusum", ("beyond_limits",), shift, value, _LUCAS, {"h": h}
            )
            for shift, value in zip(shifts, values, strict=True)
        ]
    for h, values in ((4.0, (149, 20.1, 5.29, 2.01, 1.32)), (5.0, (430, 28.7, 6.35, 2.36, 1.54))):
        found += [
            Case(f"CUSUM k 0.5, h {h:g}, head start {h / 2:g}", "cusum", ("beyond_limits",), shift,
                 value, _CROSIER, {"h": h, "head_start": h / 2})
            for shift, value in zip(shifts, values, strict=True)
        ]  # fmt: skip
    for weight, width, values in (
        (0.1, 2.814, (500, 31.3, 10.3, 4.4, 2.9)),
        (0.2, 2.962, (500, 41.8, 10.5, 3.7, 2.4)),
    ):
        found += [
            Case(f"EWMA λ {weight:g}, L {width:g}", "ewma", ("beyond_limits",), shift, value,
                 _SACCUCCI, {"weight": weight, "width": width}, constant=True)
            for shift, value in zip(shifts, values, strict=True)
        ]  # fmt: skip
    return found


CASES: Final = tuple(_cases())


def simulated(case: Case, number: int = CHARTS) -> tuple[float, float]:
    """Average run length over so many charts, and its standard error."""
    points = math.ceil(FAR * case.published) + 20
    rng = np.random.default_rng((SEED, CASES.index(case)))
    batch = max(1, min(number, AT_ONCE // points))
    found = []
    while (done := sum(map(len, found))) < number:
        values = rng.standard_normal((points, min(batch, number - done))) + case.shift
        found.append(_first(case, values))
    lengths = np.concatenate(found)
    return float(lengths.mean()), float(lengths.std(ddof=1) / math.sqrt(len(lengths)))


def _first(case: Case, values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The first point that signals, counted from 1; the last where none does."""
    options = Options(center=0.0, sigma=1.0, **case.options)
    drawn = charts(case.kind, values, rules=list(case.rules), options=options)
    if case.constant:
        weight, width = options.weight, options.width
        fired = np.abs(drawn.statistic) > width * math.sqrt(weight / (2 - weight))
    else:
        fired = np.any([hits != 0 for hits in drawn.hits.values()], axis=0)
        for panel in drawn.lines[1:] if case.kind == "cusum" else ():
            fired |= (panel.statistic < panel.lcl) | (panel.statistic > panel.ucl)
    fired[-1] = True
    return fired.argmax(axis=0) + 1.0

"""Capability of many characteristics, each with its chart, test of normality and intervals."""

from typing import Final

import numpy as np

from bench.timing import Line, seconds
from kpi.spc import capability

CHARACTERISTICS: Final = 1_000
SAMPLES: Final = 25
EACH: Final = 5


def capabilities(quick: bool) -> list[Line]:
    """125 values each, in samples of five: with percentiles where needed, and the normal form alone."""
    number = CHARACTERISTICS // 10 if quick else CHARACTERISTICS
    values = np.random.default_rng(125).normal(10, 1, (number, SAMPLES * EACH))
    labels = np.repeat(np.arange(SAMPLES), EACH).tolist()

    def whole() -> None:
        for x in values:
            capability(x, lsl=6, usl=14, subgroup=labels)

    def normal() -> None:
        for x in values:
            capability(x, lsl=6, usl=14, subgroup=labels, form="normal")

    normal()
    plain = seconds(normal)
    found = seconds(whole)
    title = f"capability, {number:,} characteristics × {SAMPLES * EACH} values"
    return [
        Line(title, found, note="percentiles by 400 resamples where values are not normal"),
        Line(f"{title}, normal form", plain),
    ]

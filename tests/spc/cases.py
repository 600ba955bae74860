"""Reading the reference cases."""

import csv
import json
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).parents[1] / "reference" / "spc"
ROUNDED = 5e-4  # the source used constants of three decimals
EXACT = 1e-9


class Case:
    def __init__(self, name):
        self.name = name
        self.data = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
        self.expected = self.data["expected"]
        self.flags = self.data.get("flags", {})
        with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            self.rows = list(csv.DictReader(file))

    @property
    def csv(self):
        return FOLDER / f"{self.name}.csv"

    def text(self, column, **where):
        return [r[column] for r in self.rows if all(r[k] == v for k, v in where.items())]

    def column(self, column, **where):
        return np.array(
            [float(c) if c not in ("", "NA") else np.nan for c in self.text(column, **where)]
        )


def close(computed, expected, rel=EXACT, size=0.0):
    """Equal within ``rel`` of the larger of itself and ``size``; ``None`` is a gap.

    An expected scalar holds at every drawn point.
    """
    computed = np.atleast_1d(np.asarray(computed, dtype=float))
    wanted = np.asarray(expected, dtype=float)
    if wanted.ndim == 0:
        computed = computed[np.isfinite(computed)]
        assert len(computed)
    np.testing.assert_allclose(
        computed, np.broadcast_to(wanted, computed.shape), rtol=rel, atol=max(1e-12, rel * size)
    )


def lines_close(panel, expected, rel=EXACT, names=("statistic", "center", "sigma", "lcl", "ucl")):
    for name in names:
        if name in expected:
            wanted = expected[name]
            drawn = getattr(panel, name)
            if name != "statistic" and isinstance(wanted, list):
                drawn = drawn[: len(wanted)]
            # a rounded d2 moves limits by its share of their distance from the centre
            width = np.nanmax(np.abs(panel.ucl - panel.center), initial=0) if "cl" in name else 0
            size = width if rel == ROUNDED else 0.0
            close(drawn, wanted, EXACT if name == "statistic" else rel, size)


def points(chart, rule):
    """Where a rule fires, counted from 1."""
    return [s.point + 1 for s in chart.signals if s.rule == rule]


def beyond(chart, rule="beyond_limits"):
    return points(chart, rule)


def nelson_close(chart, flags, rules=range(1, 9)):
    for rule in rules:
        assert points(chart, f"nelson_{rule}") == flags[str(rule)], f"Nelson {rule}"


def weco_close(chart, flags):
    for rule in range(1, 5):
        assert points(chart, f"western_electric_{rule}") == flags[str(rule)], f"WE {rule}"


def runs_close(test, expected):
    for name in ("n_useful", "longest_run", "longest_run_max", "n_crossings", "n_crossings_min"):
        if name in expected:
            assert getattr(test, name) == expected[name], name
    if "runs_signal" in expected:
        assert test.signal == expected["runs_signal"]

"""Write docs/effect.md: how often the verdict on an action is wrong, at known truth.

``python docs/make_effect_evidence.py`` takes some minutes. Seeded; reads no clock. Every number on
the page is simulated here with the functions the product runs.
"""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

sys.path.insert(0, str(Path(__file__).parents[1]))

from kpi.model import Direction
from kpi.spc import chart
from kpi.trends.effect import Effect, Method, Series, effect
from kpi.trends.effect_model import Nature
from kpi.trends.effect_power import more_periods
from kpi.trends.effect_triggers import Charted, guarded, triggers

PAGE = Path(__file__).parent / "effect.md"
TEXT = Path(__file__).parent / "effect.in.md"
SEED = 20261123
RUNS = 1000
POWER_RUNS = 400

PLAIN = Method(lag1=0.0, dispersed=False, adjust=False)
"""The two-proportion test of the textbooks."""

SPREAD = Method(lag1=0.0, adjust=False)
"""With the dispersion of the series, and nothing else."""

Values = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Truth:
    """A plant of which the truth is known. Shares are of the level: 0.15 is 15 %.

    ``between`` is the standard deviation of the months beyond what counts explain, ``lag1`` their
    autocorrelation, ``season`` half the swing of the year, ``trend`` the drift per month, ``change``
    what the action does.
    """

    says: str
    nature: Nature = "binomial"
    before: int = 24
    after: int = 6
    size: float = 20_000.0
    rate: float = 0.03
    between: float = 0.15
    lag1: float = 0.0
    season: float = 0.0
    trend: float = 0.0
    change: float = 0.0

    def numbers(self, rng: np.random.Generator, length: int) -> tuple[Values, Values]:
        """Counts and sizes of so many months; the action falls after the first ``before``."""
        time = np.arange(length)
        shift = rng.integers(12)
        level = np.exp(
            self.between * _resembling(rng, length, self.lag1)
            + self.trend * time
            + self.season * np.cos(2 * np.pi * (time + shift) / 12)
        )
        level = level * np.where(time >= self.before, 1 + self.change, 1.0)
        if self.nature == "normal":
            return self.rate * level, np.ones(length)
        size = np.round(self.size * rng.uniform(0.6, 1.4, length))
        if self.nature == "poisson":
            return rng.poisson(size * self.rate * level).astype(float), size
        return rng.binomial(size.astype(int), np.minimum(self.rate * level, 1)).astype(float), size

    def series(self, rng: np.random.Generator) -> Series:
        """One series of this truth."""
        length = self.before + self.after
        count, size = self.numbers(rng, length)
        time = np.arange(length, dtype=float)
        return Series(self.nature, count, size, time, time / 12, time >= self.before)


def _resembling(rng: np.random.Generator, length: int, lag1: float) -> Values:
    """Standard normal months, each like the one before by ``lag1``."""
    fresh = rng.normal(size=length)
    values = np.empty(length)
    values[0] = fresh[0]
    for i in range(1, length):
        values[i] = lag1 * values[i - 1] + np.sqrt(1 - lag1**2) * fresh[i]
    return values


NULL = (
    Truth("months differ by chance of counts only", between=0.0),
    Truth("months differ by 15 % (over-dispersed)"),
    Truth("the same, neighbours alike by 0.3", lag1=0.3),
    Truth("the same, neighbours alike by 0.5", lag1=0.5),
    Truth("neighbours alike by 0.5, twelve months after", lag1=0.5, after=12),
    Truth("a season of ±25 %, three years before", season=0.25, before=36),
    Truth("a season of ±25 %, two years before", season=0.25),
    Truth("getting better anyway, 1 % a month", trend=-0.01),
    Truth("getting better anyway, 2 % a month", trend=-0.02),
    Truth("getting better anyway, 1 % a month, twelve months after", trend=-0.01, after=12),
    Truth("one month after", after=1),
    Truth("two months after", after=2),
    Truth("three months after", after=3),
    Truth("one year before and after", before=12, after=12),
    Truth("eight months before", before=8),
    Truth("rare events, four a month (Poisson)", nature="poisson", size=100, rate=0.04),
    Truth("hours of downtime (individuals)", nature="normal", rate=40.0),
)

SIGNALLED = (
    Truth("months differ by 15 %, opened on a signal", before=60, after=0),
    Truth("the same, neighbours alike by 0.3", before=60, after=0, lag1=0.3),
    Truth("the same, neighbours alike by 0.5", before=60, after=0, lag1=0.5),
)

CHANGES = (-0.10, -0.25, -0.50)
MONTHS = (3, 6, 12)
SPREADS = (0.05, 0.15, 0.30)
COVERED = (NULL[0], NULL[1], NULL[2], NULL[3], NULL[5], NULL[15], NULL[16])


@dataclass(frozen=True, slots=True)
class Rates:
    """Shares of verdicts among the simulated series."""

    worked: float
    worse: float


def rates(truth: Truth, method: Method | None, runs: int = RUNS, seed: int = SEED) -> Rates:
    """How often an action with this truth is said to have worked, to have made it worse."""
    rng = np.random.default_rng(seed)
    return _shares(effect(truth.series(rng), method) for _ in range(runs))


def _shares(found: Iterator[Effect]) -> Rates:
    signs = np.array([(e.high < 0, e.low > 0) for e in found], dtype=float)
    return Rates(*signs.mean(axis=0).tolist())


def opened_on_a_signal(
    truth: Truth,
    *,
    left_out: bool,
    method: Method | None = None,
    runs: int = RUNS,
    seed: int = SEED,
) -> Rates:
    """The same for actions that do nothing, begun the month after a chart signalled for the worse.

    Half a year after is compared with everything before; the month of the action is neither.
    """
    rng = np.random.default_rng(seed)
    return _shares(_judged(*_signalled(truth, rng), left_out, method) for _ in range(runs))


def _judged(series: Series, led: Mask, left_out: bool, method: Method | None) -> Effect:
    return guarded(series, led, Direction.LOWER)[0] if left_out else effect(series, method)


def _signalled(truth: Truth, rng: np.random.Generator) -> tuple[Series, Mask]:
    """A series with an action the month after its first signal, and the points that led to it."""
    while True:
        count, size = truth.numbers(rng, 60)
        drawn = chart("laney_p", count=count, size=size)
        worse = [
            s.point for s in drawn.signals
            if 20 <= s.point < 52 and drawn.statistic[s.point] > drawn.center[s.point]
        ]  # fmt: skip
        if worse:
            break
    first = min(worse)
    before = Charted("laney_p", count[: first + 1], size[: first + 1])
    led = np.concatenate([triggers(before, Direction.LOWER), np.zeros(6, dtype=bool)])
    used = np.concatenate([np.arange(first + 1), np.arange(first + 2, first + 8)])
    time = used.astype(float)
    return Series(truth.nature, count[used], size[used], time, time / 12, used > first), led


def coverage(truth: Truth, change: float = -0.25, runs: int = POWER_RUNS) -> float:
    """How often the 95 % interval of the relative effect holds the true one."""
    rng = np.random.default_rng(SEED)
    found = (effect(replace(truth, change=change).series(rng)) for _ in range(runs))
    held = [e.relative_low <= change <= e.relative_high for e in found]
    return float(np.mean(held))


def promised(truth: Truth, hoped: float, runs: int = POWER_RUNS) -> tuple[int, float]:
    """Months more that it takes by the product's word (median), and the power found with so many."""
    rng = np.random.default_rng(SEED)
    now = replace(truth, change=0.0)
    said = [more_periods(effect(now.series(rng)), hoped) for _ in range(60)]
    median = int(np.median([61 if months is None else months for months in said]))
    later = replace(truth, change=hoped, after=truth.after + median)
    return median, rates(later, None, runs).worked


# --- the page ---------------------------------------------------------------------------------


def _table(head: tuple[str, ...], lines: list[tuple[str, ...]]) -> str:
    rows = [head, ("--",) * len(head), *lines]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def percent(share: float) -> str:
    """A share with one decimal.

    >>> percent(0.0256)
    '2.6 %'
    """
    return f"{100 * share:.1f} %"


def _null_lines() -> list[tuple[str, ...]]:
    lines = []
    for truth in NULL:
        plain, spread = (rates(truth, method).worked for method in (PLAIN, SPREAD))
        full = rates(truth, None)
        plain_words = "" if truth.nature == "normal" else percent(plain)
        lines.append(
            (truth.says, plain_words, percent(spread), percent(full.worked), percent(full.worse))
        )
        print(lines[-1], flush=True)
    return lines


def _signalled_lines() -> list[tuple[str, ...]]:
    lines = []
    for truth in SIGNALLED:
        own = opened_on_a_signal(truth, left_out=False, method=SPREAD)
        kept, out = (opened_on_a_signal(truth, left_out=choice) for choice in (False, True))
        shares = (own.worked, kept.worked, out.worked, out.worse)
        lines.append((truth.says, *map(percent, shares)))
        print(lines[-1], flush=True)
    return lines


def _power_lines() -> list[tuple[str, ...]]:
    lines = []
    for between in SPREADS:
        for after in MONTHS:
            truth = Truth("", between=between, after=after)
            found = [rates(replace(truth, change=c), None, POWER_RUNS).worked for c in CHANGES]
            lines.append((f"{100 * between:.0f} %", str(after), *map(percent, found)))
            print(lines[-1], flush=True)
    return lines


def _coverage_lines() -> list[tuple[str, ...]]:
    return [(truth.says, percent(coverage(truth))) for truth in COVERED]


def _promise_lines() -> list[tuple[str, ...]]:
    cases: tuple[tuple[Truth, float], ...] = (
        (Truth("months differ by 15 %", after=1), -0.25),
        (Truth("months differ by 10 %", after=1, between=0.10), -0.15),
        (Truth("neighbours alike by 0.3", after=1, lag1=0.3), -0.35),
        (
            Truth("rare events, twenty a month", after=1, nature="poisson", size=500, rate=0.04),
            -0.35,
        ),
        (Truth("hours of downtime", after=1, nature="normal", rate=40.0), -0.25),
    )
    found = []
    for truth, hoped in cases:
        months, power = promised(truth, hoped)
        found.append((truth.says, f"{100 * hoped:.0f} %", str(months), percent(power)))
        print(found[-1], flush=True)
    return found


TABLES: dict[str, tuple[tuple[str, ...], Callable[[], list[tuple[str, ...]]]]] = {
    "null": (
        ("The truth: the action does nothing", "“Worked”, textbook test", "“Worked”, own spread only",
         "“Worked”, as it is", "“Made it worse”, as it is"),
        _null_lines,
    ),
    "signalled": (
        ("The truth: the action does nothing", "“Worked”, own spread only",
         "“Worked”, all points before",
         "“Worked”, triggers left out", "“Made it worse”, triggers left out"),
        _signalled_lines,
    ),
    "power": (
        ("Months differ by", "Months after", *(f"Change of {100 * c:.0f} %" for c in CHANGES)),
        _power_lines,
    ),
    "coverage": (("The truth", "The 95 % interval holds it"), _coverage_lines),
    "promise": (
        ("The truth", "Hoped for", "Months more, by its word", "Power found with so many"),
        _promise_lines,
    ),
}  # fmt: skip


def page(text: str) -> str:
    """The page: its text with every ``{{table}}`` in its place."""
    for name, (head, lines) in TABLES.items():
        text = text.replace(f"{{{{{name}}}}}", _table(head, lines()))
    return text.replace("{{runs}}", f"{RUNS:,}").replace("{{power_runs}}", f"{POWER_RUNS:,}")


if __name__ == "__main__":
    PAGE.write_text(page(TEXT.read_text(encoding="utf-8")), encoding="utf-8")

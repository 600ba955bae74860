"""How often charts of processes in which nothing happens flag something, by simulation.

``python docs/make_false_alarms.py`` simulates (a few minutes, always the same numbers) and writes
kpi/spc/data/false_alarms.json, which the product reads, and docs/false-alarms.md.
"""

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

sys.path.insert(0, str(Path(__file__).parents[1]))

from kpi.spc import KINDS, RULE_SETS, Charts, Rule, chart, charts
from kpi.spc.anhoej import crossings_limit, longest_run_limit
from kpi.spc.result import Baseline
from kpi.spc.rules import choose

DATA: Final = Path(__file__).parents[1] / "kpi" / "spc" / "data" / "false_alarms.json"

SEED: Final = 20_260_101
SERIES: Final = 20_000
SERIES_OF_COUNTS: Final = 8_000
SERIES_OF_T2: Final = 4_000  # drawn one by one
POINTS: Final = (8, 10, 12, 16, 20, 24, 30, 36, 44, 52, 60, 80, 100, 120)
BASELINES: Final = (8, 12, 20, 30)
RECENT: Final = (1, 2, 3, 6, 12)
SETS: Final = tuple(name for name in RULE_SETS if name != "none")
MOMENTS: Final = (0.5, 1, 2, 4, 8, 20, 50)
"""Expected counts per point for which charts of counts are simulated."""

_MEANS: Final = tuple(f" {mean:g}" for mean in MOMENTS)

SUBGROUP: Final = 5
MEASUREMENTS: Final = 2

Draw = Callable[[np.random.Generator, int], dict[str, Any]]
Last = npt.NDArray[np.intp]


def families() -> dict[str, tuple[str, Draw]]:
    """What is simulated: a name, the kind of chart, and how its material is drawn."""
    found: dict[str, tuple[str, Draw]] = {
        "individuals": ("imr", _normal),
        "run": ("run", _normal),
        "xbar": ("xbar_r", _subgroups),
        "g": ("g", lambda rng, n: {"count": rng.geometric(0.05, (max(POINTS), n)) - 1.0}),
        "t": ("t", lambda rng, n: {"values": rng.exponential(10.0, (max(POINTS), n))}),
        "ewma": ("ewma", _normal),
        "cusum": ("cusum", _normal),
        "t2": ("t2", lambda rng, n: {"values": rng.standard_normal((max(POINTS), n, MEASUREMENTS))}),
    }  # fmt: skip
    for mean in MOMENTS:
        found[f"counts {mean:g}"] = ("u", _counts(mean))
        found[f"equal {mean:g}"] = ("c", _equal(mean))
        found[f"laney {mean:g}"] = ("laney_u", _counts(mean))
        found[f"funnel {mean:g}"] = ("funnel", _counts(mean))
    return found


def _normal(rng: np.random.Generator, series: int) -> dict[str, Any]:
    return {"values": rng.standard_normal((max(POINTS), series))}


def _subgroups(rng: np.random.Generator, series: int) -> dict[str, Any]:
    return {"members": rng.standard_normal((max(POINTS), series, SUBGROUP))}


def _equal(mean: float) -> Draw:
    """Poisson counts of equal sizes: more often than chance would, a point lies on the centre."""
    return lambda rng, n: {"count": rng.poisson(mean, (max(POINTS), n)).astype(float)}


def _counts(mean: float) -> Draw:
    """Poisson counts over sizes that vary by a quarter either way, as months of a plant do."""

    def draw(rng: np.random.Generator, series: int) -> dict[str, Any]:
        size = rng.uniform(0.75, 1.25, (max(POINTS), series))
        return {"count": rng.poisson(mean * size).astype(float), "size": size}

    return draw


def tables() -> dict[str, Any]:
    """Shares of charts with a flag: family → rules → baseline → points → (anywhere, *RECENT)."""
    out: dict[str, Any] = {}
    for seed, (family, (kind, draw)) in enumerate(families().items()):
        print(family, file=sys.stderr, flush=True)
        series = SERIES_OF_COUNTS if family.endswith(_MEANS) else SERIES
        series = SERIES_OF_T2 if kind == "t2" else series
        material = draw(np.random.default_rng((SEED, seed)), series)
        out[family] = _family(kind, material)
    return out


def _family(kind: str, material: dict[str, Any]) -> dict[str, Any]:
    sets = SETS if KINDS[kind].rules is None else ("default",)
    found: dict[str, Any] = {name: {} for name in sets}
    for baseline in ("all", *BASELINES):
        for name, rows in _shares(kind, material, baseline, sets).items():
            found[name][str(baseline)] = rows
    return found


def _shares(
    kind: str, material: dict[str, Any], baseline: Any, sets: tuple[str, ...]
) -> dict[str, list[list[int]]]:
    """One row per number of points that is longer than the baseline, in hundredths of a percent."""
    out: dict[str, list[list[int]]] = {name: [] for name in sets}
    for points in POINTS:
        if baseline != "all" and points <= baseline:
            continue
        last = last_flags(kind, {k: v[:points] for k, v in material.items()}, baseline, sets)
        for name in sets:
            out[name].append([points, *_row(points - last[name], points)])
    return out


def _row(age: Last, points: int) -> Iterator[int]:
    yield _share(age <= points)
    for recent in RECENT:
        yield _share(age <= min(recent, points))


def _share(mask: npt.NDArray[np.bool_]) -> int:
    return round(float(mask.mean()) * 10_000)


def last_flags(
    kind: str, material: dict[str, Any], baseline: Baseline, sets: tuple[str, ...]
) -> dict[str, Last]:
    """The last flagged point of each series by rule set; -1 where nothing is flagged."""
    if kind == "t2":
        return {"default": np.array([_last_of_t2(rows, baseline) for rows in
                                     material["values"].swapaxes(0, 1)])}  # fmt: skip
    rules = list({rule.name: rule for name in sets for rule in _rules(kind, name)}.values())
    drawn = charts(kind, **material, baseline=baseline, rules=rules)
    found = {}
    for name in sets:
        last = _last(drawn, _rules(kind, name))
        if name == "anhoej" or (kind == "run" and name == "default"):
            last = np.maximum(last, last_run_flags(drawn))
        found[name] = last
    return found


def _rules(kind: str, name: str) -> tuple[Rule, ...]:
    """The rules of a set as this kind of chart applies it."""
    if kind == "run" and name == "default":
        name = "anhoej"
    return choose(name, attribute=KINDS[kind].attribute)


def _last(drawn: Charts, rules: tuple[Rule, ...]) -> Last:
    shape = drawn.statistic.shape
    flagged = np.zeros(shape, dtype=bool)
    for rule in rules:
        flagged |= drawn.hits[rule.name] != 0 if rule.name in drawn.hits else False
    return np.asarray(np.where(flagged, np.arange(shape[0])[:, None], -1).max(axis=0))


def last_run_flags(drawn: Charts) -> Last:
    """The last point that Anhøj's runs analysis flags, of many whole series at once; -1 for none."""
    value = drawn.statistic
    points, series = value.shape
    side = np.sign(np.round(value - drawn.center, 12)).astype(np.int8)
    useful = side != 0
    number = useful.sum(axis=0)
    # points on the centre line are dropped: the others move together, keeping their places
    order = np.argsort(~useful, axis=0, kind="stable")
    side = np.take_along_axis(side, order, axis=0)
    length = np.ones((points, series), dtype=np.intp)
    for at in range(1, points):
        same = (side[at] == side[at - 1]) & (side[at] != 0)
        length[at] = np.where(same, length[at - 1] + 1, 1)
    longest = np.array([longest_run_limit(n) for n in range(points + 1)])[number]
    fewest = np.array([crossings_limit(n) for n in range(points + 1)])[number]
    too_long = (length > longest) & (side != 0)
    last = np.where(too_long, order, -1).max(axis=0)
    crossings = ((side[1:] != side[:-1]) & (side[1:] != 0)).sum(axis=0)
    final = order[np.maximum(number - 1, 0), np.arange(series)]
    return np.asarray(np.where(crossings < fewest, np.maximum(last, final), last))


def _last_of_t2(rows: npt.NDArray[np.float64], baseline: Baseline) -> int:
    return max((s.point for s in chart("t2", rows, baseline=baseline).signals), default=-1)


def data() -> dict[str, Any]:
    """All that the product keeps of it."""
    return {
        "seed": SEED, "series": SERIES, "subgroup": SUBGROUP, "counts": MOMENTS, "recent": RECENT,
        "families": tables(),
    }  # fmt: skip


def main() -> None:
    """Write the table, and the page from what the product reads of it."""
    DATA.parent.mkdir(exist_ok=True)
    DATA.write_text(compact(data()), encoding="utf-8")
    write_page()


def write_page() -> None:
    """Write the page from the table as it stands; run lengths are simulated for it."""
    from docs.false_alarms_page import CASES, PAGE, page
    from docs.run_lengths import simulated

    PAGE.write_text(page([(case, *simulated(case)) for case in CASES]), encoding="utf-8")


def compact(table: dict[str, Any]) -> str:
    """JSON with one line per baseline."""
    text = json.dumps(table, ensure_ascii=False, separators=(",", ":"))
    return text.replace('"families"', '\n"families"').replace(']],"', ']],\n"') + "\n"


if __name__ == "__main__":
    main()

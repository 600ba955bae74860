"""Write docs/validation.md from the reference cases: ``python docs/make_validation.py``.

Every number of the page is computed when it is made; a test makes it again and compares.
"""

import argparse
import csv
import json
import math
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from docs.validation_cases import COMPARED, EXACT, ROUNDED, Compared
from kpi.analysis import chart_file
from kpi.spc.anhoej import crossings_limit, longest_run_limit
from kpi.spc.constants import Constants, c4, d2, d3

PAGE = Path(__file__).parent / "validation.md"
CASES = Path(__file__).parents[1] / "tests" / "reference" / "spc"

LINES = ("statistic", "center", "sigma", "lcl", "ucl")
COUNTS = ("n_useful", "longest_run", "longest_run_max", "n_crossings", "n_crossings_min")
INDICES = {
    "Cp": "cp", "Cp_l": "cpl", "Cp_u": "cpu", "Cp_k": "cpk", "Cpm": "cpm",
    "Pp": "pp", "Pp_l": "ppl", "Pp_u": "ppu", "Pp_k": "ppk", "Ppm": "ppm",
}  # fmt: skip
ENDS = {"value": "", "lo95": "_low", "hi95": "_high"}


@dataclass(frozen=True, slots=True)
class Result:
    """One quantity: what the source says, what is computed, and how far they are apart.

    ``difference`` is relative; of limits held to the rounding of constants, to their width. ``None``
    where points or counts are compared, which agree or do not.
    """

    case: str
    how: str
    quantity: str
    expected: str
    computed: str
    numbers: int
    difference: float | None
    tolerance: float | None
    passed: bool


def case_data(name: str) -> dict[str, Any]:
    """A reference case as its file has it."""
    data: dict[str, Any] = json.loads((CASES / f"{name}.json").read_text(encoding="utf-8"))
    return data


def answer(compared: Compared) -> dict[str, Any]:
    """What the command says of the case's own file, as JSON has it."""
    parser = argparse.ArgumentParser()
    chart_file.add_arguments(parser)
    kind, *options = compared.command.split()
    file = str(CASES / case_data(compared.case)["data_csv"])
    data, _ = chart_file.run(parser.parse_args([kind, "--csv", file, *options]))
    plain: dict[str, Any] = json.loads(json.dumps(data, allow_nan=False))
    return plain


@cache
def results() -> tuple[Result, ...]:
    """Everything that is compared, in the order of the page."""
    return tuple(_results())


def _results() -> Iterator[Result]:
    yield from _constants()
    yield from _anhoej_limits()
    for compared in COMPARED:
        yield from _of_command(compared)


def _of_command(c: Compared) -> Iterator[Result]:
    case, data = case_data(c.case), answer(c)
    if c.group:
        yield from {"facets": _facets, "runs": _run_groups, "rules": _rules, "special": _special}[
            c.group
        ](c, case, data)
        return
    for part, panel in c.parts:
        yield from _lines(c, _at(case["expected"], part), data["panels"][panel], part)
    for wanted, key in c.scalars:
        yield _numbers(c, wanted, _at(case["expected"], wanted), _at(data, key))
    for wanted, rule, panel in c.flags:
        yield _points(c, wanted, _at(case["flags"], wanted), _fired(data["panels"][panel], rule))
    for family, flags in (("nelson", c.nelson), ("western_electric", c.western_electric)):
        if flags:
            expected = case["flags"][flags]
            found = {n: _fired(data["panels"][0], f"{family}_{n}") for n in expected}
            yield _agreed(
                c, f"points of {family.replace('_', ' ')} 1–{len(found)}", expected, found
            )
    if c.special:
        special = _at(case["expected"], c.special)["special_cause"]
        yield _points(c, "points of special cause", _not_common(special), _members(data))
    if c.anhoej is not None:
        yield _runs(c, "Anhøj's counts", case["anhoej"], data["anhoej"])
    if c.indices:
        yield from _indices(c, case["expected"][c.indices]["indices"], data["capability"])


def _at(data: Any, path: str) -> Any:
    for step in path.split(".") if path else ():
        data = data[int(step)] if isinstance(data, list) else data[step]
    return data


def _lines(c: Compared, expected: Any, panel: dict[str, Any], part: str) -> Iterator[Result]:
    upper, middle = (np.array(panel[n], dtype=float) for n in ("ucl", "center"))
    widths = np.abs(upper - middle)
    width = float(np.nanmax(widths)) if np.isfinite(widths).any() else 0.0
    for name in LINES:
        key = "z" if name == "statistic" and "z" in expected and panel["name"] == "ewma" else name
        if key in expected:
            about = f"{part} {name}".strip()
            yield _numbers(c, about, expected[key], panel[name], width if "cl" in name else 0.0)


def _numbers(
    c: Compared, quantity: str, expected: Any, computed: Any, width: float = 0.0
) -> Result:
    """Numbers of every point; an expected number alone holds at each that is drawn."""
    found = np.atleast_1d(np.array(computed, dtype=float))
    wanted = np.atleast_1d(np.array(expected, dtype=float))
    if wanted.size == 1:
        found = found[np.isfinite(found)]
        wanted = np.full(found.shape, wanted[0])
    found = found[: len(wanted)]  # sources that give the limits of the baseline alone
    least = 0.0 if c.tolerance == EXACT else max(width, c.unit)
    size = np.maximum(np.abs(wanted), least)
    same_gaps = found.shape == wanted.shape and bool((np.isnan(found) == np.isnan(wanted)).all())
    apart = _apart(found, wanted, size) if same_gaps else math.inf
    return Result(
        c.case, c.command, quantity, _told(wanted), _told(found), int(np.isfinite(wanted).sum()),
        apart, c.tolerance, bool(len(wanted)) and apart <= c.tolerance,
    )  # fmt: skip


def _apart(found: np.ndarray, wanted: np.ndarray, size: np.ndarray) -> float:
    """The largest relative difference; differences under 1e-12 are none, sums near zero being so."""
    gap = np.abs(found - wanted)
    gap = np.where(gap < 1e-12, 0.0, gap)
    return float(np.nanmax(gap / np.where(size > 0, size, 1.0), initial=0.0))


def _told(x: np.ndarray) -> str:
    drawn = x[np.isfinite(x)]
    if not len(drawn):
        return "none"
    if np.ptp(drawn) <= 1e-9 * np.abs(drawn).max():
        return f"{drawn[0]:.7g}"
    return f"{drawn[0]:.7g} … {drawn[-1]:.7g}"


def _agreed(c: Compared, quantity: str, expected: Any, found: Any) -> Result:
    count = sum(len(v) for v in expected.values())
    text = "; ".join(f"{n}: {_listed(v)}" for n, v in expected.items() if v) or "none"
    said = "; ".join(f"{n}: {_listed(v)}" for n, v in found.items() if v) or "none"
    return Result(c.case, c.command, quantity, text, said, count, None, None, expected == found)


def _points(c: Compared, quantity: str, expected: list[int], found: list[int]) -> Result:
    where = quantity.replace("_", " ").replace(".", ", ")
    quantity = where if where.startswith("points") else f"points beyond limits ({where})"
    told, said = _listed(expected), _listed(found)
    return Result(
        c.case, c.command, quantity, told, said, len(expected), None, None, expected == found
    )


def _listed(points: list[int]) -> str:
    return ", ".join(map(str, points)) or "none"


def _fired(panel: dict[str, Any], rule: str) -> list[int]:
    return next((s["points"] for s in panel["signals"] if s["rule"] == rule), [])


def _members(data: dict[str, Any]) -> list[int]:
    return sorted({m for signal in data["panels"][0]["signals"] for m in signal["members"]})


def _not_common(words: list[str]) -> list[int]:
    return [i for i, word in enumerate(words, 1) if word != "Common Cause"]


def _runs(c: Compared, quantity: str, expected: dict[str, Any], found: dict[str, Any]) -> Result:
    names = [name for name in (*COUNTS, "runs_signal") if name in expected]
    told, said = ([x[n] for n in names] for x in (expected, found))
    text, answer_text = (", ".join(map(str, x)) for x in (told, said))
    return Result(
        c.case, c.command, quantity, text, answer_text, len(names), None, None, told == said
    )  # fmt: skip


def _facets(c: Compared, case: dict[str, Any], data: dict[str, Any]) -> Iterator[Result]:
    groups = {(g["infection"], g["hospital"]): g for g in data["groups"]}
    pairs = [(f, groups[f["infection"], f["hospital"]]) for f in case["expected"]["facets"]]
    for name, of in (("center", "center"), ("lcl_first", "lcl"), ("ucl_first", "ucl")):
        yield _numbers(
            c,
            f"{of} of {len(pairs)} charts",
            [f[name] for f, _ in pairs],
            [g["panels"][0][of][0] for _, g in pairs],
        )
    wanted = {f"{f['infection']} {f['hospital']}": f["sigma_signal_points"] for f, _ in pairs}
    found = {f"{f['infection']} {f['hospital']}": _fired(g["panels"][0], "beyond_limits")
             for f, g in pairs}  # fmt: skip
    yield _agreed(c, "points beyond limits", wanted, found)
    told = [[f[n] for n in COUNTS if n in f] for f, _ in pairs]
    said = [[g["anhoej"][n] for n in COUNTS if n in f] for f, g in pairs]
    text = f"{sum(map(len, told))} counts"
    yield Result(c.case, c.command, "Anhøj's counts", text, text, sum(map(len, told)), None, None,
                 told == said)  # fmt: skip


def _run_groups(c: Compared, case: dict[str, Any], data: dict[str, Any]) -> Iterator[Result]:
    for group in data["groups"]:
        name = group["sequence"]
        expected = case["expected"][name]
        yield _numbers(c, f"median of {name}", expected["median"], group["panels"][0]["center"])
        yield _runs(c, f"Anhøj's counts of {name}", expected, group["anhoej"])


def _rules(c: Compared, case: dict[str, Any], data: dict[str, Any]) -> Iterator[Result]:
    for group in data["groups"]:
        name, panel = group["sequence"], group["panels"][0]
        for family in ("nelson", "western_electric"):
            expected = case["expected"][name][family]
            found = {n: _fired(panel, f"{family}_{n}") for n in expected}
            yield _agreed(c, f"{family.replace('_', ' ')} on {name}", expected, found)


def _special(c: Compared, case: dict[str, Any], data: dict[str, Any]) -> Iterator[Result]:
    for group in data["groups"]:
        name = group["sequence"]
        expected = _not_common(case["expected"][name]["special_cause"])
        yield _points(c, f"points of special cause on {name}", expected, _members(group))


def _indices(c: Compared, expected: dict[str, Any], found: dict[str, Any]) -> Iterator[Result]:
    for theirs, ours in INDICES.items():
        numbers = [math.nan if expected[theirs][e] is None else expected[theirs][e] for e in ENDS]
        said = [math.nan if found[ours + e] is None else found[ours + e] for e in ENDS.values()]
        if np.isfinite(numbers).any() or np.isfinite(said).any():
            yield _numbers(c, f"{c.indices} {ours} with its interval", numbers, said)


def _constants() -> Iterator[Result]:
    name, table = "constants_d2_c4", Constants()
    with (CASES / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    sizes = [int(row["n"]) for row in rows]
    for constant, made, tolerance in (
        ("d2", d2, 2e-8),  # the source integrates to seven to nine digits
        ("d3", d3, 2e-6),
        ("c4", c4, EXACT),
        ("D4", lambda n: table.range_limits(n)[1], 1e-6),
    ):
        how = Compared(case=name, command=f"{constant} of n = 2 … {sizes[-1]}", tolerance=tolerance)
        wanted = [float(row[constant]) for row in rows]
        yield _numbers(how, constant, wanted, [made(n) for n in sizes])


def _anhoej_limits() -> Iterator[Result]:
    name = "anhoej_limits"
    with (CASES / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    sizes = [int(row["n_useful"]) for row in rows]
    for column, made in (
        ("longest_run_max", longest_run_limit),
        ("n_crossings_min", crossings_limit),
    ):
        how = Compared(case=name, command=f"n = {sizes[0]} … {sizes[-1]}")
        wanted = {column: [int(row[column]) for row in rows]}
        found = {column: [made(n) for n in sizes]}
        agreed = _agreed(how, column.replace("_", " "), wanted, found)
        text = f"{len(sizes)} limits"
        yield Result(name, how.command, agreed.quantity, text, text, len(sizes), None, None,
                     agreed.passed)  # fmt: skip


def page() -> str:
    """The whole page."""
    return "\n".join(_page(list(results()))) + "\n"


def _page(found: list[Result]) -> Iterator[str]:
    names = sorted({r.case for r in found}, key=[r.case for r in found].index)
    passed = [n for n in names if all(r.passed for r in found if r.case == n)]
    yield "# Validation of the control charts"
    yield ""
    yield "Made by `python docs/make_validation.py`; never written by hand. A test makes it again."
    yield ""
    yield (
        f"**{len(passed)} of {len(names)} cases pass: {sum(r.passed for r in found):,} of "
        f"{len(found):,} comparisons, {sum(r.numbers for r in found):,} numbers and points.** Each "
        "case was published, or computed by another program, and recomputed independently; none "
        "of the expected numbers is our own."
    )
    yield from _how()
    yield "| Case | What it is | Computed by | Compared | Largest difference | Held to | |"
    yield "|--|--|--|--:|--:|--:|--|"
    for name in names:
        yield _summary(name, [r for r in found if r.case == name])
    for name in names:
        yield from _detail(name, [r for r in found if r.case == name])


def _how() -> Iterator[str]:
    table = Constants(exact=False)
    yield ""
    yield "## How to read it, and how to repeat it"
    yield ""
    yield "- Data, expected numbers and sources: `tests/reference/spc`, one CSV and one JSON each."
    yield "- A command below follows `python -m kpi chart`; its `--csv` is the file of the case."
    yield "- The same comparisons and more as tests: `pytest -m reference`."
    yield (
        f"- *Held to* {EXACT:g}: same convention, relative difference. {ROUNDED:g}: the source "
        "used constants of three decimals; limits then count by their distance from the centre, "
        "sums of a CUSUM in sigma. "
        "With `--constants table` the same case agrees exactly."
    )
    yield (
        f"- Constants in force: exact, computed from their definitions: d2(2) = {d2(2):.10g}, "
        f"d2(5) = {d2(5):.10g}, d3(5) = {d3(5):.10g}, c4(5) = {c4(5):.10g}. As books print them: "
        f"d2(2) = {table.d2(2):g}, d2(5) = {table.d2(5):g}, c4(5) = {table.c4(5):g}."
    )
    yield "- Points and counts agree or they do not: no tolerance."
    yield ""


def _summary(name: str, found: list[Result]) -> str:
    case = case_data(name)
    apart = [r.difference for r in found if r.difference is not None]
    held = sorted({r.tolerance for r in found if r.tolerance is not None})
    verdict = "pass" if all(r.passed for r in found) else "**FAIL**"
    cells = (
        f"[{name}](#{name})", case["title"], case["tool"], f"{sum(r.numbers for r in found):,}",
        _size(max(apart)) if apart else "–", ", ".join(f"{t:g}" for t in held) or "equal", verdict,
    )  # fmt: skip
    return f"| {' | '.join(_safe(cell) for cell in cells)} |"


def _size(difference: float) -> str:
    """In whole powers of ten, rounded up: the last digits are the machine's."""
    if difference < 1e-12:
        return "< 1e-12"
    return f"< 1e{math.floor(math.log10(difference)) + 1:d}"


def _detail(name: str, found: list[Result]) -> Iterator[str]:
    case = case_data(name)
    yield ""
    yield f"## {name}"
    yield ""
    yield f"{case['title']}. Source: {case['source']}. Computed there by: `{case['call']}`."
    for how in dict.fromkeys(r.how for r in found):
        yield ""
        yield f"`{how}`"
        yield ""
        yield "| Quantity | Expected | Computed | Difference | Held to | |"
        yield "|--|--|--|--:|--:|--|"
        for r in (r for r in found if r.how == how):
            apart = "" if r.difference is None else _size(r.difference)
            held = "equal" if r.tolerance is None else f"{r.tolerance:g}"
            verdict = "pass" if r.passed else "**FAIL**"
            cells = (r.quantity, r.expected, r.computed, apart, held, verdict)
            yield f"| {' | '.join(_safe(cell) for cell in cells)} |"


def _safe(cell: str) -> str:
    return cell.replace("|", "\\|").replace("\n", " ")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8", newline="\n")

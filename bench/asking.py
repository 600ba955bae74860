"""What a page asks for, against hand-written SQL over the same roll-up."""

import shutil
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from bench import homes, made
from bench.timing import Line, Peak, medians, seconds
from kpi.analysis import Filters, Home, ingest_file, open_home, overview
from kpi.measures import SeriesQuestion, evaluate
from kpi.measures.rollups import month_table

TIMES: Final = 5
WHEN: Final = datetime(2026, 11, 2, tzinfo=UTC)

SQL: Final = """
    with made as (select day, sum(produced) as produced from production group by day),
    lost as (select day, sum(scrap) as scrap from scrap group by day)
    select day, scrap, produced, 100 * scrap / nullif(produced, 0) as value
    from made left join lost using (day) order by day
"""
BY_LINE: Final = """
    with made as (select line, day, sum(produced) as produced from production group by all),
    lost as (select line, day, sum(scrap) as scrap from scrap group by all)
    select line, day, scrap, produced, 100 * scrap / nullif(produced, 0) as value
    from made left join lost using (line, day) order by line, day
"""


def page_data(quick: bool) -> list[Line]:
    """A KPI by month, by month and line, and all that the landing page shows; everything warm."""
    rows = 100_000 if quick else 1_000_000
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        home = _loaded(Path(folder), rows)
        with Peak() as peak:
            lines = [
                _against(home, (), SQL, f"series by month, {rows:,} rows", 1.2, 0.025),
                _against(home, ("line",), BY_LINE, f"series by month × line, {rows:,} rows", 1.2, 0.025),
            ]  # fmt: skip
        lines.append(_landing_page(home, f"overview, asked anew, {rows:,} rows"))
        sample = homes.sample(folder)
        fresh = homes.sample(folder, fresh=True)
        first = seconds(lambda: overview(fresh, Filters()))
        lines.append(
            Line("overview, first of all, sample plant", first, note="builds the roll-ups")
        )
        lines.append(_landing_page(sample, "overview, asked anew, sample plant"))
        lines[0] = _with_peak(lines[0], peak.megabytes)
        shutil.rmtree(folder, ignore_errors=True)
    return lines


def _loaded(folder: Path, rows: int) -> Home:
    home = open_home(folder / "home")
    file = made.clean_csv(folder / "scrap.csv", rows)
    outcome = ingest_file(home, file, who="bench", when=WHEN)
    if outcome.state == "needs_answer":
        first = {q.id: q.candidates[0].value for q in outcome.questions}
        ingest_file(home, file, who="bench", when=WHEN, answers=first)
    return home


def _against(
    home: Home, by: tuple[str, ...], sql: str, what: str, goal: float, limit: float
) -> Line:
    view = home.view()
    question = SeriesQuestion(kpi="scrap_rate", period="month", by=by)
    hand = _by_hand(home, sql)

    def ask() -> Any:
        return evaluate(view, question, home.settings).frame

    answer, expected = ask(), hand()
    _check(answer, expected)
    ours, theirs = medians(ask, hand, times=TIMES)
    return Line(what, ours, "DuckDB SQL", theirs, goal_ratio=goal, goal_seconds=limit)


def _by_hand(home: Home, sql: str) -> Callable[[], Any]:
    import duckdb

    engine = duckdb.connect()
    view = home.view()
    for dataset in ("production", "scrap"):
        engine.register(dataset, month_table(view, dataset, home.settings))
    return lambda: engine.execute(sql).df()


def _check(answer: Any, expected: Any) -> None:
    """Both must say the same, or the comparison means nothing."""
    total, same = answer["value"].sum(), expected["value"].sum()
    if len(answer) != len(expected) or abs(total - same) > 1e-6 * abs(same):
        raise SystemExit(
            f"The answers differ: {len(answer)} rows adding up to {total}, "
            f"by hand {len(expected)} adding up to {same}."
        )


def _landing_page(home: Home, what: str) -> Line:
    overview(home, Filters())
    (takes,) = medians(lambda: overview(home, Filters()), times=3)
    return Line(
        what, takes, note="cards, findings, coverage; pages remember it per ledger position"
    )


def _with_peak(line: Line, megabytes: float) -> Line:
    from dataclasses import replace

    return replace(line, peak_mb=megabytes)

"""What an upload would change: before and after by plant, line and month, jumps first."""

from datetime import UTC, datetime

import pytest

from kpi.analysis.home import open_home
from kpi.analysis.ingesting import ingest_file

WHEN = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)

MONTHS = [f"2026-{number:02d}" for number in range(1, 11)]


def export(path, months, scrap_of):
    """Two lines, 1000 pieces a month each in ten days; ``scrap_of`` (month, line) gives the scrap."""
    lines = ["Date,Plant,Line,Produced Qty,Scrap Qty"]
    for month in months:
        for line in ("L1", "L2"):
            for day in (*range(1, 10), 28):
                scrap = scrap_of(month, line) if day == 1 else 0
                lines.append(f"{month}-{day:02d},Nordhafen,{line},100,{scrap}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def usual(month, line):
    return 20 + int(month[5:]) % 3


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Ten months, June in a file of its own. The tests preview only, so that one home serves all."""
    folder = tmp_path_factory.mktemp("effects")
    home = open_home(folder / "home")
    for months in (MONTHS[:5], MONTHS[5:6], MONTHS[6:]):
        done = put(home, export(folder / f"scrap_{months[0]}.csv", months, usual))
        assert done.state == "committed"
    return home


def put(home, path, **how):
    return ingest_file(home, path, who="tester", when=WHEN, **how)


def test_a_corrected_month_shows_what_it_changes(home, tmp_path):
    def corrected(month, line):
        return usual(month, line) + (line == "L2")

    path = export(tmp_path / "scrap_2026-06_corrected.csv", ["2026-06"], corrected)
    position = home.position
    told = put(home, path, dry_run=True)
    assert told.state == "previewed"
    assert home.position == position
    (effect,) = told.effects
    assert (effect.kpi, effect.slice_words, effect.period) == (
        "scrap_rate", "line L2, Nordhafen", "June 2026",
    )  # fmt: skip
    assert (effect.before, effect.after) == ("2.00\u00a0%", "2.10\u00a0%")
    assert not effect.jump
    assert told.rows_changed == 1


def test_a_value_no_chart_would_believe_is_a_jump_and_comes_first(home, tmp_path):
    def wrong_unit(month, line):
        return 95 if line == "L2" else 22

    path = export(tmp_path / "scrap_2026-06_corrected.csv", ["2026-06"], wrong_unit)
    effects = put(home, path, dry_run=True).effects
    assert [(e.slice_words, e.jump) for e in effects] == [
        ("line L2, Nordhafen", True), ("line L1, Nordhafen", False),
    ]  # fmt: skip
    assert effects[0].after == "9.50\u00a0%"


def test_a_new_month_is_compared_with_the_months_before(home, tmp_path):
    def next_month(month, line):
        return 95 if line == "L1" else 21

    effects = put(home, export(tmp_path / "scrap_nov.csv", ["2026-11"], next_month), dry_run=True).effects  # fmt: skip
    assert [(e.slice_words, e.before, e.jump) for e in effects] == [
        ("line L1, Nordhafen", "not there", True),
        ("line L2, Nordhafen", "not there", False),
    ]


def test_the_first_upload_of_all_has_no_jumps(tmp_path):
    home = open_home(tmp_path / "home")
    effects = put(home, export(tmp_path / "a.csv", MONTHS, usual), dry_run=True).effects
    assert len(effects) == 2 * len(MONTHS)
    assert not any(e.jump for e in effects)
    assert [e.period for e in effects[:3]] == ["January 2026", "January 2026", "February 2026"]


def test_reported_values_show_themselves(tmp_path):
    home = open_home(tmp_path / "home")
    path = tmp_path / "figures.csv"
    path.write_text("Month,Plant,Customer complaints\n2026-09,Nordhafen,4\n2026-10,Nordhafen,6\n")
    told = put(home, path, dry_run=True, dataset="reported_value")
    if told.questions:
        answers = {q.id: q.candidates[0].value for q in told.questions}
        told = put(home, path, dry_run=True, dataset="reported_value", answers=answers)
    assert told.state == "previewed"
    assert {(e.period, e.before) for e in told.effects} == {
        ("September 2026", "not there"), ("October 2026", "not there"),
    }  # fmt: skip

"""What is there, what is missing, and the history, in words."""

from datetime import UTC, date, datetime

from kpi.analysis.coverage import coverage_calendar, coverage_words, ledger_lines
from kpi.analysis.home import open_home
from kpi.analysis.ingesting import ingest_file
from kpi.analysis.results import Filters
from kpi.analysis.series import series_view
from kpi.model import Coverage, State

WHEN = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)


def test_a_hole_between_two_months_is_named_and_withdrawals_are_told(tmp_path):
    home = open_home(tmp_path / "home")
    for month, last in (("2026-08", 31), ("2026-10", 31)):
        days = "\n".join(f"{month}-{d:02d},Nordhafen,L1,100,{d % 4}" for d in range(1, last + 1))
        path = tmp_path / f"scrap_{month}.csv"
        path.write_text(f"Date,Plant,Line,Produced Qty,Scrap Qty\n{days}\n", encoding="utf-8")
        ingest_file(home, path, who="tester", when=WHEN)
    calendar = coverage_calendar(home, Filters())
    assert calendar.months == ("2026-08", "2026-09", "2026-10")
    states = {c.month: c.state for c in calendar.cells if c.dataset == "scrap"}
    assert states["2026-08"] is states["2026-10"] is State.VALUE
    assert states["2026-09"] is State.MISSING
    assert any("September 2026 never uploaded" in hole for hole in calendar.missing)
    assert coverage_calendar(home, Filters(where=(("plant", "Elsewhere"),))).cells == ()

    home.store.withdraw("U000002", who="tester", when=WHEN, why="wrong plant")
    newest, second, first = ledger_lines(home)
    assert (newest.kind, newest.says) == ("withdrawal", "Withdrawn: wrong plant")
    assert (second.in_force, second.says) == (False, "Withdrawn later.")
    assert (first.in_force, first.coverage) == (True, "Nordhafen 2026-08-01 to 2026-08-31")


def test_coverage_in_words_tells_each_stretch_once():
    stretch = Coverage("A", "L1", date(2026, 10, 1), date(2026, 10, 7))
    assert coverage_words([stretch, stretch]) == "A L1 2026-10-01 to 2026-10-07"


def test_a_quarter_says_which_of_its_months_were_never_uploaded(made_home):
    """Planned time of the month counts all the same: fewer stops for as many hours, and no word of it."""

    def told(period, **asked):
        view = series_view(made_home, "downtime_hours", Filters(period=period, **asked))[0]
        return [note for note in view.notes if "never uploaded" in note]

    hole = ["Downtime of Nordhafen: September 2025 never uploaded."]
    assert told("quarter") == told("year", where=(("line", "L1"),)) == hole
    assert told("quarter", first=date(2025, 10, 1)) == []
    assert told("month") == [], "there the month itself says so"
    ratio = series_view(made_home, "stops", Filters(period="quarter"))[0].notes
    assert "where only one side of the ratio is missing" in ratio[-1]

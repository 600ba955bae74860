"""Site settings move the figures they are about, are said beside them, and nothing kept goes stale."""

from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from homes import home_with, ingest, series

from kpi.analysis import Filters, open_home, series_table

STOPS = """plant,line,machine,start,end,duration (min),reason,downtime type
North,L1,M1,2026-01-05 05:00,2026-01-05 07:00,120,Jam,Unplanned
North,L1,M1,2026-01-06 10:00,2026-01-06 10:04,4,Jam,Unplanned
North,L1,M1,2026-01-06 10:07,2026-01-06 10:10,3,Jam,Unplanned
North,L1,M1,2026-01-07 12:00,2026-01-07 13:00,60,Tool change,Changeover
North,L1,M1,2026-01-30 20:00,2026-01-30 21:00,60,Jam,Unplanned
"""
RUNS = ("06:00", "14:00"), ("14:00", "22:00")


def _shifts(*spans: tuple[str, str], start: str = "06:00") -> str:
    head = f'[plants.North]\nproduction_day_start = "{start}"\n'
    shift = '[[plants.North.shifts]]\nname = "{}"\nstart = "{}"\nend = "{}"\n'
    return head + "".join(shift.format(n, *s) for n, s in enumerate(spans))


@pytest.fixture(scope="module")
def stops_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("stops")
    home = home_with(folder / "home")
    file = folder / "stops.csv"
    file.write_text(STOPS, encoding="utf-8")
    assert ingest(home, file).state == "committed"
    return folder / "home"


def _total(folder: Path, kpi: str, text: str, **filters: object) -> pd.Series:
    (folder / "settings.toml").write_text(text, encoding="utf-8")
    rows = series(open_home(folder), kpi, period="all", **filters)
    return rows.iloc[0]


def _notes(folder: Path, kpi: str) -> str:
    return " ".join(series_table(open_home(folder), kpi, Filters()).notes)


def test_the_same_stops_under_one_setting_after_the_other(stops_home: Path) -> None:
    def minutes(text: str) -> float:
        return float(_total(stops_home, "downtime_hours", text)["numerator"])

    everything = 120 + 4 + 3 + 60
    week = "planned_minutes = [480, 480, 480, 480, {}, 0, 0]\n"
    assert minutes("") == everything
    assert minutes(_shifts(*RUNS)) == everything - 60  # five to six is before the first shift
    assert minutes(_shifts(("08:00", "14:00"))) == everything - 120 - 60
    assert minutes("[plants.North]\n" + week.format(480)) == everything
    assert minutes("[plants.North]\n" + week.format(10)) == everything - 50  # 30 January: a Friday
    assert minutes("[plants.North]\n" + week.format(480) + "closed_days = [2026-01-30]\n") == (
        everything - 60
    )
    lines = "[plants.North.line_minutes]\nL1 = [480, 0, 480, 480, 480, 0, 0]\n"
    assert minutes(lines) == everything - 7
    assert minutes("") == everything


def test_a_kept_month_does_not_depend_on_who_asked_first(stops_home: Path, tmp_path: Path) -> None:
    more = "plant,line,machine,start,end,duration (min),reason,downtime type\n" + "".join(
        f"North,L1,M1,2026-{m:02}-02 05:00,2026-{m:02}-02 07:00,120,Jam,Unplanned\n"
        for m in (4, 6, 7)
    )
    (tmp_path / "more.csv").write_text(more, encoding="utf-8")
    home = home_with(tmp_path / "home", _shifts(*RUNS))
    assert ingest(home, tmp_path / "more.csv").state == "committed"
    early = series(home, "downtime_hours", period="all", as_of=date(2026, 1, 31))
    assert not (early["numerator"] > 0).any()
    now = series(home, "downtime_hours", period="month")
    got = now.set_index("period")["numerator"]
    assert got[["2026-04", "2026-06", "2026-07"]].tolist() == [60, 60, 60]


def test_the_production_day(stops_home: Path) -> None:
    days = {}
    for start in ("00:00", "06:00"):
        text = f'[plants.North]\nproduction_day_start = "{start}"\n'
        (stops_home / "settings.toml").write_text(text, encoding="utf-8")
        home = open_home(stops_home)
        for kpi in ("downtime_hours", "recorded_downtime"):
            rows = series(home, kpi, period="day").set_index("period")["numerator"]
            days[start, kpi] = rows[rows > 0].to_dict()
    assert days["00:00", "downtime_hours"]["2026-01-05"] == 120
    assert days["06:00", "downtime_hours"]["2026-01-04"] == 60
    assert days["06:00", "downtime_hours"]["2026-01-05"] == 60
    assert days["00:00", "recorded_downtime"]["2026-01-05"] == 120
    assert days["06:00", "recorded_downtime"]["2026-01-04"] == 120  # whole, where it starts
    for kpi in ("downtime_hours", "recorded_downtime"):
        assert "The production day starts at 06:00" in _notes(stops_home, kpi)


def test_micro_stops_gaps_and_failures_plus_one(stops_home: Path) -> None:
    calendar = "[plants.North]\nplanned_minutes = [1440, 1440, 1440, 1440, 1440, 0, 0]\n"
    counted = _total(stops_home, "stops", calendar)
    assert counted["numerator"] == 2
    assert (
        _total(stops_home, "stops", "[downtime]\nmicro_stop_min = 3\n" + calendar)["numerator"] == 4
    )
    assert (
        _total(stops_home, "stops", "[downtime]\nmerge_gap_min = 4\n" + calendar)["numerator"] == 3
    )  # 4 and 3 minutes become one stop of 7
    assert "less than 4 min apart are one stop" in _notes(stops_home, "stops")
    plain = _total(stops_home, "mtbf", calendar)
    more = _total(
        stops_home, "mtbf", '[downtime]\nmtbf_denominator = "failures_plus_one"\n' + calendar
    )
    assert plain["value"] * 2 == pytest.approx(more["value"] * 3)


def test_changeover_a_loss_or_not(stops_home: Path) -> None:
    calendar = "[plants.North]\nplanned_minutes = [1440, 1440, 1440, 1440, 1440, 0, 0]\n"
    loss = _total(stops_home, "availability", calendar)
    none = _total(stops_home, "availability", "[downtime]\nchangeover_is_loss = false\n" + calendar)
    assert none["numerator"] - loss["numerator"] == 60
    assert "Changeovers are no loss" in _notes(stops_home, "availability")


ORDERS = """plant,order,item,customer,qty ordered,requested date,promised date,delivery date,qty delivered,status
North,A,1,Q,100,2026-03-02,2026-03-06,2026-03-06,100,Delivered
North,B,1,Q,100,2026-03-02,2026-03-06,2026-03-09,100,Delivered
North,C,1,Q,100,2026-03-09,2026-03-09,2026-03-03,100,Delivered
North,D,1,Q,100,2026-03-10,2026-03-10,2026-03-10,97,Delivered
North,E,1,Q,100,2026-03-11,2026-03-11,2026-03-13,100,Delivered
North,F,1,Q,100,2026-03-30,2026-03-30,2026-03-30,100,Delivered
"""


@pytest.fixture(scope="module")
def orders_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("orders")
    home = home_with(folder / "home")
    (folder / "orders.csv").write_text(ORDERS, encoding="utf-8")
    assert ingest(home, folder / "orders.csv").state == "committed"
    return folder / "home"


@pytest.mark.parametrize(
    ("text", "kpi", "on_time", "said"),
    [
        ("", "otd_promise", 4, "any day before up to the due day"),
        ("[delivery]\nlate_days = 1\n", "otd_promise", 4, "1 days after"),
        ('[delivery]\nlate_days = 1\ndays = "working"\n', "otd_promise", 5, "working days"),
        ("[delivery]\nlate_days = 3\n", "otd_promise", 6, "3 days after"),
        ("[delivery]\nearly_days = 2\n", "otd_promise", 3, "2 days before"),
        ("[delivery]\nearly_days = 6\n", "otd_promise", 4, "6 days before"),
        ("", "otif", 3, "at most 0 % short"),
        ("[delivery]\nin_full_tolerance = 3\n", "otif", 4, "at most 3 % short"),
        ('[delivery]\ndue_date = "request"\n', "otif", 2, "Due is the requested date"),
        ("", "otd_request", 3, "Report date"),
    ],
)  # fmt: skip
def test_what_counts_as_on_time(
    orders_home: Path, text: str, kpi: str, on_time: int, said: str
) -> None:
    row = _total(orders_home, kpi, text)
    assert (row["numerator"], row["denominator"]) == (on_time, 6)
    assert said in _notes(orders_home, kpi)


@pytest.mark.parametrize(
    ("fiscal", "day", "label", "days"),
    [
        ('kind = "445"', "2026-03-30", "FY2026-P04", 28),
        ('kind = "445"', "2026-03-29", "FY2026-P03", 35),
        ('kind = "13"', "2026-01-26", "FY2026-P02", 28),
        ('kind = "445"', "2027-01-02", "FY2026-P12", 42),  # 2026 has 53 weeks: 29 December to 3 January
        ('kind = "13"', "2027-01-03", "FY2026-P13", 35),
        ('kind = "months"\nstart_month = 10', "2026-10-01", "FY2027-P01", 31),
        ('kind = "months"\nstart_month = 10\nnamed_after = "start"', "2026-10-01", "FY2026-P01", 31),
    ],
)  # fmt: skip
def test_fiscal_calendars(tmp_path: Path, fiscal: str, day: str, label: str, days: int) -> None:
    home = home_with(tmp_path / "home", f"[fiscal]\n{fiscal}\n")
    start = pd.Timestamp(day)
    rows = [
        f"North,L1,{start.date()},100,7\n",
        f"North,L1,{(start - pd.Timedelta(days=90)).date()},50,1\n",
    ]
    file = tmp_path / "scrap.csv"
    file.write_text("plant,line,date,produced quantity,scrap quantity\n" + "".join(rows))
    assert ingest(home, file).state == "committed"
    table = series_table(home, "scrap_rate", Filters(period="fiscal"))
    last = table.rows.iloc[-1]
    assert (last["period"], last["numerator"], last["denominator"]) == (label, 7, 100)
    from kpi.calendar import period_of

    found = period_of(start.date(), "fiscal", home.settings.fiscal)
    assert (found.last - found.first).days + 1 == days

"""Windows of objectives on made plants, against two other ways: quarters and years as they are charted,
and plain sums over the rows of the files.
"""

import random
from datetime import UTC, date, datetime, timedelta

import pandas as pd
import pytest

from kpi import analysis
from kpi.analysis.definitions import catalogue
from kpi.analysis.results import Filters
from kpi.analysis.series import series_view
from kpi.analysis.windows import STOCKS, window_values
from kpi.errors import KpiError
from kpi.measures import added_below
from kpi.qms.objectives import Window

pytestmark = pytest.mark.long

WHEN = datetime(2026, 1, 3, 8, tzinfo=UTC)
DAYS = [date(2024, 1, 1) + timedelta(days=n) for n in range(731)]
PLANTS = {"North": ("N1", "N2"), "South": ("S1",)}
SETTINGS = {
    1: "",
    2: '[downtime]\nmtbf_denominator = "failures_plus_one"\n',
}
CALENDAR = "".join(
    f"[plants.{plant}]\nplanned_minutes = [960, 960, 960, 960, 960, 0, 0]\n" for plant in PLANTS
)


def scrap_rows(chance: random.Random) -> pd.DataFrame:
    rows = [
        (day, plant, line, made, chance.randint(0, made // 20))
        for day in DAYS
        for plant, lines in PLANTS.items()
        for line in lines
        if day.weekday() < 5 and chance.random() < 0.25
        for made in [chance.randint(50, 900)]
    ]
    return pd.DataFrame(rows, columns=["Date", "Plant", "Line", "Produced Qty", "Scrap Qty"])


def stop_rows(chance: random.Random) -> pd.DataFrame:
    """About one failure a month and line, so that some months have none; a changeover each month."""
    rows = []
    for day in DAYS:
        for plant, lines in PLANTS.items():
            for line in lines:
                begin = datetime(day.year, day.month, day.day, chance.randint(7, 14), 5)
                if day.day == 2:
                    rows.append((plant, line, begin, 30, "Changeover", "Changeover"))
                elif chance.random() < 0.04:
                    rows.append((plant, line, begin, chance.randint(6, 300), "Jam", "Unplanned"))
    frame = pd.DataFrame(
        rows, columns=["plant", "line", "start", "duration (min)", "reason", "downtime type"]
    )
    frame["machine"] = "M-" + frame["line"]
    frame["end"] = frame["start"] + pd.to_timedelta(frame["duration (min)"], unit="min")
    return frame


@pytest.fixture(scope="module", params=sorted(SETTINGS))
def made(request, tmp_path_factory):
    """A home of two plants over two whole years, and the rows of its scrap file."""
    chance = random.Random(request.param)
    folder = tmp_path_factory.mktemp("windows")
    (folder / "home").mkdir()
    (folder / "home" / "settings.toml").write_text(SETTINGS[request.param] + CALENDAR)
    scrap = scrap_rows(chance)
    scrap.to_csv(folder / "scrap.csv", index=False)
    stop_rows(chance).to_csv(folder / "stops.csv", index=False)
    home = analysis.open_home(folder / "home")
    for name in ("scrap.csv", "stops.csv"):
        done = analysis.ingest_file(home, folder / name, who="loader", when=WHEN)
        assert done.state == "committed", done
    return home, scrap


def windows(home, view, window):
    plus = added_below(view.kpi.id, home.settings)
    found = window_values(view.kpi, view.points, window, home.settings.fiscal, plus=plus)
    return {value.month: value for value in found}


SLICES = ((), (("plant", "North"),), (("line", "S1"),))


@pytest.mark.parametrize(
    ("period", "window"), [("quarter", Window.ROLLING_3), ("year", Window.ROLLING_12)]
)
def test_a_window_is_what_the_quarter_or_year_of_the_same_months_is(made, period, window):
    home, _ = made
    compared = 0
    for kpi in catalogue(home):
        if kpi.id in STOCKS:  # a mean of months here, the last day there
            continue
        for where in SLICES:
            try:
                months = series_view(home, kpi.id, Filters(where=where))[0]
                whole = series_view(home, kpi.id, Filters(where=where, period=period))[0]
            except KpiError:
                continue
            if not months.points["value"].notna().any():
                continue
            own = windows(home, months, window)
            for row in whole.points.to_dict("records"):
                found = own[f"{row['period_end']:%Y-%m}"]
                assert not found.missing, (kpi.id, where, found)
                value = float("nan") if pd.isna(row["value"]) else row["value"]
                assert found.value == pytest.approx(value, rel=1e-9, nan_ok=True), (kpi.id, where)
                compared += 1
    assert compared > 60


def test_a_window_is_the_plain_sums_of_the_file(made):
    home, scrap = made
    scrap = scrap.assign(month=[f"{day:%Y-%m}" for day in scrap["Date"]])
    sums = scrap.groupby("month")[["Scrap Qty", "Produced Qty"]].sum()
    view = series_view(home, "scrap_rate", Filters())[0]
    for window, months in ((Window.ROLLING_3, 3), (Window.ROLLING_12, 12)):
        rolling = sums.rolling(months).sum().dropna()
        own = windows(home, view, window)
        for month, top, bottom in rolling.itertuples():
            assert own[month].value == pytest.approx(100 * top / bottom)
    year = sums.loc["2025-01":"2025-08"].sum()
    own = windows(home, view, Window.YEAR_TO_DATE)["2025-08"]
    assert (own.numerator, own.denominator) == (year["Scrap Qty"], year["Produced Qty"])


def test_the_window_of_a_month_is_the_month_as_it_is_charted(made):
    home, _ = made
    for kpi in ("mtbf", "mttr", "scrap_rate", "availability"):
        view = series_view(home, kpi, Filters(where=(("line", "S1"),)))[0]
        own = windows(home, view, Window.MONTH)
        for row in view.points.to_dict("records"):
            value = float("nan") if pd.isna(row["value"]) else row["value"]
            assert own[row["period"]].value == pytest.approx(value, nan_ok=True), kpi

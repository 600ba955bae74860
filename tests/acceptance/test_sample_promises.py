"""Re-dated promises and reported values of the sample plant, a second time by plain arithmetic."""

from datetime import date

import pandas as pd
import plain_sample as plain
import pytest
from homes import series

from kpi.analysis import Filters, Home
from kpi.analysis.redating import redating
from kpi.measures import CATALOG, SeriesQuestion, reported_kpis, rows_behind, uploads_behind

pytestmark = pytest.mark.long  # loading the sample takes a minute and more


def test_points_won_by_redating(sample_home: Home) -> None:
    """The same order items by both dates, in the month of the first promise."""
    keys = ["plant", "order", "item"]
    first, present = plain.due("first"), plain.due("promise")
    both = first.merge(present[[*keys, "on_time", "day"]], on=keys, suffixes=("", "_now"))
    both["period"] = plain.period_of(both["day"], "month")
    both["won"] = both["on_time_now"] > both["on_time"]
    both["lost"] = both["on_time_now"] < both["on_time"]
    both["redated"] = both["day"] != both["day_now"]
    told = both.groupby("period")[["one", "redated", "won", "lost"]].sum().astype(int)
    found = redating(sample_home, Filters(), "2026-10")
    assert found is not None
    got = found.months.set_index("period")
    for mine, theirs in (("lines", "one"), ("redated", "redated"), ("won", "won")):
        assert got[mine].to_dict() == told[theirs].to_dict(), mine
    assert got["lost"].to_dict() == told["lost"].to_dict()
    points = (told["won"] - told["lost"]) / told["one"] * 100
    assert got["points"].to_dict() == pytest.approx(points.to_dict())


@pytest.mark.parametrize(
    ("metric", "kpi"),
    [
        ("Energy per tonne", "reported:energy_per_tonne"),
        ("Lead time", "reported:lead_time"),
        ("Customer survey score", "reported:customer_survey_score"),
        ("Safety incidents", "reported:safety_incidents"),
    ],
)
def test_reported_values_are_the_cells_of_the_sheet(
    sample_home: Home, metric: str, kpi: str
) -> None:
    """Months run across, from November 2023 on; a cell without a number is missing."""
    path = plain.SAMPLE / "nordhafen_monthly_figures.xlsx"
    sheet = pd.read_excel(path, header=None, engine="openpyxl")
    cells = sheet.loc[sheet[1] == metric].iloc[0, 3:]
    months = pd.period_range("2023-11", periods=len(cells), freq="M").astype(str)
    told = pd.to_numeric(cells, errors="coerce").set_axis(months).dropna().astype(float)
    rows = series(sample_home, kpi)
    rows = rows[rows["state"].isin(["value", "zero"])]
    got = dict(zip(rows["period"], rows["value"], strict=True))
    assert got == pytest.approx(told.to_dict())
    unit = sheet.loc[sheet[1] == metric].iloc[0, 2]
    assert set(rows["unit"]) == {"" if unit == "n" else unit}  # a number of them, and no unit


@pytest.mark.parametrize(
    ("where", "first", "last"),
    [
        pytest.param((), None, None, id="everything"),
        pytest.param(
            (("plant", "Nordhafen"),), "2026-01-01", "2026-06-30", id="a plant's half-year"
        ),
        pytest.param((("line", "Press 2"),), None, "2026-10-31", id="a line"),
    ],
)
def test_files_behind_a_series_are_those_of_its_rows(sample_home: Home, where, first, last) -> None:
    view, settings = sample_home.view(), sample_home.settings
    days = [None if day is None else date.fromisoformat(day) for day in (first, last)]
    for kpi in [*CATALOG, *(k.id for k in reported_kpis(view))]:
        asked = SeriesQuestion(kpi, "month", (), where, *days, None)
        behind = rows_behind(view, asked, settings, limit=1).by_upload
        assert uploads_behind(view, asked, settings) == behind, kpi

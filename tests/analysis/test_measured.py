"""Measured values shown: the list of characteristics, the chart of each, the rows behind it."""

from datetime import UTC, date, datetime

import numpy as np
import pytest

from kpi import analysis
from kpi.analysis.results import Filters
from kpi.figures import LIGHT
from kpi.figures.measured import measured_figure

WHEN = datetime(2026, 11, 2, 8, tzinfo=UTC)
rng = np.random.default_rng(7)
BORE = [[round(v, 3) for v in rng.normal(10.0, 0.01, 5)] for _ in range(30)]
BORE[-1] = [10.04, 10.05, 10.06, 10.05, 10.051]
FORCE = [round(v, 1) for v in rng.normal(800.0, 4.0, 12)]


def day(n):
    return f"2026-{9 + n // 28:02}-{1 + n % 28:02}"


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    folder = tmp_path_factory.mktemp("measured")
    bore = ["Date,Plant,Part No,Characteristic,LSL,USL,Unit,Subgroup,x1,x2,x3,x4,x5"]
    bore += [
        f"{day(n)},A,P1,Bore,9.95,10.05,mm,{n + 1}," + ",".join(map(str, values))
        for n, values in enumerate(BORE)
    ]
    force = ["Date,Plant,Line,Part No,Characteristic,Measured Value,Unit"]
    force += [f"{day(n)},A,L1,P2,Force,{value},N" for n, value in enumerate(FORCE)]
    found = analysis.open_home(folder / "home")
    for name, lines in (("bore.csv", bore), ("force.csv", force)):
        (folder / name).write_text("\n".join(lines), encoding="utf-8")
        outcome = analysis.ingest_file(found, folder / name, who="test", when=WHEN)
        assert outcome.state == "committed", outcome.says
    return found


def test_every_characteristic_with_its_figures(home):
    bore, force = analysis.characteristics(home, Filters())
    flat = np.array(BORE).ravel()
    assert (bore.product, bore.name, bore.unit) == ("P1", "Bore", "mm")
    assert (bore.count, bore.samples) == (150, 30)
    assert bore.mean == pytest.approx(flat.mean(), abs=1e-12)
    assert bore.spread == pytest.approx(flat.std(ddof=1), abs=1e-12)
    assert bore.outside == int(((flat < 9.95) | (flat > 10.05)).sum()) > 0
    assert bore.judged == 150
    assert (force.count, force.samples, force.judged) == (12, 12, 0)
    assert np.isnan(force.lsl)


def test_samples_make_a_chart_of_means_and_single_values_one_of_individuals(home):
    bore = analysis.measured_view(home, Filters(), "P1", "Bore")
    assert bore.chart is not None and bore.chart.kind == "xbar_r"
    assert bore.points["value"].tolist() == pytest.approx([np.mean(v) for v in BORE])
    assert bore.points["center"].iloc[0] == pytest.approx(np.mean(BORE[:20]))
    assert bore.says.startswith("Since ")
    force = analysis.measured_view(home, Filters(), "P2", "Force")
    assert force.chart is not None and force.chart.kind == "imr"
    assert "usual range" in force.says


def test_the_rows_lead_back_to_the_file(home):
    rows = analysis.measured_view(home, Filters(), "P2", "Force").rows
    assert rows.total == 12
    assert set(rows.rows["file"]) == {"force.csv"}
    assert rows.rows["row"].tolist() == list(range(13, 1, -1))  # the latest first


def test_the_filters_hold(home):
    assert [c.name for c in analysis.characteristics(home, Filters(where=(("line", "L1"),)))] == [
        "Force"
    ]
    early = analysis.characteristics(home, Filters(last=date(2026, 9, 3)))
    assert [c.samples for c in early] == [3, 3]
    few = analysis.measured_view(home, Filters(last=date(2026, 9, 3)), "P1", "Bore")
    assert few.chart is None and "3 samples so far" in few.says


def test_the_figure_shows_limits_and_specification(home):
    figure = measured_figure(analysis.measured_view(home, Filters(), "P1", "Bore"), LIGHT)
    assert {t.name for t in figure.data} == {"ucl", "lcl", "center", "usl", "lsl", "line", "value"}
    texts = [a.text for a in figure.layout.annotations]
    assert "USL 10.05" in texts and any(t.startswith("mm · means of 5 values") for t in texts)
    few = analysis.measured_view(home, Filters(last=date(2026, 9, 3)), "P1", "Bore")
    assert {t.name for t in measured_figure(few, LIGHT).data} == {"usl", "lsl", "line", "value"}

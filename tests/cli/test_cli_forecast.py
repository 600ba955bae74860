"""``python -m kpi forecast`` and the due date of ``targets``: contract, words, refusals."""

import json
import shutil
from datetime import date

import pytest

from kpi import analysis
from kpi.analysis.due_outlooks import objective_outlooks
from kpi.analysis.forecasting import FORECAST
from kpi.analysis.results import Filters
from kpi.cli import main
from kpi.qms import Target, put_target
from tests.analysis.made_home import WHEN

HEAD = {"state", "sentence", "kpi", "slice", "unit", "period", "points", "target", "due"}


@pytest.fixture
def home(made_home, tmp_path):
    """A copy of the made plant: 24 months up to October 2026."""
    shutil.copytree(made_home.path, tmp_path / "home")
    return tmp_path / "home"


@pytest.fixture
def ask(home, capsys):
    def asked(*arguments, code=0):
        capsys.readouterr()
        found = main(["--home", str(home), *arguments])
        out, err = capsys.readouterr()
        assert found == code, err or out
        assert "Traceback" not in err
        return out, err

    return asked


def told(ask, *arguments):
    return json.loads(ask("forecast", *arguments, "--json")[0])


def test_the_json_says_everything(ask):
    found = told(ask, "otd_promise", "--target", "90", "--due", "2026-12-31")
    assert set(found) == HEAD | {
        "due_period", "model", "horizon", "median", "low", "high", "probability",
        "probability_words", "required_run_rate", "backtest", "season", "ahead", "notes",
    }  # fmt: skip
    assert (found["state"], found["kpi"], found["unit"]) == ("forecast", "otd_promise", "%")
    assert (found["target"], found["due"], found["due_period"]) == (90.0, "2026-12-31", "2026-12")
    assert found["horizon"] == 3  # orders are known to the 25th: October is still open
    assert found["ahead"][2]["median"] == found["median"]
    assert found["low"] < found["median"] < found["high"] <= 100
    assert 0 < found["probability"] < 1
    assert set(found["backtest"]) >= {"mae", "naive_mae", "mase", "coverage80", "origins"}
    assert set(found["season"]) == {"evidence", "p_value", "months", "sentence"}
    assert found["required_run_rate"]["remaining"] == 3


def test_the_recorded_target_and_due_date_are_used(ask):
    out, _ = ask(
        "targets", "--set", "otd_promise", "--value", "95", "--valid-from", "2026-01-01",
        "--due", "2026-12-31",
    )  # fmt: skip
    assert "otd_promise, all plants: 95 from 2026-01-01, due 2026-12-31" in out
    found = told(ask, "otd_promise")
    assert (found["target"], found["due"]) == (95.0, "2026-12-31")
    assert found["probability"] is not None
    listed = json.loads(ask("targets", "--json")[0])
    assert {t["kpi"]: t["due"] for t in listed}["scrap_rate"] is None


def test_without_a_due_date_the_series_goes_on(ask):
    found = told(ask, "scrap_rate", "--where", "line=L1")
    assert found["slice"] == [["line", "L1"]]
    assert found["probability"] is None
    assert found["ahead"][0]["period"] == "2026-11"
    assert len(found["ahead"]) == 6


def test_too_few_data_is_an_answer(ask):
    found = told(ask, "scrap_rate", "--period", "quarter")
    without = told(ask, "scrap_rate")
    assert set(found) == set(without)
    numbers = ("model", "horizon", "median", "low", "high", "probability", "backtest", "season")
    assert {found[name] for name in numbers} == {None}
    assert found["ahead"] == []
    assert found["state"] == "too few data"
    assert found["sentence"] == "Too few data for a forecast: 8 quarters; 12 are needed."


def test_in_words(ask):
    out, _ = ask("forecast", "otd_promise", "--target", "90", "--due", "2026-12-31")
    first = out.splitlines()[0].replace("\u00a0", " ")
    assert first.startswith("On-time delivery to promise ")
    assert "the target of 90.0 % in December 2026: the chance of meeting it is " in first
    assert "On this KPI's own past, forecasts three months ahead were off by " in out
    assert "2026-12" in out


def test_a_change_nobody_explained_is_a_caution(ask):
    out, _ = ask("forecast", "scrap_rate", "--where", "line=L2")
    assert "A signal is in force and no cause is recorded for it." in out
    quiet, _ = ask("forecast", "scrap_rate", "--where", "line=L1")
    assert "A signal is in force" not in quiet


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("forecast", "scrap_rate", "--target", "nan"), "'nan' is no number; write it as 1.5"),
        (("forecast", "scrap_rate", "--due", "soon"), "'soon' is no date; write it as 2026-10-31"),
        (("targets", "--due", "2026-12-31"), "A target takes --set KPI, --value NUMBER"),
        (
            ("targets", "--set", "scrap_rate", "--value", "2", "--valid-from", "2026-01-01",
             "--due", "2025-01-01"),
            "before it holds",
        ),
    ],
)  # fmt: skip
def test_refusals(ask, arguments, says):
    assert says in ask(*arguments, code=2)[1]


def test_an_unknown_kpi_is_named(ask):
    assert "There is no KPI 'nope'" in ask("forecast", "nope", code=2)[1]


@pytest.mark.parametrize(
    "command",
    [
        ("forecast", "scrap_rate"),
        ("effect", "scrap_rate", "--date", "2026-03-09"),
        ("why", "scrap_rate", "--from", "2026-09", "--to", "2026-10"),
        ("screen",),
    ],
)
def test_a_slice_nobody_knows_is_no_lack_of_data(ask, command):
    assert (
        "There is no line 'L 1'. Did you mean 'L1'?"
        in ask(*command, "--where", "line=L 1", code=2)[1]
    )


def test_rows_without_a_line_are_a_slice_like_any_other(ask):
    assert "Too few data" in ask("forecast", "scrap_rate", "--where", "line=")[0]
    _, says = ask(
        "why", "scrap_rate", "--from", "2026-09", "--to", "2026-10", "--where", "line=", code=4
    )
    assert "Scrap rate of line not assigned has no value to compare" in says


def test_every_target_with_a_due_date_has_an_outlook(home):
    opened = analysis.open_home(home)
    for kpi, where, value, due in (
        ("scrap_rate", (("line", "L2"),), 2.5, date(2027, 3, 31)),
        ("otd_promise", (), 90.0, date(2026, 12, 31)),
    ):
        put_target(
            opened.store, Target(kpi, where, value, date(2026, 1, 1), due=due),
            who="q", when=WHEN, why="aim",
        )  # fmt: skip
    found = objective_outlooks(opened, Filters())
    assert [(o.kpi.id, o.slice, o.state) for o in found] == [
        ("otd_promise", (), FORECAST), ("scrap_rate", (("line", "L2"),), FORECAST),
    ]  # fmt: skip
    assert found[1].target == 2.5
    within = objective_outlooks(opened, Filters(where=(("line", "L2"),)))
    assert [o.kpi.id for o in within] == ["scrap_rate"]
    again = objective_outlooks(opened, Filters())
    assert all(a is b for a, b in zip(found, again, strict=True))  # remembered, not looked at anew

"""The traps that lie in sums, units, states and dates; each named for its number."""

import math
from dataclasses import replace
from datetime import datetime, time

import pytest
from made_facts import ask, day, made, rows, scrapped, source, states, values

from kpi.measures import CATALOG, pareto, printed
from kpi.measures.question import SeriesQuestion
from kpi.model import Coverage, State
from kpi.settings import FiscalCalendar, PlantSettings, Settings


@pytest.fixture
def two_lines():
    return source(
        production=[
            made("2026-01-05", 100), made("2026-01-06", 900, line="L2"),
            made("2026-02-05", 300), made("2026-02-06", 700, line="L2"),
        ],
        scrap=[
            scrapped("2026-01-05", 10, reason="Pores"),
            scrapped("2026-01-06", 9, line="L2", reason="Cracks"),
            scrapped("2026-02-05", 3, reason="Pores"),
        ],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("period", "expected"),
    [
        pytest.param("month", {"2026-01": 1.9, "2026-02": 0.3}, id="month over lines"),
        pytest.param("year", {"2026": 1.1}, id="year over months"),
        pytest.param("all", {"all": 1.1}, id="everything"),
    ],
)
def test_trap_01_sums_over_sums_never_a_mean_of_percentages(two_lines, period, expected):
    assert values(two_lines, "scrap_rate", period=period) == pytest.approx(expected)


def test_trap_02_a_missing_denominator_is_not_computable_and_names_the_slice(two_lines):
    src = source(
        production=[made("2026-03-02", 100)],
        scrap=[scrapped("2026-03-02", 5), scrapped("2026-03-02", 5, line="4")],
    )
    cell = next(r for r in rows(src, "scrap_rate", by=("line",)) if r["line"] == "4")
    assert cell["state"] == State.NOT_COMPUTABLE.value
    assert math.isnan(cell["value"])
    assert cell["reason"] == "no produced quantity for line 4 in 2026-03"


def test_trap_02_a_denominator_of_zero_is_not_computable():
    src = source(production=[made("2026-03-02", 0)], scrap=[scrapped("2026-03-02", 0)])
    (cell,) = rows(src, "scrap_rate")
    assert (cell["state"], cell["reason"]) == (
        "not_computable",
        "the produced quantity is zero in 2026-03",
    )


def test_trap_03_zero_missing_and_not_scheduled_differ():
    plant = PlantSettings(
        "A", planned_minutes=(480,) * 7, closed_days=frozenset(_days_of("2026-03", 31))
    )
    src = source(
        production=[made("2026-01-05", 100), made("2026-04-07", 100), made("2026-05-04", 100)],
        scrap=[scrapped("2026-01-05", 0), scrapped("2026-05-04", 1)],
        coverage={"scrap": [Coverage("A", None, day("2026-05-01"), day("2026-05-31"))]},
    )
    found = states(src, "scrap_rate", Settings(plants=(plant,)))
    assert found == {
        "2026-01": "zero",  # recorded as zero
        "2026-02": "missing",  # planned, and nothing there
        "2026-03": "not_scheduled",
        "2026-04": "missing",  # produced, but no scrap data came
        "2026-05": "value",
    }
    assert values(src, "scrap_rate")["2026-01"] == 0.0


def _days_of(month, count):
    return [day(f"{month}-{n:02d}") for n in range(1, count + 1)]


def test_trap_03_covered_without_a_row_is_zero():
    src = source(
        production=[made("2026-01-05", 100), made("2026-02-05", 100)],
        scrap=[scrapped("2026-01-05", 1)],
        coverage={"scrap": [Coverage("A", None, day("2026-01-01"), day("2026-02-28"))]},
    )
    assert states(src, "scrap_rate") == {"2026-01": "value", "2026-02": "zero"}


def test_trap_03_a_line_without_scrap_in_a_month_with_scrap_data_is_zero(two_lines):
    assert states(two_lines, "scrap_rate", by=("line",))["L2", "2026-02"] == "zero"


def test_trap_03_a_month_without_stops_is_zero_only_where_the_plant_ran():
    stop = {"plant": "A", "machine": "M1", "minutes": 30.0}
    src = source(
        downtime=[{**stop, "date": day("2026-01-05")}, {**stop, "date": day("2026-04-05")}],
        production=[made("2026-02-05", 100)],
        coverage={"downtime": [Coverage("A", None, day("2026-01-01"), day("2026-04-30"))]},
    )
    assert states(src, "recorded_downtime") == {
        "2026-01": "value", "2026-02": "zero", "2026-03": "missing", "2026-04": "value",
    }  # fmt: skip


def test_trap_04_good_and_gross_denominators():
    facts = {
        "production": [made("2026-01-05", 90)],
        "scrap": [scrapped("2026-01-05", 10)],
    }
    assert values(source(**facts), "scrap_rate") == pytest.approx({"2026-01": 10 / 90 * 100})
    good = Settings(produced="good")
    assert values(source(**facts), "scrap_rate", good) == pytest.approx({"2026-01": 10.0})


def test_trap_04_pieces_and_kilograms_are_never_added_up():
    src = source(
        production=[made("2026-01-05", 100, unit="pcs"), made("2026-01-05", 50, unit="kg")],
        scrap=[scrapped("2026-01-05", 1, unit="pcs")],
    )
    (cell,) = rows(src, "scrap_rate")
    assert (cell["state"], cell["reason"]) == (
        "not_computable",
        "different units cannot be added up: kg and pcs",
    )


def test_trap_04_pieces_are_not_divided_by_kilograms():
    src = source(
        production=[made("2026-01-05", 100, unit="kg")],
        scrap=[scrapped("2026-01-05", 1, unit="PCS")],
    )
    assert states(src, "scrap_rate") == {"2026-01": "not_computable"}


def test_trap_04_an_unstated_unit_agrees_with_any():
    src = source(
        production=[made("2026-01-05", 100, unit="pcs"), made("2026-01-06", 100)],
        scrap=[scrapped("2026-01-05", 1, unit="PCS ")],
    )
    assert values(src, "scrap_rate") == {"2026-01": 0.5}


def test_trap_05_produced_counts_once_however_many_reasons_a_run_has():
    src = source(
        production=[made("2026-01-05", 100)],
        scrap=[scrapped("2026-01-05", 2, reason=r) for r in ("Pores", "Cracks", "Burrs")],
    )
    by_reason = rows(src, "scrap_rate", by=("reason",))
    assert [r["denominator"] for r in by_reason] == [100, 100, 100]
    assert values(src, "scrap_rate") == {"2026-01": 6.0}


def test_trap_06_a_reversal_nets_out():
    src = source(
        production=[made("2026-01-05", 100), made("2026-02-05", 100)],
        scrap=[
            scrapped("2026-01-05", 10), scrapped("2026-01-06", -4), scrapped("2026-02-05", -1),
        ],
    )  # fmt: skip
    assert values(src, "scrap_rate") == {"2026-01": 6.0, "2026-02": -1.0}


def test_trap_14_before_the_sites_hour_it_is_still_the_day_before():
    early = {"at": datetime(2026, 2, 1, 5, 59)}
    late = {"at": datetime(2026, 2, 1, 6, 0)}
    src = source(
        production=[made("2026-02-01", 100, **early), made("2026-02-01", 300, **late)],
        scrap=[scrapped("2026-02-01", 1, **early), scrapped("2026-02-01", 9, **late)],
    )
    six = Settings(plants=(PlantSettings("A", production_day_start=time(6)),))
    assert values(src, "scrap_rate", six) == {"2026-01": 1.0, "2026-02": 3.0}
    assert values(src, "scrap_rate", six, period="day") == {"2026-01-31": 1.0, "2026-02-01": 3.0}
    assert values(src, "scrap_rate") == {"2026-02": 2.5}


def test_trap_14_a_row_without_a_time_stays_on_its_day():
    src = source(production=[made("2026-02-01", 100)], scrap=[scrapped("2026-02-01", 1)])
    six = Settings(every_plant=PlantSettings(production_day_start=time(6)))
    assert values(src, "scrap_rate", six) == {"2026-02": 1.0}


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        pytest.param("months", ["FY2026-P01", "FY2026-P02"], id="calendar months"),
        pytest.param("445", ["FY2026-P01", "FY2026-P01"], id="2 February 2026 is in week five..."),
        pytest.param("544", ["FY2026-P01", "FY2026-P01"], id="...and in the first five weeks"),
        pytest.param("13", ["FY2026-P01", "FY2026-P02"], id="four-week periods"),
    ],
)
def test_trap_15_fiscal_periods_of_a_series(kind, expected):
    src = source(
        production=[made("2026-01-20", 100), made("2026-01-28", 100)],
        scrap=[scrapped("2026-01-20", 1), scrapped("2026-01-28", 1)],
    )
    start = {"months": 12, "13": 1}.get(kind, 1)
    fiscal = FiscalCalendar(kind=kind, start_month=start)
    found = [r["period"] for r in rows(src, "scrap_rate", Settings(fiscal=fiscal), period="fiscal")]
    if kind == "months":
        assert found == ["FY2026-P02"]
    elif kind in ("445", "544"):
        assert found == (["FY2026-P01", "FY2026-P02"] if kind == "445" else ["FY2026-P01"])
    else:
        assert found == expected


def test_trap_15_weeks_are_iso_weeks():
    src = source(production=[made("2027-01-03", 100)], scrap=[scrapped("2027-01-03", 1)])
    assert values(src, "scrap_rate", period="week") == {"2026-W53": 1.0}


def test_trap_17_a_new_month_moves_no_earlier_value_and_a_correction_does(two_lines):
    before = values(two_lines, "scrap_rate")
    later = source(
        production=[made("2026-01-05", 1000), made("2026-02-05", 1000), made("2026-03-05", 100)],
        scrap=[
            scrapped("2026-01-05", 19), scrapped("2026-02-05", 8), scrapped("2026-03-05", 50),
        ],
    )  # fmt: skip
    after = values(later, "scrap_rate")
    assert after["2026-01"] == before["2026-01"]
    assert after["2026-02"] != before["2026-02"]


def test_trap_18_a_value_that_misses_its_target_is_not_printed_like_it():
    assert printed(94.96, 1, beside=95.0) == "94.96"
    assert printed(94.9999, 1, beside=95.0) == "94.9999"
    assert printed(95.0, 1, beside=95.0) == "95.0"
    assert printed(94.96, 1) == "95.0"


def test_trap_18_values_are_not_rounded():
    src = source(production=[made("2026-01-05", 3)], scrap=[scrapped("2026-01-05", 1)])
    assert values(src, "scrap_rate")["2026-01"] == pytest.approx(100 / 3, rel=1e-15)


def test_trap_19_two_currencies_are_refused():
    src = source(
        scrap=[
            scrapped("2026-01-05", 1, cost=10.0, currency="EUR"),
            scrapped("2026-01-06", 1, cost=10.0, currency="PLN"),
            scrapped("2026-02-06", 1, cost=10.0, currency="PLN"),
        ]
    )
    january, february = rows(src, "scrap_cost")
    assert (january["state"], january["reason"]) == (
        "not_computable",
        "different currencies cannot be added up: EUR and PLN",
    )
    assert (february["value"], february["unit"]) == (10.0, "PLN")


def test_trap_19_one_currency_is_the_unit():
    src = source(scrap=[scrapped("2026-01-05", 1, cost=10.0, currency="EUR")])
    assert ask(src, "scrap_cost").kpi.unit == "EUR"


def test_trap_20_goodhart_pairs():
    assert CATALOG["scrap_rate"].partner == "rework_rate"
    assert CATALOG["otd_promise"].partner == "otd_first_promise"
    assert {k.partner for k in CATALOG.values()} <= set(CATALOG)
    assert all(k.partner != k.id for k in CATALOG.values())


def test_trap_21_by_reason_the_parts_add_up_to_the_whole(two_lines):
    parts = ask(two_lines, "scrap_rate", by=("reason",)).frame
    whole = values(two_lines, "scrap_rate")
    assert parts.groupby("period")["value"].sum().to_dict() == pytest.approx(whole)
    filtered = values(two_lines, "scrap_rate", where=(("defect", "Pores"),))
    assert filtered == pytest.approx({"2026-01": 1.0, "2026-02": 0.3})


def test_trap_21_a_dimension_that_one_side_does_not_have_is_not_computable():
    src = source(
        production=[made("2026-01-05", 100, line=None)],
        scrap=[scrapped("2026-01-05", 5, line="L1")],
    )
    (cell,) = rows(src, "scrap_rate", by=("line",))
    assert (cell["state"], cell["reason"]) == (
        "not_computable",
        "no produced quantity for line L1 in 2026-01",
    )


def test_trap_21_nor_where_the_numerator_does_not_have_it():
    src = source(production=[made("2026-01-05", 100)], scrap=[scrapped("2026-01-05", 5, line=None)])
    found = {r["line"]: (r["state"], r["reason"]) for r in rows(src, "scrap_rate", by=("line",))}
    assert found["L1"] == ("not_computable", "no scrapped quantity is recorded by line")
    filtered = rows(src, "scrap_rate", where=(("line", "L1"),))
    assert [r["state"] for r in filtered] == ["not_computable"]


def test_trap_21_what_cannot_be_split_by_reason_says_so(two_lines):
    found = ask(two_lines, "first_pass_yield", by=("reason",)).frame
    assert set(found["state"]) == {"not_computable"}
    assert set(found["state_reason"]) == {"there are no good quantity first time by reason"}


def test_trap_21_pareto_shows_the_unassigned_share_first():
    src = source(
        production=[made("2026-01-05", 100)],
        scrap=[
            scrapped("2026-01-05", 1), scrapped("2026-01-05", 6, reason="Pores"),
            scrapped("2026-01-05", 3, reason="Cracks"),
        ],
    )  # fmt: skip
    found = pareto(src, "reason", SeriesQuestion("scrap_rate"), Settings())
    bars = found.bars[["label", "amount", "share", "cumulative"]].to_numpy().tolist()
    assert bars == [
        ["not assigned", 1.0, 10.0, 10.0], ["Pores", 6.0, 60.0, 70.0], ["Cracks", 3.0, 30.0, 100.0],
    ]  # fmt: skip
    assert (found.total, found.amount_title) == (10.0, "Scrapped quantity")


def test_trap_23_a_row_without_a_date_is_in_no_month():
    undated = replace_date(scrapped("2026-01-05", 50))
    src = source(
        production=[made("2026-01-05", 100), replace_date(made("2026-01-05", 900))],
        scrap=[scrapped("2026-01-05", 5), undated],
    )
    assert values(src, "scrap_rate") == {"2026-01": 5.0}
    assert values(src, "scrap_rate", period="all") == {"all": 5.0}


def replace_date(row):
    return {**row, "date": None}


def test_settings_are_frozen():
    with pytest.raises(AttributeError):
        Settings().currency = "EUR"  # type: ignore[misc]
    assert replace(Settings(), currency="EUR").currency == "EUR"

"""Series over facts: slices, names, periods, roll-ups, and what stands behind a figure."""

import math
from datetime import date, datetime, timedelta

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from made_facts import ask, day, made, rows, scrapped, source, states, values

from kpi.calendar import PERIODS
from kpi.errors import UnknownNameError, UsageError
from kpi.measures import (
    CATALOG,
    MemorySource,
    SeriesQuestion,
    evaluate,
    facts,
    loss_ledger_of,
    pareto,
    reported_kpis,
    rows_behind,
)
from kpi.measures.resolved import stop_choices, stop_minutes
from kpi.measures.rollups import day_table, month_table
from kpi.measures.stops import resolve_stops
from kpi.settings import PlantSettings, Settings

COLUMNS = ["period", "period_start", "period_end"]
FIGURES = ["numerator", "denominator", "value", "unit", "state", "state_reason"]

run_of_facts = st.lists(
    st.tuples(
        st.integers(0, 120),
        st.sampled_from(["L1", "L2", "L3", None]),
        st.sampled_from(["Pores", "Cracks", None]),
        st.integers(0, 50),
        st.integers(50, 100),
    ),
    min_size=1,
    max_size=25,
)


def as_source(given_rows):
    start = date(2026, 1, 1)
    dated = [(str(start + timedelta(days=n)), *rest) for n, *rest in given_rows]
    return source(
        production=[made(on, float(p), line=line) for on, line, _, _, p in dated],
        scrap=[scrapped(on, float(s), line=line, reason=r) for on, line, r, s, _ in dated],
    )


@given(facts_given=run_of_facts, period=st.sampled_from(PERIODS))
@hypothesis_settings(max_examples=5, deadline=None)
def test_sums_over_slices_add_up_to_the_whole(facts_given, period):
    src = as_source(facts_given)
    whole = ask(src, "scrap_rate", period=period).frame.set_index("period")
    for dim in ("line", "reason"):
        parts = ask(src, "scrap_rate", period=period, by=(dim,)).frame.groupby("period")
        summed = parts["numerator"].sum()
        assert (summed - whole["numerator"].fillna(0)).abs().max() < 1e-9
        if dim == "line":
            assert (parts["denominator"].sum() - whole["denominator"].fillna(0)).abs().max() < 1e-9


@given(facts_given=run_of_facts)
@hypothesis_settings(max_examples=5, deadline=None)
def test_months_add_up_to_years_and_to_everything(facts_given):
    src = as_source(facts_given)
    (whole,) = rows(src, "scrap_rate", period="all")
    for period in PERIODS:
        frame = ask(src, "scrap_rate", period=period).frame
        assert frame["numerator"].sum() == pytest.approx(whole["numerator"])
        assert frame["denominator"].sum() == pytest.approx(whole["denominator"])


def test_every_period_between_first_and_last_is_there_for_every_slice():
    src = source(
        production=[made("2026-01-05", 100), made("2026-05-05", 100, line="L2")],
        scrap=[scrapped("2026-01-05", 1), scrapped("2026-05-05", 1, line="L2")],
    )
    found = states(src, "scrap_rate", by=("line",))
    assert len(found) == 2 * 5
    assert found["L1", "2026-03"] == "missing"


def test_the_columns_come_in_a_fixed_order():
    src = source(production=[made("2026-01-05", 100)], scrap=[scrapped("2026-01-05", 1)])
    frame = ask(src, "scrap_rate", by=("line", "plant")).frame
    assert list(frame.columns) == [*COLUMNS, "line", "plant", *FIGURES, "reason"]
    by_reason = ask(src, "scrap_rate", by=("reason",)).frame
    assert list(by_reason.columns) == [*COLUMNS, "reason", *FIGURES]


def test_days_bound_a_question_within_a_month():
    src = source(
        production=[made("2026-01-05", 100), made("2026-01-20", 300)],
        scrap=[scrapped("2026-01-05", 1), scrapped("2026-01-20", 9)],
    )
    assert values(src, "scrap_rate", last=day("2026-01-10")) == {"2026-01": 1.0}
    assert values(src, "scrap_rate", first=day("2026-01-10")) == {"2026-01": 3.0}
    assert values(src, "scrap_rate", as_of=day("2026-01-10")) == {"2026-01": 1.0}


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        pytest.param((("line", "L1"), ("line", "L2")), 30.0, id="one dimension twice is OR"),
        pytest.param((("line", "L1"), ("product", "P1")), 10.0, id="two dimensions are AND"),
        pytest.param((("part", "P1"),), 10.0, id="another word for the dimension"),
        pytest.param((("line", ""),), 40.0, id="not assigned"),
    ],
)
def test_filters(where, expected):
    lines = [("L1", "P1"), ("L2", "P2"), (None, "P2")]
    src = source(
        production=[made("2026-01-05", 100, line=line, product=p) for line, p in lines],
        scrap=[
            scrapped("2026-01-05", q, line=line, product=p)
            for q, (line, p) in zip((10, 50, 40), lines, strict=True)
        ],
    )
    assert values(src, "scrap_rate", where=where)["2026-01"] == pytest.approx(expected)


def test_a_filter_that_leaves_nothing_says_so():
    src = source(production=[made("2026-01-05", 100)], scrap=[scrapped("2026-01-05", 1)])
    assert "There are no data for line L9." in ask(src, "scrap_rate", where=(("line", "L9"),)).notes


def named(field, **names):
    return [{"field": field, "code": c.removeprefix("_"), "name": n} for c, n in names.items()]


def test_plants_known_by_numbers_read_by_their_names():
    src = source(
        production=[made("2026-10-01", 100, plant="1"), made("2026-10-01", 50, plant="2")],
        scrap=[scrapped("2026-10-01", 4, plant="1"), scrapped("2026-10-01", 1, plant="2")],
        names=named("plant", _1="Springfield, IL", _2="Monon, IN"),
    )
    assert values(src, "scrap_rate", by=("plant",)) == {
        ("Springfield, IL", "2026-10"): 4.0,
        ("Monon, IN", "2026-10"): 2.0,
    }
    where = (("plant", "Monon, IN"),)
    assert values(src, "scrap_rate", where=where) == {"2026-10": 2.0}


def test_two_plants_of_one_name_stay_two():
    src = source(
        production=[made("2026-10-01", 100, plant="1"), made("2026-10-01", 50, plant="2")],
        scrap=[scrapped("2026-10-01", 4, plant="1"), scrapped("2026-10-01", 1, plant="2")],
        names=named("plant", _1="Springfield", _2="Springfield"),
    )
    assert set(values(src, "scrap_rate", by=("plant",))) == {
        ("Springfield (1)", "2026-10"),
        ("Springfield (2)", "2026-10"),
    }


def test_names_stand_in_place_of_codes_that_are_but_digits():
    src = source(
        production=[made("2026-01-05", 100)],
        scrap=[scrapped("2026-01-05", q, reason=r) for q, r in ((1, "10"), (2, "11"), (4, "12"))],
        names=named("defect", _10="Pores", _11="Pores", _12="Cracks"),
    )
    assert values(src, "scrap_rate", by=("reason",)) == {
        ("Pores", "2026-01"): 3.0,
        ("Cracks", "2026-01"): 4.0,
    }
    assert values(src, "scrap_rate", where=(("reason", "pores"),)) == {"2026-01": 3.0}
    assert values(src, "scrap_rate", where=(("reason", "10"),)) == {"2026-01": 1.0}


def test_codes_of_the_plants_own_stay_with_the_name_beside():
    src = source(
        production=[made("2026-01-05", 100)],
        scrap=[scrapped("2026-01-05", 1, reason="D-01")],
        names=named("reason", **{"D-01": "Pores"}),
    )
    (cell,) = rows(src, "scrap_rate", by=("reason",))
    assert (cell["reason"], cell["reason_name"]) == ("D-01", "Pores")
    assert values(src, "scrap_rate", where=(("reason", "Pores"),)) == {"2026-01": 1.0}


def test_a_reason_is_named_by_what_its_rows_say_where_they_agree():
    texts = [("A1", "Pores"), ("A1", "Pores"), ("A2", "one"), ("A2", "another")]
    src = source(
        production=[made("2026-01-05", 100)],
        scrap=[scrapped("2026-01-05", 1, reason=c, reason_text=t) for c, t in texts],
    )
    found = {r["reason"]: r["reason_name"] for r in rows(src, "scrap_rate", by=("reason",))}
    assert found["A1"] == "Pores"
    assert pd.isna(found["A2"])


def test_first_pass_yield_takes_scrap_and_rework_off():
    src = source(
        production=[made("2026-01-05", 100)],
        scrap=[scrapped("2026-01-05", 4, qty_rework=6.0)],
    )
    assert values(src, "first_pass_yield") == {"2026-01": 90.0}
    assert values(src, "rework_rate") == {"2026-01": 6.0}


def test_rework_that_nobody_records_is_not_zero():
    src = source(production=[made("2026-01-05", 100)], scrap=[scrapped("2026-01-05", 4)])
    (cell,) = rows(src, "rework_rate")
    assert (cell["state"], cell["reason"]) == ("not_computable", "no reworked quantity in the data")


def test_oee_and_performance_are_ratios_of_sums():
    run = {"plant": "A", "machine": "M1", "ideal_cycle_min": 1.0}
    src = source(
        running_time=[
            {**run, "date": day("2026-01-05"), "planned_min": 480.0, "run_min": 400.0,
             "qty_produced": 300.0, "qty_good": 290.0},
            {**run, "date": day("2026-01-06"), "planned_min": 240.0, "run_min": 100.0,
             "qty_produced": 110.0, "qty_good": 70.0},
        ]
    )  # fmt: skip
    assert values(src, "performance") == {"2026-01": 82.0}
    assert values(src, "performance", period="day")["2026-01-06"] == pytest.approx(110.0)
    assert values(src, "oee") == {"2026-01": 50.0}
    assert values(src, "availability") == {"2026-01": pytest.approx(500 / 720 * 100)}


STOPS = [
    {
        "date": day("2026-01-30"),
        "start": datetime(2026, 1, 30, 8),
        "end": datetime(2026, 1, 30, 10),
    },
    {"date": day("2026-01-31"), "start": datetime(2026, 1, 31, 22), "end": datetime(2026, 2, 1, 4)},
    {"date": day("2026-02-01"), "start": datetime(2026, 2, 1, 2), "end": datetime(2026, 2, 1, 5)},
    {"date": day("2026-05-05"), "start": datetime(2026, 5, 5, 23, 30)},
]


def stops_of(rows_given, **more):
    stop = {"plant": "A", "machine": "M1", "reason": "Crash", "stop_class": "unplanned"}
    return source(downtime=[{**stop, **row} for row in rows_given], **more)


def test_stops_kept_by_month_are_the_stops_resolved_at_once():
    src = stops_of(STOPS, data_dates={"downtime": day("2026-05-06")})
    as_of = day("2026-05-06")
    kept = stop_minutes(src, Settings(), as_of).to_pandas()
    whole = resolve_stops(
        src.table("downtime").to_pyarrow().to_pandas(),
        stop_choices(Settings(), "A"),
        report_date=as_of,
    )
    for column in ("recorded_min", "kept_min", "overlap_min", "split_min", "stops"):
        assert kept[column].sum() == pytest.approx(whole[column].sum())
        by_day = kept.groupby(pd.to_datetime(kept["day"]))[column].sum()
        other = whole.groupby(pd.to_datetime(whole["day"]))[column].sum()
        assert by_day.to_dict() == pytest.approx(other.to_dict())


def test_a_stop_over_the_end_of_a_month_without_facts_after_it_is_whole():
    src = stops_of(STOPS[1:2])
    assert values(src, "downtime_hours") == {"2026-01": 2.0, "2026-02": 4.0}
    assert values(src, "recorded_downtime") == {"2026-01": 6.0}


def test_downtime_divides_by_planned_time_of_the_calendar():
    plant = PlantSettings("A", planned_minutes=(480.0,) * 7, planned_from=day("2026-01-01"))
    src = stops_of(STOPS[:1])
    settings = Settings(plants=(plant,))
    (cell,) = rows(src, "unplanned_share", settings)
    assert cell["denominator"] == 30 * 480  # up to the report date, 30 January
    assert cell["value"] == pytest.approx(120 / (30 * 480) * 100)
    assert states(src, "unplanned_share") == {"2026-01": "not_computable"}


def test_mtbf_without_a_failure_is_more_than_the_time_run_never_infinite():
    src = stops_of(
        [{**STOPS[0], "stop_class": "planned"}],
        running_time=[{"date": day("2026-01-05"), "plant": "A", "machine": "M1", "planned_min": 600.0,
                       "run_min": 540.0}],
    )  # fmt: skip
    (cell,) = rows(src, "mtbf")
    assert (cell["state"], cell["reason"]) == ("not_computable", "no failure: more than 9.0 h")
    assert math.isnan(cell["value"])


ITEM = {"plant": "A", "direction": "sales", "item": "1", "qty_ordered": 10.0}


def orders(*items, **more):
    given_items, shipments = [], []
    for number, (due, shipped) in enumerate(items):
        own = {**ITEM, "order": str(number), "promise_date": day(due), **more}
        given_items.append(own)
        if shipped:
            shipments.append(
                {"plant": "A", "order": str(number), "item": "1", "qty": 10.0,
                 "shipped_on": day(shipped)}
            )  # fmt: skip
    return source(
        order_item=given_items,
        shipment=shipments,
        data_dates={"order_item": day("2026-04-01"), "shipment": day("2026-04-01")},
    )


def test_on_time_delivery_is_by_due_month_and_open_past_due_is_late():
    src = orders(("2026-01-10", "2026-01-09"), ("2026-01-20", "2026-02-01"), ("2026-02-10", None))
    assert values(src, "otd_promise") == {"2026-01": 50.0, "2026-02": 0.0}
    assert values(src, "days_late") == {"2026-01": 12.0, "2026-02": 50.0}
    assert values(src, "overdue_backlog") == {
        "2026-01": 1.0, "2026-02": 1.0, "2026-03": 1.0, "2026-04": 1.0,
    }  # fmt: skip


def test_the_report_date_is_stated_and_may_be_earlier():
    src = orders(("2026-01-10", "2026-01-09"), ("2026-02-10", None))
    assert ask(src, "otd_promise").report_date == day("2026-04-01")
    earlier = ask(src, "otd_promise", as_of=day("2026-02-01"))
    assert earlier.frame["period"].tolist() == ["2026-01"]


def test_an_item_delivered_before_the_report_date_counts_in_its_due_month():
    src = orders(("2026-03-10", "2026-01-09"), ("2026-03-11", None))
    found = values(src, "otd_promise", as_of=day("2026-02-01"))
    assert found == {"2026-03": 100.0}


def test_purchase_orders_serve_where_there_are_no_sales_and_it_is_said():
    src = orders(("2026-01-10", "2026-01-09"), direction="purchase")
    found = ask(src, "otd_promise")
    assert found.frame["value"].tolist() == [100.0]
    assert "There are no sales orders: these are purchase orders." in found.notes
    assert values(src, "supplier_otd") == {"2026-01": 100.0}


def test_sales_orders_are_no_purchases():
    src = orders(("2026-01-10", "2026-01-09"))
    assert ask(src, "supplier_otd").frame.empty


def test_a_month_without_a_late_line_has_no_mean_of_days_late():
    src = orders(("2026-01-10", "2026-01-09"), ("2026-02-10", None))
    first = rows(src, "days_late")[0]
    assert (first["state"], first["reason"]) == (
        "not_computable",
        "no late order line in 2026-01",
    )


def reported(on, value=None, **more):
    return {"date": day(on), "grain": "month", "plant": "A", "slug": "lead", "value": value,
            "title": "Lead time", "unit": "d", **more}  # fmt: skip


def test_a_reported_value_is_taken_as_it_is():
    src = source(reported_value=[reported("2026-01-01", 5.0), reported("2026-03-01", 7.0)])
    assert [k.title for k in reported_kpis(src)] == ["Lead time"]
    found = values(src, "reported:lead")
    assert (found["2026-01"], found["2026-03"]) == (5.0, 7.0)
    assert states(src, "reported:lead")["2026-02"] == "missing"
    assert ask(src, "reported:lead").kpi.unit == "d"


@pytest.mark.parametrize(
    ("figures", "unit", "decimals", "shown"),
    [
        ((24.0, 31.0), "d", 0, "d"),  # whole days stay whole
        ((0.0, 2.0), "n", 0, ""),  # "n" says that something was counted, no more
        ((12.5, 13.0), "%", 1, "%"),
        ((1.234, 2.0), "kWh", 2, "kWh"),  # no finer than any other reported value
    ],
)
def test_a_reported_value_is_as_fine_as_the_file_gives_it(figures, unit, decimals, shown):
    rows = [reported(f"2026-0{i + 1}-01", f, unit=unit) for i, f in enumerate(figures)]
    kpi = reported_kpis(source(reported_value=rows))[0]
    assert (kpi.decimals, kpi.unit) == (decimals, shown)


def test_reported_values_are_never_averaged():
    src = source(
        reported_value=[reported("2026-01-01", 5.0), reported("2026-01-01", 7.0, line="L2")]
    )
    assert states(src, "reported:lead") == {"2026-01": "not_computable"}
    assert values(src, "reported:lead", where=(("line", "L2"),)) == {"2026-01": 7.0}


def test_reported_parts_make_sums_over_sums():
    both = [
        reported("2026-01-01", 10.0, numerator=1.0, denominator=10.0, unit="%"),
        reported("2026-02-01", 30.0, numerator=9.0, denominator=30.0, unit="%"),
    ]
    assert values(source(reported_value=both), "reported:lead", period="year") == {"2026": 25.0}


def test_an_unknown_reported_value_is_named():
    src = source(reported_value=[reported("2026-01-01", 5.0)])
    with pytest.raises(UnknownNameError) as raised:
        ask(src, "reported:leed")
    assert str(raised.value) == "There is no KPI 'reported:leed'. Did you mean 'reported:lead'?"


def test_only_the_months_that_changed_are_built_again():
    production = [made("2026-01-05", 100), made("2026-02-05", 100), made("2026-03-05", 100)]
    before = source(production=production)
    day_table(before, "production", Settings())
    after = source(production=[*production[:2], made("2026-03-05", 200)])
    after._derived = dict(before._derived)  # the same kept files
    day_table(after, "production", Settings())
    assert after.built == [("production_day", "A", "2026-03")]


def test_another_hour_of_the_production_day_is_another_roll_up():
    src = source(production=[made("2026-01-05", 100)])
    day_table(src, "production", Settings())
    day_table(src, "production", Settings(language="de"))
    assert len(src.built) == 1


def test_monthly_sums_equal_daily_sums():
    src = source(scrap=[scrapped(f"2026-01-{n:02d}", n, reason=f"R{n % 3}") for n in range(1, 29)])
    daily = day_table(src, "scrap", Settings()).to_pandas()
    monthly = month_table(src, "scrap", Settings()).to_pandas()
    assert len(monthly) == 3
    assert monthly["scrap"].sum() == daily["scrap"].sum()
    assert monthly["rows"].sum() == 28


def test_the_rows_behind_a_figure():
    src = source(
        production=[made("2026-01-05", 100), made("2026-02-05", 100)],
        scrap=[scrapped("2026-01-05", 1), scrapped("2026-01-06", 2), scrapped("2026-02-05", 1)],
    )
    question = SeriesQuestion("scrap_rate")
    found = rows_behind(src, question, Settings(), period="2026-01")
    assert list(found.rows.columns[:5]) == ["side", "upload", "sheet", "row", "dataset"]
    assert found.rows[["side", "row"]].to_numpy().tolist() == [
        ["numerator", 2], ["numerator", 3], ["denominator", 2],
    ]  # fmt: skip
    assert (found.total, found.by_upload) == (3, {"U1": 3})
    assert (found.numerator, found.denominator) == (3.0, 100.0)
    few = rows_behind(src, question, Settings(), limit=2)
    assert (len(few.rows), few.total) == (2, 5)
    with pytest.raises(UnknownNameError):
        rows_behind(src, question, Settings(), period="2027-01")


def test_rows_behind_delivery_and_stops_lead_to_the_files():
    src = orders(("2026-01-10", "2026-01-09"), ("2026-01-20", None))
    found = rows_behind(src, SeriesQuestion("otd_promise"), Settings(), period="2026-01")
    assert found.rows["side"].tolist() == ["numerator", "denominator", "denominator"]
    stopped = rows_behind(
        stops_of(STOPS[1:2]), SeriesQuestion("downtime_hours"), Settings(), period="2026-02"
    )
    assert stopped.rows[["upload", "row"]].to_numpy().tolist() == [["U1", 2]]


def test_pareto_of_what_is_late():
    src = orders(("2026-01-10", "2026-01-09"), ("2026-01-20", None), customer="Kunde")
    found = pareto(src, "customer", SeriesQuestion("otd_promise"), Settings())
    assert found.bars[["label", "amount"]].to_numpy().tolist() == [["Kunde", 1.0]]


def test_pareto_refuses_what_cannot_be_split():
    src = source(production=[made("2026-01-05", 100)], scrap=[scrapped("2026-01-05", 1)])
    with pytest.raises(UsageError, match="First pass yield cannot be split by reason"):
        pareto(src, "reason", SeriesQuestion("first_pass_yield"), Settings())


def test_the_loss_ledger_balances():
    found = loss_ledger_of(stops_of(STOPS[:3]), Settings())
    *steps, left = [minutes for _, minutes, _ in found.lines]
    assert sum(steps) == pytest.approx(left)
    assert left == pytest.approx(540.0)


@pytest.mark.parametrize("kpi", CATALOG)
@pytest.mark.parametrize("by", [(), ("plant", "line"), ("reason",), ("customer",)])
def test_an_empty_home_answers_every_question(kpi, by):
    found = evaluate(MemorySource({}), SeriesQuestion(kpi, by=by), Settings())
    assert set(found.frame["state"]) <= {"not_computable"}
    assert found.notes


def test_wrong_questions_are_refused():
    src = MemorySource({})
    with pytest.raises(UnknownNameError):
        ask(src, "scrap_rate", by=("lines",))
    with pytest.raises(UnknownNameError):
        ask(src, "scrap_rate", period="months")
    with pytest.raises(UsageError):
        ask(src, "scrap_rate", first=day("2026-02-01"), last=day("2026-01-01"))


def test_facts_given_by_hand_name_their_columns():
    with pytest.raises(KeyError):
        facts("scrap", [{"quantity": 1}])

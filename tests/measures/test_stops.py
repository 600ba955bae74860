"""Stops: unions, production days, planned time, clock changes, merged and micro-stops."""

from datetime import date, datetime, time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kpi.measures.planned import PlannedTime, planned_time
from kpi.measures.stop_classes import STOP_CLASSES, class_of_reason
from kpi.measures.stop_ledger import stop_notes
from kpi.measures.stops import COLUMNS, StopChoices, resolve_stops
from kpi.settings import PlantSettings, Shift

REPORT = date(2026, 3, 31)
PLAIN = StopChoices(micro_stop_min=0)


def table(*rows):
    """Stops from (start, end, changes); a text of the clock is on 2 March 2026."""
    out = []
    for number, (start, end, *more) in enumerate(rows, start=2):
        begins, ends = _at(start), _at(end)
        day = begins or ends
        out.append(
            {
                "date": None if day is None else day.date(),
                "start": begins,
                "end": ends,
                "plant": "North",
                "machine": "M1",
                "stop_class": "unplanned",
                "upload": "u1",
                "sheet": "stops",
                "row": number,
                **(more[0] if more else {}),
            }
        )
    return pd.DataFrame(out)


def _at(text):
    if text is None:
        return None
    return datetime.fromisoformat(text if len(text) > 5 else f"2026-03-02 {text}")


def resolve(stops, choices=PLAIN, report_date=REPORT, planned=None):
    return resolve_stops(stops, choices, report_date=report_date, planned=planned)


def by_row(resolved, column):
    return resolved.groupby("row")[column].sum().tolist()


def by_day(resolved, column):
    return {f"{day:%m-%d}": value for day, value in resolved.groupby("day")[column].sum().items()}


def test_one_stop():
    (row,) = resolve(table(("08:00", "09:30"))).to_dict("records")
    assert (row["day"], row["recorded_min"], row["kept_min"]) == (
        pd.Timestamp("2026-03-02"),
        90,
        90,
    )
    assert (row["stops"], row["repairs"], row["repair_min"], row["open"]) == (1, 1, 90, False)
    assert (row["upload"], row["sheet"], row["row"]) == ("u1", "stops", 2)


def test_no_stops_at_all_have_the_same_columns():
    assert list(resolve(table(("08:00", "09:00")).iloc[:0]).columns) == list(COLUMNS)


class TestTrap13Overlaps:
    def test_shared_minutes_belong_to_the_stop_that_started_first(self):
        resolved = resolve(table(("08:00", "10:00"), ("09:00", "11:00"), ("09:30", "09:45")))
        assert by_row(resolved, "kept_min") == [120, 60, 0]
        assert by_row(resolved, "overlap_min") == [0, 60, 15]
        assert by_row(resolved, "recorded_min") == [120, 120, 15]

    def test_planned_before_unplanned_where_both_start_together(self):
        stops = table(("08:00", "10:00"), ("08:00", "09:00", {"stop_class": "planned"}))
        assert by_row(resolve(stops), "kept_min") == [60, 60]

    @pytest.mark.parametrize(
        ("other", "kept"),
        [
            pytest.param({"machine": "M2"}, 180, id="another machine stops for itself"),
            pytest.param({"plant": "South"}, 180, id="a machine of that name in another plant"),
            pytest.param({"line": "L1"}, 120, id="the line left out once is no other machine"),
            pytest.param({"machine": None}, 180, id="the plant is not the machine"),
        ],
    )
    def test_what_cannot_stop_twice_at_once(self, other, kept):
        resolved = resolve(table(("08:00", "10:00"), ("08:30", "09:30", other)))
        assert resolved["kept_min"].sum() == kept

    def test_a_name_on_two_lines_is_two_machines(self):
        stops = table(("08:00", "10:00", {"line": "L1"}), ("08:00", "10:00", {"line": "L2"}))
        assert resolve(stops)["kept_min"].sum() == 240


class TestTrap14ProductionDay:
    def test_the_hours_before_six_belong_to_the_day_before(self):
        choices = StopChoices(production_day_start=time(6), micro_stop_min=0)
        resolved = resolve(table(("2026-03-03 05:00", "2026-03-03 07:30")), choices)
        assert by_day(resolved, "kept_min") == {"03-02": 60, "03-03": 90}
        assert by_day(resolved, "recorded_min") == {"03-02": 150, "03-03": 0}
        assert by_day(resolved, "stops") == {"03-02": 1, "03-03": 0}


class TestTrap12Splitting:
    def test_a_stop_over_the_month_end_is_split_in_proportion_and_counted_once(self):
        stops = table(("2026-02-28 23:00", "2026-03-02 01:00"))
        resolved = resolve(stops)
        assert by_day(resolved, "kept_min") == {"02-28": 60, "03-01": 1440, "03-02": 60}
        assert by_day(resolved, "split_min") == {"02-28": 1500, "03-01": -1440, "03-02": -60}
        assert by_day(resolved, "stops") == {"02-28": 1, "03-01": 0, "03-02": 0}
        assert by_day(resolved, "repair_min") == {"02-28": 1560, "03-01": 0, "03-02": 0}

    def test_a_stop_that_ends_at_midnight_does_not_touch_the_next_day(self):
        assert by_day(resolve(table(("22:00", "2026-03-03 00:00"))), "kept_min") == {"03-02": 120}

    @pytest.mark.parametrize(
        ("night", "minutes"),
        [
            pytest.param("2026-03-28 22:00|2026-03-29 06:00", 420, id="spring: an hour short"),
            pytest.param("2026-10-24 22:00|2026-10-25 06:00", 540, id="autumn: an hour long"),
        ],
    )
    def test_the_night_of_a_clock_change(self, night, minutes):
        choices = StopChoices(time_zone="Europe/Berlin", micro_stop_min=0)
        resolved = resolve(table(night.split("|")), choices, date(2026, 12, 31))
        assert resolved["kept_min"].sum() == minutes
        assert by_day(resolved, "kept_min")[night[5:10]] == 120
        assert resolve(table(night.split("|")), PLAIN, date(2026, 12, 31))["kept_min"].sum() == 480

    def test_a_day_of_a_clock_change_holds_23_or_25_hours(self):
        choices = StopChoices(time_zone="Europe/Berlin", production_day_start=time(6))
        stops = table(
            ("2026-03-28 00:00", "2026-03-31 00:00"), ("2026-10-24 00:00", "2026-10-27 00:00")
        )
        kept = by_day(resolve(stops, choices, date(2026, 12, 31)), "kept_min")
        assert kept["03-28"] == 23 * 60
        assert kept["03-29"] == 24 * 60
        assert kept["10-24"] == 25 * 60

    @pytest.mark.parametrize(
        ("start", "end", "recorded", "minutes"),
        [
            pytest.param("02:10", "02:40", None, 30, id="one passing is assumed"),
            pytest.param("02:50", "02:10", None, 20, id="over the change, or it would end before"),
            pytest.param("02:10", "02:40", 90, 90, id="the recorded minutes tell which passing"),
            pytest.param("02:30", "03:10", 40, 40, id="and of the start as well"),
        ],
    )
    def test_the_repeated_hour(self, start, end, recorded, minutes):
        stops = table((f"2026-10-25 {start}", f"2026-10-25 {end}", {"minutes": recorded}))
        choices = StopChoices(time_zone="Europe/Berlin", micro_stop_min=0)
        assert resolve(stops, choices, date(2026, 12, 31))["kept_min"].sum() == minutes


class TestWhatIsKnownOfAStop:
    def test_start_and_minutes(self):
        resolved = resolve(table(("23:30", None, {"minutes": 45})))
        assert by_day(resolved, "kept_min") == {"03-02": 30, "03-03": 15}

    def test_end_and_minutes(self):
        resolved = resolve(table((None, "2026-03-03 00:15", {"minutes": 45})))
        assert by_day(resolved, "kept_min") == {"03-02": 30, "03-03": 15}
        assert by_day(resolved, "recorded_min") == {"03-02": 45, "03-03": 0}

    def test_minutes_alone_count_whole_on_their_date_and_that_is_said(self):
        stops = table((None, None, {"date": date(2026, 3, 5), "minutes": 200.0}))
        resolved = resolve(pd.concat([stops, stops]), StopChoices(production_day_start=time(6)))
        assert by_day(resolved, "kept_min") == {"03-05": 400}
        assert stop_notes(resolved) == (
            "2 stops have a duration but no start: counted whole on the date, overlap and planned "
            "time unchecked (400 min).",
        )

    def test_recorded_and_clock_disagree(self):
        resolved = resolve(table(("08:00", "09:00", {"minutes": 75})))
        assert resolved[["recorded_min", "clock_diff_min", "kept_min"]].iloc[0].tolist() == [
            75,
            15,
            60,
        ]
        assert stop_notes(resolved)[0] == (
            "1 stop records another duration than start and end: recorded says 75 min, the clock "
            "says 60 min. Recorded downtime takes the first, downtime hours the second."
        )

    def test_an_end_before_the_start_gives_way_to_the_minutes(self):
        resolved = resolve(table(("08:00", "07:00", {"minutes": 20}), ("09:00", "08:50")))
        assert by_row(resolved, "kept_min") == [20, 0]
        assert (
            stop_notes(resolved)[0] == "2 stops end before the start: only recorded minutes count."
        )

    def test_nothing_known_is_no_minute_and_no_stop(self):
        resolved = resolve(table((None, None, {"date": date(2026, 3, 5)})))
        assert resolved[["kept_min", "recorded_min", "stops"]].to_numpy().tolist() == [[0, 0, 0]]
        assert stop_notes(resolved)[0] == "1 stop has neither a duration nor a start: no minutes."

    def test_an_open_stop_lasts_until_the_report_date_ends(self):
        choices = StopChoices(production_day_start=time(6), micro_stop_min=0)
        resolved = resolve(table(("20:00", None)), choices, date(2026, 3, 3))
        assert by_day(resolved, "kept_min") == {"03-02": 600, "03-03": 1440}
        assert resolved["recorded_min"].sum() == 0
        assert resolved["open_min"].sum() == 2040
        assert (resolved["stops"].sum(), resolved["repairs"].sum()) == (1, 0)
        assert resolved["open"].all()

    def test_the_end_of_time_is_no_end(self):
        resolved = resolve(table(("20:00", "9999-12-31 00:00")), PLAIN, date(2026, 3, 2))
        assert (resolved["kept_min"].sum(), resolved["open"].all()) == (240, True)

    def test_many_open_stops_do_not_multiply(self):
        stops = table(*[("2020-03-02 08:00", None)] * 50)
        resolved = resolve(stops, PLAIN, date(2026, 3, 3))
        assert len(resolved) < 2300
        assert resolved["stops"].sum() == 1

    def test_an_open_stop_forgotten_is_asked_about(self):
        notes = stop_notes(resolve(table(("08:00", None)), PLAIN, date(2026, 3, 31)))
        assert notes[0] == (
            "1 stop is still open and counted up to the report date (42,720 min), without repair "
            "time. 1 is open for over a week: was the end forgotten?"
        )


class TestPlannedTime:
    PLAN = PlannedTime(
        pd.DataFrame(
            {
                "plant": "North",
                "start": pd.to_datetime(["2026-03-02 06:00", "2026-03-03 06:00"]),
                "end": pd.to_datetime(["2026-03-02 14:00", "2026-03-03 14:00"]),
            }
        )
    )

    def test_minutes_outside_planned_time_are_set_apart(self):
        resolved = resolve(table(("13:00", "2026-03-03 07:00")), planned=self.PLAN)
        assert by_day(resolved, "kept_min") == {"03-02": 60, "03-03": 60}
        assert by_day(resolved, "outside_min") == {"03-02": 600, "03-03": 360}
        assert resolved["clipped"].all()
        assert resolved["repair_min"].sum() == 18 * 60

    def test_without_a_plan_nothing_is_clipped_and_that_is_said(self):
        stops = table(("13:00", "16:00", {"plant": "South"}))
        resolved = resolve(stops, planned=self.PLAN)
        assert resolved["kept_min"].sum() == 180
        assert stop_notes(resolved) == (
            "No planned time is known for some or all stops of South: those are not clipped to it.",
        )

    def test_outside_the_days_the_plan_is_known_nothing_is_clipped(self):
        stops = table(("2026-03-05 13:00", "2026-03-05 16:00"))
        assert resolve(stops, planned=self.PLAN)["kept_min"].sum() == 180
        known = PlannedTime(self.PLAN.windows, {"North": (date(2026, 3, 1), date(2026, 3, 31))})
        assert resolve(stops, planned=known)["kept_min"].sum() == 0

    def test_a_line_goes_before_its_plant(self):
        own = pd.DataFrame(
            {
                "plant": ["North"],
                "line": ["L2"],
                "start": [datetime(2026, 3, 2, 12)],
                "end": [datetime(2026, 3, 2, 15)],
            }
        )
        plan = PlannedTime(pd.concat([self.PLAN.windows, own]))
        stops = table(
            ("13:00", "16:00", {"line": "L1"}), ("13:00", "16:00", {"line": "L2", "machine": "M2"})
        )
        assert by_row(resolve(stops, planned=plan), "kept_min") == [60, 120]

    def test_the_shifts_of_a_plant_as_planned_time(self):
        night = Shift("night", time(22), time(6), (0, 1, 2, 3, 4))
        plant = PlantSettings("North", shifts=(night,), closed_days=frozenset({date(2026, 3, 4)}))
        plan = planned_time([plant], date(2026, 3, 1), date(2026, 3, 31))
        stops = table(("2026-03-02 12:00", "2026-03-06 12:00"))  # Monday to Friday noon
        kept = by_day(resolve(stops, planned=plan), "kept_min")
        assert kept == {"03-02": 120, "03-03": 480, "03-04": 360, "03-05": 120, "03-06": 360}

    def test_minutes_a_day_without_shifts_limit_what_a_machine_can_lose(self):
        plant = PlantSettings(
            "North",
            planned_minutes=(480.0,) * 5 + (0.0, 0.0),
            line_minutes=(("L9", (0.0,) * 7), ("L8", (60.0,) * 7)),
            closed_days=frozenset({date(2026, 3, 4)}),
        )
        plan = planned_time([plant], date(2026, 3, 1), date(2026, 3, 31))
        stops = table(
            ("2026-03-02 02:00", "2026-03-02 09:00"),  # Monday
            ("2026-03-02 12:00", "2026-03-02 15:00"),
            ("2026-03-04 12:00", "2026-03-04 15:00"),  # closed
            ("2026-03-07 12:00", "2026-03-07 15:00"),  # Saturday
            ("2026-03-05 12:00", "2026-03-05 15:00", {"line": "L9", "machine": "M9"}),
            ("2026-03-07 12:00", "2026-03-07 15:00", {"line": "L8", "machine": "M8"}),
        )
        resolved = resolve(stops, planned=plan)
        assert by_row(resolved, "kept_min") == [420, 60, 0, 0, 0, 60]
        assert by_row(resolved, "outside_min") == [0, 120, 180, 180, 180, 120]
        assert resolved["clipped"].all()

    def test_only_a_line_states_its_minutes(self):
        plant = PlantSettings("North", line_minutes=(("L8", (60.0,) * 7),))
        plan = planned_time([plant], date(2026, 3, 1), date(2026, 3, 31))
        stops = table(("08:00", "11:00", {"line": "L8"}), ("08:00", "11:00", {"machine": "M2"}))
        assert by_row(resolve(stops, planned=plan), "kept_min") == [60, 180]

    def test_before_the_calendar_holds_nothing_is_clipped(self):
        plant = PlantSettings("North", planned_minutes=(60.0,) * 7, planned_from=date(2026, 3, 3))
        plan = planned_time([plant], date(2026, 3, 1), date(2026, 3, 31))
        stops = table(("08:00", "11:00"), ("2026-03-03 08:00", "2026-03-03 11:00"))
        assert by_row(resolve(stops, planned=plan), "kept_min") == [180, 60]


class TestCounting:
    @pytest.mark.parametrize(
        ("gap", "stops"),
        [
            pytest.param(0, 3, id="touching is not overlapping"),
            pytest.param(5, 2, id="a gap of 5 is not below 5"),
            pytest.param(5.5, 1, id="below the threshold: one stop"),
        ],
    )
    def test_gaps_below_the_threshold_are_merged(self, gap, stops):
        rows = table(("08:00", "08:30"), ("08:30", "08:45"), ("08:50", "09:00"))
        resolved = resolve(rows, StopChoices(merge_gap_min=gap, micro_stop_min=0))
        assert resolved["stops"].sum() == stops
        assert resolved["repair_min"].sum() == 55

    def test_overlapping_stops_are_one(self):
        resolved = resolve(table(("08:00", "09:00"), ("08:30", "10:00")))
        assert by_row(resolved, "stops") == [1, 0]
        assert by_row(resolved, "repair_min") == [120, 0]

    def test_a_failure_after_a_planned_stop_is_not_merged_into_it(self):
        stops = table(("08:00", "09:00", {"stop_class": "planned"}), ("08:30", "10:00"))
        resolved = resolve(stops)
        assert by_row(resolved, "stops") == [1, 1]
        assert by_row(resolved, "repairs") == [0, 1]
        assert by_row(resolved, "repair_min") == [0, 60]

    def test_trap_20_micro_stops_are_counted_apart(self):
        rows = table(
            ("08:00", "08:04"),
            ("09:00", "09:05"),
            (None, None, {"minutes": 2.0, "date": date(2026, 3, 2)}),
        )
        resolved = resolve(rows, StopChoices(micro_stop_min=5))
        assert by_row(resolved, "micro") == [1, 0, 1]
        assert by_row(resolved, "stops") == [0, 1, 0]
        assert resolved["kept_min"].sum() == 11


class TestClasses:
    @pytest.mark.parametrize(
        ("reason", "expected"),
        [
            ("Planned Maintenance", "planned"),
            ("Unplanned Breakdown", "unplanned"),
            ("geplante Wartung", "planned"),
            ("ungeplant", "unplanned"),
            ("no programado", "unplanned"),
            ("Paro programado", "planned"),
            ("计划内停机", "planned"),
            ("非计划停机", "unplanned"),
            ("Break", "planned"),
            ("Belt break", None),
            ("PM", "planned"),
            ("Failure in the PM line", "unplanned"),
            ("Setup", "changeover"),
            ("Umrüsten", "changeover"),
            ("No orders", "no_demand"),
            ("Material Shortage", "unplanned"),
            ("Falta de material", "unplanned"),
            ("Tooling Change", "changeover"),
            ("Cambio de herramental", "changeover"),
            ("Changement d'outil", "changeover"),
            ("Werkzeugwechsel", "changeover"),
            ("Tool breakage", "unplanned"),
            ("Sin pedidos", "no_demand"),
            ("无订单", "no_demand"),
            ("缺料", "unplanned"),
            ("Repair", None),
            ("Planned repair", "planned"),
            ("Maintenance", None),
            ("Programmfehler", None),
        ],
    )
    def test_the_words_of_a_reason(self, reason, expected):
        assert class_of_reason(reason) == expected

    def test_the_plants_own_words_are_found_however_they_are_written(self):
        stops = table(
            ("08:00", "08:30", {"stop_class": None, "reason": "MAINTENANCE"}),
            ("09:00", "09:30", {"stop_class": None, "reason": "Maintenance  line 2"}),
            ("10:00", "10:30", {"stop_class": None, "reason": "Sin pedidos"}),
        )
        choices = StopChoices(
            reason_classes=(("Maintenance", "planned"), ("sin pedidos", "unplanned"))
        )
        assert resolve(stops, choices)["stop_class"].tolist() == [
            "planned",
            "unplanned",
            "unplanned",
        ]

    def test_reasons_of_no_known_class_are_named(self):
        stops = table(
            ("08:00", "08:30", {"stop_class": None, "reason": "Adjust {0}"}),
            ("09:00", "09:30", {"stop_class": None, "reason": "Maintenance"}),
            ("10:00", "10:30", {"stop_class": None, "reason": "Maintenance"}),
        )
        assert stop_notes(resolve(stops, StopChoices()))[0] == (
            "3 stops are not stated as planned or unplanned, by class or reason: counted as "
            "unplanned (Maintenance, Adjust {0}; say in the settings, downtime.reasons)."
        )

    def test_stated_then_the_plants_own_table_then_words_then_unplanned_and_said(self):
        stops = table(
            ("08:00", "08:30", {"stop_class": "planned", "reason": "Breakdown"}),
            ("09:00", "09:30", {"stop_class": None, "reason": "A31"}),
            ("10:00", "10:30", {"stop_class": None, "reason": "X9", "reason_text": "Rüsten"}),
            ("11:00", "11:30", {"stop_class": None, "reason": None}),
            ("12:00", "12:30", {"stop_class": None, "reason": "kein Auftrag"}),
        )
        choices = StopChoices(reason_classes=(("A31", "planned"),))
        resolved = resolve(stops, choices)
        assert resolved["stop_class"].tolist() == [
            "planned",
            "planned",
            "changeover",
            "unplanned",
            "planned",
        ]
        assert stop_notes(resolved)[0] == (
            "1 stop is not stated as planned or unplanned, by class or reason: counted as unplanned."
        )
        busy = resolve(stops, StopChoices(no_demand_is_planned=True))
        assert busy["stop_class"].iloc[-1] == "unplanned"


def test_each_plant_by_its_own_choices():
    stops = table(("05:00", "07:00"), ("05:00", "07:00", {"plant": "South"}))
    resolved = resolve(stops, {"South": StopChoices(production_day_start=time(6))})
    kept = resolved.set_index(["plant", "day"])["kept_min"].to_dict()
    assert kept == {
        ("North", pd.Timestamp("2026-03-02")): 120,
        ("South", pd.Timestamp("2026-03-01")): 60,
        ("South", pd.Timestamp("2026-03-02")): 60,
    }


def test_choices_in_words():
    assert StopChoices(production_day_start=time(6), merge_gap_min=2).in_words() == (
        "The production day starts at 06:00. Stops of one machine and class less than 2 min apart "
        "are one stop. Stops under 5 min are micro-stops, counted apart. Changeovers are a loss; "
        "time without demand is a planned stop."
    )


stop = st.tuples(
    st.integers(0, 4000),  # start, minutes after 1 March
    st.integers(-5, 3000),  # length
    st.sampled_from(["M1", "M2"]),
    st.sampled_from(STOP_CLASSES),
    st.sampled_from(["both", "minutes", "open", "untimed"]),
    st.integers(0, 100),  # what the file records beyond the clock
)
window = st.tuples(st.integers(-200, 6000), st.integers(0, 900))
BASE = pd.Timestamp("2026-03-01")


def drawn(stops):
    rows = []
    for number, (start, length, machine, kind, timing, extra) in enumerate(stops):
        begins = BASE + pd.Timedelta(minutes=start)
        rows.append(
            {
                "date": begins.normalize(),
                "start": None if timing == "untimed" else begins,
                "end": begins + pd.Timedelta(minutes=length) if timing == "both" else None,
                "minutes": None if timing == "open" else float(length + extra),
                "plant": "North",
                "machine": machine,
                "stop_class": kind,
                "row": number,
            }
        )
    return pd.DataFrame(rows)


@settings(deadline=None, max_examples=60)
@given(
    stops=st.lists(stop, min_size=1, max_size=12),
    plan=st.lists(window, max_size=5),
    hour=st.integers(0, 23),
)
def test_the_union_is_what_a_grid_of_minutes_says(stops, plan, hour):
    report = date(2026, 3, 5)
    windows = pd.DataFrame(
        {
            "plant": "North",
            "start": [BASE + pd.Timedelta(minutes=s) for s, _ in plan],
            "end": [BASE + pd.Timedelta(minutes=s + n) for s, n in plan],
        }
    )
    choices = StopChoices(production_day_start=time(hour), micro_stop_min=0)
    known = PlannedTime(windows, {"North": (date(2026, 2, 1), date(2026, 4, 1))} if plan else {})
    resolved = resolve(drawn(stops), choices, report, known)

    grid = {machine: np.zeros(20_000, dtype=bool) for machine in ("M1", "M2")}
    report_end = 5 * 1440 + hour * 60
    for start, length, machine, _, timing, extra in stops:
        minutes = {"both": length, "open": max(report_end - start, 0)}.get(timing, length + extra)
        if timing == "both" and length < 0:
            minutes = length + extra
        if timing != "untimed":
            grid[machine][start : start + max(minutes, 0)] = True
    planned = np.zeros(20_000, dtype=bool)
    for start, length in plan:
        planned[max(start, 0) : max(start + length, 0)] = True
    if not plan:
        planned[:] = True

    timed = resolved[resolved["timing"] != "minutes only"]
    for machine, held in grid.items():
        rows = timed[timed["machine"] == machine]
        assert rows["kept_min"].sum() == (held & planned).sum()
        assert rows["kept_min"].sum() + rows["outside_min"].sum() == held.sum()
        minute = np.flatnonzero(held & planned)
        days = BASE + pd.to_timedelta((minute - hour * 60) // 1440, unit="D")
        expected = pd.Series(1.0, index=days).groupby(level=0).sum()
        found = rows.groupby("day")["kept_min"].sum()
        assert found[found > 0].to_dict() == expected.to_dict()
    assert (resolved[["kept_min", "overlap_min", "outside_min"]] >= 0).to_numpy().all()


@settings(deadline=None, max_examples=30)
@given(stops=st.lists(stop, min_size=1, max_size=12), seed=st.randoms(use_true_random=False))
def test_the_order_of_the_rows_changes_nothing(stops, seed):
    rows = drawn(stops)
    shuffled = rows.sample(frac=1, random_state=seed.randint(0, 1000))
    columns = ["row", "day", "kept_min", "overlap_min", "stops", "repair_min"]
    first, second = (
        resolve(r)[columns].sort_values(["row", "day"]).reset_index(drop=True)
        for r in (rows, shuffled)
    )
    pd.testing.assert_frame_equal(first, second)

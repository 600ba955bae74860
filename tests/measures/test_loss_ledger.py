"""The loss-time ledger balances to the minute; failures and repairs; files beside the project."""

import json
from datetime import date, datetime, time
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kpi.measures.planned import PlannedTime
from kpi.measures.stop_classes import STOP_CLASSES
from kpi.measures.stop_ledger import LEDGER_STEPS, failures, loss_ledger, stop_notes
from kpi.measures.stops import StopChoices, resolve_stops

SAMPLES = Path(__file__).parents[3] / "shared" / "samples"
REPORT = date(2026, 3, 31)
PLAN = PlannedTime(
    pd.DataFrame(
        {
            "plant": "North",
            "start": [datetime(2026, 3, 2, 6)],
            "end": [datetime(2026, 3, 2, 14)],
        }
    ),
    {"North": (date(2026, 3, 1), date(2026, 3, 31))},
)


def stops(*rows):
    """From (start, end, class, recorded minutes) on 2 March 2026, one machine."""
    return pd.DataFrame(
        [
            {
                "date": date(2026, 3, 2),
                "start": datetime.fromisoformat(f"2026-03-{start}"),
                "end": None if end is None else datetime.fromisoformat(f"2026-03-{end}"),
                "minutes": minutes,
                "plant": "North",
                "machine": "M1",
                "stop_class": kind,
                "row": number,
            }
            for number, (start, end, kind, minutes) in enumerate(rows, start=2)
        ]
    )


DAY = stops(
    ("02 07:00", "02 08:00", "planned", 60.0),
    ("02 07:30", "02 09:00", "unplanned", 95.0),  # half an hour shared, 5 min beyond the clock
    ("02 10:00", "02 10:20", "changeover", 20.0),
    ("02 13:00", "03 01:00", "unplanned", 720.0),  # an hour planned, an hour of the next day
)


def resolve(table, choices=None, planned=PLAN, report_date=REPORT):
    choices = choices or StopChoices(micro_stop_min=0)
    return resolve_stops(table, choices, report_date=report_date, planned=planned)


def left_over(ledger):
    return sum(sign * ledger[name] for name, sign, _ in LEDGER_STEPS) - ledger["unplanned_min"]


def test_trap_13_the_ledger_step_by_step():
    (row,) = loss_ledger(resolve(DAY)).to_dict("records")
    assert row == {
        "recorded_min": 895,
        "open_min": 0,
        "clock_diff_min": 5,
        "split_min": 0,
        "overlap_min": 30,
        "outside_min": 660,
        "planned_min": 60,
        "changeover_min": 20,
        "unplanned_min": 120,
    }


def test_each_day_balances_with_what_is_carried_over():
    ledger = loss_ledger(resolve(DAY), ["day"])
    assert ledger["split_min"].tolist() == [60, -60]
    assert ledger["outside_min"].tolist() == [600, 60]
    assert left_over(ledger).tolist() == [0, 0]


def test_no_stops_is_a_ledger_of_zeros():
    assert (loss_ledger(resolve(DAY.iloc[:0])) == 0).to_numpy().all()


drawn = st.lists(
    st.tuples(
        st.integers(0, 5000),
        st.one_of(st.none(), st.integers(0, 4000)),
        st.sampled_from(STOP_CLASSES),
        st.one_of(st.none(), st.integers(0, 4000)),
    ),
    min_size=1,
    max_size=10,
)


@settings(deadline=None, max_examples=60)
@given(drawn=drawn, hour=st.integers(0, 23), clipped=st.booleans())
def test_it_balances_whatever_is_recorded(drawn, hour, clipped):
    base = pd.Timestamp("2026-03-01")
    table = pd.DataFrame(
        [
            {
                "date": (base + pd.Timedelta(minutes=at)).normalize(),
                "start": base + pd.Timedelta(minutes=at),
                "end": None if length is None else base + pd.Timedelta(minutes=at + length),
                "minutes": minutes,
                "plant": "North",
                "machine": "M1",
                "stop_class": kind,
                "row": number,
            }
            for number, (at, length, kind, minutes) in enumerate(drawn)
        ]
    )
    choices = StopChoices(production_day_start=time(hour))
    resolved = resolve(table, choices, PLAN if clipped else None, date(2026, 3, 4))
    for by in ([], ["day"], ["stop_class"], ["row"]):
        assert left_over(loss_ledger(resolved, by)).abs().max() < 1e-6
    whole = loss_ledger(resolved).iloc[0]
    assert abs(whole["split_min"]) < 1e-6
    assert whole["recorded_min"] == sum(
        0 if m is None and n is None else n if m is None else m for _, n, _, m in drawn
    )
    # Trap 13: what is lost on a day fits into the day, and into planned time.
    kept = resolved.groupby("day")["kept_min"].sum()
    assert kept.max() <= 1440
    if clipped:
        assert kept.sum() <= 480


class TestFailures:
    PLANNED = pd.DataFrame({"machine": ["M1", "M2"], "planned_min": [480.0, 480.0]})

    def test_operating_time_failures_and_repairs(self):
        rows = failures(resolve(DAY), self.PLANNED, ["machine"]).to_dict("records")
        assert rows == [
            {
                "machine": "M1",
                "planned_min": 480,
                "loss_min": 140,
                "operating_min": 360,
                "failures": 2,
                "open_failures": 0,
                "repairs": 2,
                "repair_min": 780,
            },
            {
                "machine": "M2",
                "planned_min": 480,
                "loss_min": 0,
                "operating_min": 480,
                "failures": 0,
                "open_failures": 0,
                "repairs": 0,
                "repair_min": 0,
            },
        ]

    def test_changeovers_are_no_loss_where_the_site_says_so(self):
        (row,) = failures(resolve(DAY), self.PLANNED, changeover_is_loss=False).to_dict("records")
        assert (row["loss_min"], row["planned_min"]) == (120, 960)

    def test_open_stops_fail_but_are_not_repaired(self):
        open_stop = stops(("02 13:00", None, "unplanned", None))
        (row,) = failures(resolve(open_stop), self.PLANNED).to_dict("records")
        assert (row["failures"], row["open_failures"], row["repairs"]) == (1, 1, 0)

    def test_trap_2_without_planned_time_nothing_is_known(self):
        (row,) = failures(resolve(DAY), self.PLANNED.iloc[1:], ["machine"]).to_dict("records")[:1]
        assert pd.isna(row["planned_min"])
        assert pd.isna(row["operating_min"])


# --- files that stand beside the project -------------------------------------------------------


def sample(name):
    folder = SAMPLES / name
    if not folder.is_dir():
        pytest.skip(f"The sample {name} does not stand beside the project.")
    return folder, json.loads((folder / "expected.json").read_text(encoding="utf-8"))


def months(resolved):
    return resolved.groupby(resolved["day"].dt.strftime("%Y-%m"))["recorded_min"].sum() / 60


def agrees(resolved, expected):
    assert resolved["recorded_min"].sum() == pytest.approx(expected["total_minutes"])
    wanted = {month: v["hours"] for month, v in expected["monthly"].items()}
    assert months(resolved).to_dict() == pytest.approx(wanted, abs=5e-5)
    assert int(resolved["starts"].sum()) == expected["events"]
    assert left_over(loss_ledger(resolved)).abs().max() < 1e-6


def by(resolved, name):
    return resolved.groupby(name)["recorded_min"].sum() / 60


@pytest.mark.samples
def test_steel():
    """Recorded as the source has it; downtime hours differ by the overlaps, which the ledger names."""
    folder, expected = sample("downtime-steel-rupees")
    table = pd.read_csv(folder / "steel_downtime_data.csv").rename(
        columns={
            "Timestamp": "start",
            "Machine_ID": "machine",
            "Downtime_Minutes": "minutes",
            "Downtime_Reason": "reason",
        }
    )
    table = table.assign(
        plant="P", date=pd.to_datetime(table["start"]).dt.normalize(), row=range(2, len(table) + 2)
    )
    resolved = resolve(table, planned=None, report_date=date(2024, 1, 1))
    agrees(resolved[resolved["starts"]], expected)
    assert by(resolved, "reason")[
        [r for r, _ in expected["top5_reasons_hours"]]
    ].tolist() == pytest.approx([hours for _, hours in expected["top5_reasons_hours"]], abs=5e-5)
    ledger = loss_ledger(resolved).iloc[0]
    kept = ledger[["planned_min", "changeover_min", "unplanned_min"]].sum()
    assert kept == pytest.approx(expected["total_minutes"] - ledger["overlap_min"])


@pytest.mark.samples
def test_mining_in_hours():
    folder, expected = sample("downtime-mining-hours")
    table = pd.read_csv(folder / "downtime.csv").rename(
        columns={"Date": "date", "Equipment_ID": "machine", "Reason": "reason"}
    )
    table = table.assign(
        plant="P", minutes=table["Downtime_Hours"] * 60, row=range(2, len(table) + 2)
    )
    resolved = resolve(table, planned=None, report_date=date(2025, 12, 31))
    agrees(resolved, expected)
    assert by(resolved, "machine")[
        [m for m, _ in expected["top5_equipment_hours"]]
    ].tolist() == pytest.approx([hours for _, hours in expected["top5_equipment_hours"]])
    assert len(stop_notes(resolved)) == 2
    broken = resolved[resolved["reason"] == "Breakdown"]
    assert broken["repair_min"].sum() / broken["repairs"].sum() / 60 == pytest.approx(
        expected["breakdown_mttr_hours"], abs=5e-5
    )


@pytest.mark.samples
def test_automotive():
    folder, expected = sample("mixed-automotive-oee")
    expected = expected["downtime"]
    table = pd.read_csv(folder / "downtime_events.csv").rename(
        columns={"machine_id": "machine", "duration_min": "minutes"}
    )
    resolved = resolve(table.assign(plant="P"), planned=None, report_date=date(2023, 12, 31))
    agrees(resolved, expected)
    assert resolved["stops"].sum() == expected["events_with_positive_duration"]
    classes = resolved.drop_duplicates("reason").set_index("reason")["stop_class"]
    assert classes["Planned Maintenance"] == "planned"
    assert classes["Unplanned Breakdown"] == "unplanned"


@pytest.mark.samples
def test_supplier_quality():
    """A defect report without downtime is no stop: 2,188 of 6,145 rows have minutes."""
    folder, expected = sample("downtime-supplier-quality")
    table = pd.read_csv(folder / "metrics.csv").rename(
        columns={"Vendor ID": "supplier", "Plant ID": "plant", "Downtime min": "minutes"}
    )
    table["date"] = pd.to_datetime(table["Date"], format="%d/%m/%Y %H:%M")
    resolved = resolve(table, planned=None, report_date=date(2014, 12, 31))
    agrees(resolved, expected)
    assert resolved["stops"].sum() == expected["events_with_positive_duration"]
    names = pd.read_csv(folder / "Vendor.csv").set_index("Vendor")["Vendor ID"].astype(str)
    wanted = dict(expected["top5_vendors_hours"])
    assert by(resolved, "supplier")[names[list(wanted)]].tolist() == pytest.approx(
        list(wanted.values()), abs=5e-5
    )

from datetime import time, timedelta

import numpy as np
import pyarrow as pa
import pytest
from raw_tables import column, table

from kpi.ingest.columns import from_raw
from kpi.ingest.durations import read_duration_texts
from kpi.ingest.interpret import Context, interpret


@pytest.mark.parametrize(
    ("text", "minutes"),
    [("1:30", 90), ("00:03:30", 3.5), ("26:00:30", 1560.5), ("1h 20m", 80), ("45 min", 45),
     ("1,5 h", 90), ("90s", 1.5), ("2 Std. 5 Min.", 125), ("1 d 2 h", 1560)],
)  # fmt: skip
def test_spellings(text, minutes):
    assert read_duration_texts(pa.array([text]))[0] == pytest.approx(minutes)


@pytest.mark.parametrize("text", ["12", "soon", "1:75", "5 pcs"])
def test_what_is_no_duration(text):
    assert np.isnan(read_duration_texts(pa.array([text]))[0])


def test_a_column_of_mixed_cells():
    cells = [time(0, 3, 30), timedelta(hours=26), 45, "1h 20m", None]
    read = from_raw(column("Downtime", "A", cells)).as_minutes("min")
    assert read.values[:4].tolist() == [3.5, 1560, 45, 80]
    assert np.isnan(read.values[4])
    assert not read.bad.any()


def test_day_fractions():
    assert from_raw(column("Downtime", "A", [0.5, 0.25])).as_minutes("d").values.tolist() == [
        720,
        360,
    ]


def test_durations_in_different_units_are_read_row_by_row():
    raw = table(
        "Start,End,Machine,Duration,Unit,Reason\n"
        "2026-01-05 08:00,2026-01-05 10:30,M1,2.5,H,Seal\n"
        "2026-01-05 22:00,2026-01-06 01:00,M2,3,H,Bearing\n"
        "2026-01-07 06:15,2026-01-07 06:45,M1,30,MIN,Sensor\n"
        "2026-01-08 06:00,2026-01-08 07:00,M1,1,H,Jam\n"
    )
    found = interpret([raw], context=Context("00"))
    minutes = found.parts[0].table["minutes"].to_pylist()
    assert minutes == [150, 180, 30, 60]
    assert found.questions == ()

import numpy as np
import pyarrow as pa
import pytest

from kpi.ingest.dates import from_serials, read_clock_texts, read_date_texts
from kpi.ingest.periods import place, read_period


def days(texts, **more):
    read = read_date_texts(pa.array(texts), **more)
    return read.stamps.astype("M8[s]").astype(str).tolist()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-03-31", "2026-03-31T00:00:00"),
        ("2026-03-31T14:05:09Z", "2026-03-31T14:05:09"),
        ("2011-05-31 00:00:00.000", "2011-05-31T00:00:00"),
        ("31.03.2026 06:30", "2026-03-31T06:30:00"),
        ("31.03.26", "2026-03-31T00:00:00"),
        ("31/03/2026", "2026-03-31T00:00:00"),
        ("03/31/2026 1:05 PM", "2026-03-31T13:05:00"),
        ("31-03-2026", "2026-03-31T00:00:00"),
        ("23/06/2025 23.50", "2025-06-23T23:50:00"),
        ("20260331", "2026-03-31T00:00:00"),
        ("20250807213141", "2025-08-07T21:31:41"),
        ("31-Mar-26", "2026-03-31T00:00:00"),
        ("31 mars 2026", "2026-03-31T00:00:00"),
        ("5. März 2026", "2026-03-05T00:00:00"),
        ("12 de enero de 2026", "2026-01-12T00:00:00"),
        ("March 5, 2026", "2026-03-05T00:00:00"),
        ("Tue, 31 Mar 2026", "2026-03-31T00:00:00"),
        ("2026年3月31日", "2026-03-31T00:00:00"),
    ],
)
def test_spellings(text, expected):
    assert days([text]) == [expected]


@pytest.mark.parametrize("text", ["31.02.2026", "00:00.0", "2026-13-01", "12345", "Jan", "1.5"])
def test_what_is_no_date(text):
    assert days([text]) == ["NaT"]


def test_a_first_part_above_twelve_decides_the_column():
    read = read_date_texts(pa.array(["31/12/2025", "03/04/2026"]))
    assert (read.order, read.doubtful) == ("dmy", False)
    assert str(read.stamps[1])[:10] == "2026-04-03"


def test_a_second_part_above_twelve_decides_the_column():
    assert read_date_texts(pa.array(["12/31/2025", "03/04/2026"])).order == "mdy"


def test_both_are_a_conflict():
    assert read_date_texts(pa.array(["12/31/2025", "31/12/2025"])).conflicting


def test_rows_in_order_of_time_decide():
    texts = pa.array(["01/02/2026", "01/03/2026", "01/05/2026", "01/09/2026", "02/01/2026"])
    codes = np.arange(5, dtype=np.int32)
    assert read_date_texts(texts, codes=codes).order == "mdy"


def test_without_evidence_it_is_a_doubt_and_an_answer_settles_it():
    read = read_date_texts(pa.array(["03/04/2026", "05/06/2026"]))
    assert read.doubtful
    assert days(["03/04/2026"], order="mdy") == ["2026-03-04T00:00:00"]


def test_clocks():
    read = read_clock_texts(pa.array(["1:05 PM", "13:05:06.5", "26:10", "12:00 am", "x"]))
    assert read[:4].tolist() == [47100, 47106.5, 94200, 0]
    assert np.isnan(read[4])


def test_serials_of_both_epochs():
    assert str(from_serials(np.array([46112.0]), epoch1904=False)[0])[:10] == "2026-03-31"
    assert str(from_serials(np.array([44650.0]), epoch1904=True)[0])[:10] == "2026-03-31"
    assert np.isnat(from_serials(np.array([7.0, 1e9]), epoch1904=False)).all()


@pytest.mark.parametrize(
    ("text", "year", "number"),
    [("Jan 2026", 2026, 1), ("Mrz-26", 2026, 3), ("2026-03", 2026, 3), ("03/2026", 2026, 3),
     ("202603", 2026, 3), ("P03", None, 3), ("févr.", None, 2), ("2026 Dez", 2026, 12),
     ("3月", None, 3), ("Septiembre", None, 9), ("01.03.2026", 2026, 3)],
)  # fmt: skip
def test_months_in_headings(text, year, number):
    period = read_period(text)
    assert (period.grain, period.year, period.number) == ("month", year, number)


@pytest.mark.parametrize(("text", "grain"), [("Q1", "quarter"), ("2026", "year")])
def test_sums_of_longer_periods_are_known_as_such(text, grain):
    assert read_period(text).grain == grain


@pytest.mark.parametrize("text", ["YTD", "Total", "Line 3", "May be", "13/2026"])
def test_headings_that_are_no_period(text):
    assert read_period(text) is None


def test_weeks_begin_on_monday():
    assert str(place([read_period("KW01 2026")], [])[0])[:10] == "2025-12-29"


def test_a_year_is_carried_over_new_year():
    found = place([read_period(t) for t in ("Nov 2025", "Dec", "Jan")], [])
    assert [str(d)[:7] for d in found] == ["2025-11", "2025-12", "2026-01"]


def test_no_year_is_no_date():
    assert place([read_period("Jan")], []) is None

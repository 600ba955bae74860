"""Numbers, periods and slices in words."""

from datetime import date
from types import SimpleNamespace

import pytest

from kpi.analysis import words

PERCENT = SimpleNamespace(unit="%", decimals=1)
LINES = SimpleNamespace(unit="lines", decimals=0)


@pytest.mark.parametrize(
    ("before", "after", "kpi", "expected"),
    [
        pytest.param(2.0, 2.4, PERCENT, "+0.4\u00a0pt", id="percentages differ in points"),
        pytest.param(2.4, 2.0, PERCENT, "\u22120.4\u00a0pt", id="a real minus sign"),
        pytest.param(2.0, 2.0, PERCENT, "unchanged", id="equal"),
        pytest.param(2.0, 2.04, PERCENT, "hardly changed", id="too small to print"),
        pytest.param(
            69.4, 164.6, LINES, "+96\u00a0lines", id="what a reader subtracts: 165 and 69"
        ),
        pytest.param(11, 10, LINES, "\u22121\u00a0line", id="one is no plural"),
        pytest.param(0, 1500, LINES, "+1\u202f500\u00a0lines", id="thousands"),
    ],
)
def test_change(before, after, kpi, expected):
    assert words.change_text(before, after, kpi) == expected


@pytest.mark.parametrize(
    ("value", "kpi", "beside", "expected"),
    [
        pytest.param(94.96, PERCENT, 95.0, "94.96\u00a0%", id="never rounded onto its target"),
        pytest.param(95.0, PERCENT, 95.0, "95.0\u00a0%", id="on the target"),
        pytest.param(1.0, LINES, None, "1\u00a0line", id="one"),
        pytest.param(21.0, LINES, None, "21\u00a0lines", id="many"),
    ],
)
def test_value(value, kpi, beside, expected):
    assert words.value_text(value, kpi, beside=beside) == expected


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        pytest.param(date(2024, 2, 1), date(2024, 2, 29), "February 2024", id="a leap month"),
        pytest.param(date(2025, 2, 1), date(2025, 2, 27), "1 February 2025 to 27 February 2025",
                     id="a month short of a day"),
        pytest.param(date(2025, 1, 1), date(2025, 12, 31), "2025", id="a year"),
        pytest.param(date(2025, 2, 1), date(2026, 1, 31), "February 2025 to January 2026",
                     id="twelve months that are no year"),
        pytest.param(date(2025, 2, 3), date(2025, 2, 3), "3 February 2025", id="a day"),
        pytest.param(date(2025, 2, 3), None, "since 3 February 2025", id="no end"),
        pytest.param(None, date(2025, 2, 3), "up to 3 February 2025", id="no beginning"),
        pytest.param(None, None, "the whole time", id="no bounds"),
    ],
)  # fmt: skip
def test_spans(first, last, expected):
    assert words.span_words(first, last) == expected


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("2026-10", "in October 2026"),
        ("2026-10-05", "on 5 October 2026"),
        ("2026-W43", "in week 43 of 2026"),
        ("2026-Q4", "in Q4 2026"),
        ("2026", "in 2026"),
        ("FY2026-P10", "in period 10 of FY 2026"),
        ("all", "over the whole time"),
    ],
)
def test_when(label, expected):
    assert words.in_period(label) == expected


def test_slices_are_told_once():
    assert words.slice_words((("line", "Line 3"), ("plant", "A"))) == "Line 3, A"
    assert words.slice_words((("line", "3"), ("line", "4"))) == "line 3 or 4"

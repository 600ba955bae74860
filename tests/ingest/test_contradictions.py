"""What a feed remembers holds until a file speaks against it; then it is asked again, saying why."""

import pytest
from raw_tables import from_rows

from kpi.ingest.interpret import Context, interpret
from kpi.model import FeedMemory

HEAD = "Date;Line;Produced Qty;Scrap Qty"
MAPPING = {"Date": "date", "Line": "line", "Produced Qty": "qty_produced", "Scrap Qty": "qty_scrap"}


def _memory(**conventions):
    signature = ("date", "line", "producedqty", "scrapqty")
    return FeedMemory("F", ("production", "scrap"), None, signature, MAPPING, conventions)


def _read(days, memory, answers=None, figures=("100", "2")):
    rows = [HEAD.split(";"), *([d, "L1", *figures] for d in days)]
    return interpret(
        [from_rows(rows)],
        context=Context("00", memories=(memory,) if memory else (), answers=answers or {}),
    )


def _months(found):
    return sorted({d.month for p in found.parts for d in p.table["date"].to_pylist()})


FIRST_WEEK = [f"03/{n:02}/2026" for n in range(1, 8)]  # the first days of March, month first


@pytest.mark.parametrize(
    ("days", "remembered", "asked"),
    [
        (["03/04/2026", "05/04/2026"], "dmy", False),  # nothing against it
        (["03/04/2026", "05/25/2026"], "dmy", True),  # a cell that only makes sense otherwise
        (["25/04/2026", "26/04/2026"], "mdy", True),
        (FIRST_WEEK, "dmy", True),  # every third of seven months, or one week
        (FIRST_WEEK, "mdy", False),
        ([f"01/{n:02}/2026" for n in range(1, 13)], "dmy", False),  # first days of the months
        (["2026-04-25"], "dmy", False),  # no day and month to be turned
    ],
)
def test_the_order_of_day_and_month(days, remembered, asked):
    found = _read(days, _memory(dates=remembered))
    assert bool(found.questions) is asked, found.questions
    if asked:
        (question,) = found.questions
        turned = "mdy" if remembered == "dmy" else "dmy"
        assert [c.value for c in question.candidates] == [turned, remembered]
        assert "until now" in question.ask
        settled = _read(days, _memory(dates=remembered), {question.id: turned})
        assert not settled.questions
        assert settled.parts[0].conventions["dates"] == turned


def test_first_days_of_months_are_no_twelve_days_of_january():
    found = _read([f"01/{n:02}/2026" for n in range(1, 13)], None)
    (question,) = found.questions
    assert [c.value for c in question.candidates] == ["dmy", "mdy"]
    assert _months(found) == list(range(1, 13))


def test_twelve_days_may_be_a_day_of_twelve_months():
    found = _read([f"07/{n:02}/2026" for n in range(1, 13)], None)
    (question,) = found.questions
    assert [c.value for c in question.candidates] == ["mdy", "dmy"]


def test_the_decimal_sign():
    known = _memory(decimal=".")
    assert not _read(["2026-04-01"], known, figures=("1.234", "2.5")).questions
    found = _read(["2026-04-01"], known, figures=("1.234", "2,5"))
    (question,) = found.questions
    assert [c.value for c in question.candidates] == [",", "."]
    assert question.ask == (
        "Has the decimal sign in '1.234' changed? until now '.' was the decimal sign, other columns "
        "of this file have ','."
    )
    assert found.parts[0].table["qty_produced"].to_pylist() == [1234.0]


STOPS = {"Date": "date", "Machine": "machine", "Reason": "reason", "Downtime": "minutes"}


def _stops(cell, heading="Downtime", **conventions):
    rows = [[f"2026-04-{d:02}", "M1", "Jam", cell] for d in range(1, 9)]
    memory = FeedMemory(
        "F", ("downtime",), None, ("date", "downtime", "machine", "reason"), STOPS,
        {f"unit:{k}": v for k, v in conventions.items()},
    )  # fmt: skip
    found = interpret(
        [from_rows([["Date", "Machine", "Reason", heading], *rows])],
        context=Context("00", memories=(memory,)),
    )
    return found, [q.candidates[0].value for q in found.questions]


@pytest.mark.parametrize(
    ("cell", "remembered", "asked"),
    [
        ("30", {"downtime": "min", "downtime:looks": "min"}, []),
        ("0.5", {"downtime": "min", "downtime:looks": "min"}, ["h"]),  # cells of another size
        ("0.5", {"downtime": "min", "downtime:looks": "h,min"}, []),  # both were minutes before
        ("30", {"downtime": "h", "downtime:printed": "h"}, ["min"]),  # only a heading said so
        ("30", {"downtime": "min", "downtime:printed": ""}, []),
    ],
)
def test_the_unit(cell, remembered, asked):
    found, best = _stops(cell, **remembered)
    assert best == asked
    if asked:
        assert "Until now it was in" in found.questions[0].ask


def test_a_printed_unit_goes_before_what_is_remembered():
    found, asked = _stops("0.5", "Downtime (h)", downtime="min")
    assert not asked
    assert found.parts[0].table["minutes"].to_pylist() == [30.0] * 8

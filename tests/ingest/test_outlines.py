"""Values written once per block: asked about, read for every row of the block, remembered."""

import pytest
from raw_tables import from_rows

from kpi.ingest.interpret import Context, interpret

HEAD = ["Date", "Line", "Qty Produced", "Scrap Qty"]


def rows(lines):
    """A week of two lines; what ``lines`` leaves out is blank."""
    body = [
        [f"2026-01-0{day}", line, 100.0 + day, float(day)]
        for day in range(1, 6)
        for line in ("L1", "L2")
    ]
    return [HEAD, *lines(body)]


def once_per_day(body):
    return [[row[0] if row[1] == "L1" else "", *row[1:]] for row in body]


def once_per_line(body):
    body = sorted(body, key=lambda row: row[1])
    return [[row[0], row[1] if row[0].endswith("01") else "", *row[2:]] for row in body]


def moved(table):
    """The line before the day."""
    return [[row[1], row[0], *row[2:]] for row in table]


def answered(table, choice=0):
    raw = [from_rows(table)]
    first = interpret(raw, context=Context("00"))
    answers = {q.id: q.candidates[choice].value for q in first.questions}
    return first, interpret(raw, context=Context("00", answers=answers))


@pytest.mark.parametrize(
    ("table", "heading"),
    [(rows(once_per_day), "Date"), (moved(rows(once_per_line)), "Line")],
    ids=["the day", "the line"],
)
def test_the_value_above_holds_by_the_users_word(table, heading):
    first, found = answered(table)
    assert [q.heading for q in first.questions] == [heading]
    (part,) = [p for p in found.parts if p.dataset == "production"]
    assert part.rows_accepted == 10
    column = part.table["date" if heading == "Date" else "line"].to_pylist()
    assert (len(set(column)), None in column) == (5 if heading == "Date" else 2, False)
    assert part.conventions[f"outline:{heading}"] == "fill"


def test_blanks_on_purpose_stay_blank():
    _, found = answered(moved(rows(once_per_line)), choice=1)
    (part,) = [p for p in found.parts if p.dataset == "production"]
    assert part.table["line"].to_pylist().count(None) == 8


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda body: body, id="nothing is blank"),
        pytest.param(
            lambda body: [[r[0], r[1] if i % 2 else "", *r[2:]] for i, r in enumerate(body)],
            id="the first row is blank",
        ),
        pytest.param(
            lambda body: [[r[0], "L1" if i % 3 == 0 else "", *r[2:]] for i, r in enumerate(body)],
            id="the same value again: a remark",
        ),
    ],
)
def test_other_blanks_are_not_asked_about(change):
    first = interpret([from_rows(moved(rows(change)))], context=Context("00"))
    assert not [q for q in first.questions if "value above" in q.ask]

"""The file's own totals against its rows: subtotals, groups, grand totals, durations, differences."""

from dataclasses import replace

import numpy as np
import pytest
from raw_tables import from_rows

from kpi.ingest.interpret import Context, interpret
from kpi.ingest.raw import RawTotal
from kpi.model import Severity

HEAD = ["Date", "Line", "Produced Qty", "Scrap Qty"]
ROWS = [
    ["2026-01-05", "L1", "100", "2"],
    ["2026-01-06", "L1", "50", "1"],
    ["2026-01-05", "L2", "70", "4"],
    ["2026-01-06", "L2", "30", "3"],
]  # rows 2 to 5 of the sheet


def _totals(rows, totals, head=HEAD):
    found = interpret([from_rows([head, *rows], totals=tuple(totals))], context=Context("00"))
    listed = {
        (t.field, t.where): (t.file_says, t.rows_say) for p in found.parts for t in p.control_totals
    }
    return listed, [p for p in found.problems if p.severity is Severity.WARNING]


def _total(row, label, scrap, made=None):
    values = {"Scrap Qty": scrap} | ({"Produced Qty": made} if made is not None else {})
    return RawTotal(row, label, values)


def test_a_grand_total_of_every_column():
    found, said = _totals(ROWS, [_total(6, "Total", 10.0, 250.0)])
    assert found == {
        ("qty_scrap", "Sheet1, row 6"): (10, 10),
        ("qty_produced", "Sheet1, row 6"): (250, 250),
    }
    assert not said


def _spaced():
    """Rows 2, 3 then a subtotal in 4, rows 5, 6 then one in 7."""
    return np.array([2, 3, 5, 6], np.int32)


@pytest.mark.parametrize(
    ("labels", "figures", "sums"),
    [
        (("Subtotal", "Subtotal", "Total"), (3, 7, 10), (3, 7, 10)),
        (("Total L1", "Total L2", "Grand total"), (3, 7, 10), (3, 7, 10)),
        (("Subtotal", "Subtotal", "Total"), (3, 10, 10), (3, 10, 10)),  # running totals
        (("Subtotal", "Subtotal", "Total"), (3, 8, 11), (3, 7, 10)),
    ],
)
def test_subtotals(labels, figures, sums):
    raw = from_rows([HEAD, *ROWS])
    totals = tuple(
        _total(r, n, float(f)) for r, n, f in zip((4, 7, 8), labels, figures, strict=True)
    )
    raw = replace(raw, rows=_spaced(), totals=totals)
    found = interpret([raw], context=Context("00"))
    (scrap,) = [p for p in found.parts if p.dataset == "scrap"]
    listed = {t.where: t.rows_say for t in scrap.control_totals}
    assert listed == dict(
        zip(("Sheet1, row 4", "Sheet1, row 7", "Sheet1, row 8"), sums, strict=True)
    )


def test_a_group_in_another_order_is_found_by_its_label():
    mixed = [ROWS[0], ROWS[2], ROWS[1], ROWS[3]]
    found, said = _totals(mixed, [_total(6, "Summe L2", 7.0), _total(7, "Summe L1", 3.0)])
    assert set(found.values()) == {(7, 7), (3, 3)}
    assert not said


def test_the_difference_is_named():
    _, said = _totals(ROWS, [_total(6, "Total", 12.5)])
    (problem,) = said
    assert problem.actual == "the file's total is 12.5, the rows add up to 10: 2.5 too little"
    assert problem.column == "Scrap Qty"
    assert problem.advice == "See Sheet1, row 6; rows may be missing from the export."


def test_a_total_of_durations():
    head = ["Date", "Machine", "Downtime (h)", "Reason"]
    rows = [["2026-01-05", "M1", "1:30", "A"], ["2026-01-06", "M1", "0:45", "B"]]
    total = RawTotal(4, "Total", {"Downtime (h)": "2:15"})
    found, said = _totals(rows, [total], head)
    assert list(found.values()) == [(135, 135)]
    assert not said


def test_rejected_rows_are_in_the_sum():
    rows = [*ROWS, ["no date", "L2", "10", "5"]]
    found, _ = _totals(rows, [_total(7, "Total", 15.0)])
    assert found["qty_scrap", "Sheet1, row 7"] == (15, 15)

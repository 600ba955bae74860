"""Logs of states: stops are the time from a standing state to the machine's next row."""

from datetime import datetime

import numpy as np
import pytest
from raw_tables import table

from kpi.ingest.conventions import Context, Desk
from kpi.ingest.grids import grid_of
from kpi.ingest.interpret import interpret
from kpi.ingest.states import stops_of_states

LOG = """Timestamp,Machine,State
2026-03-01 06:00,M1,RUN
2026-03-01 06:00,M2,RUN
2026-03-01 06:50,M1,FAULT
2026-03-01 06:55,M1,FAULT
2026-03-01 07:10,M1,SETUP
2026-03-01 07:40,M1,RUN
2026-03-01 08:00,M2,IDLE"""


def stops(text):
    found = stops_of_states(grid_of(table(text)), Desk(Context("00")))
    if found is None:
        return None
    by_heading = {c.heading: c for c in found.columns}
    begin, end = (by_heading[h].as_moments().values for h in ("Stop start", "Stop end"))
    reason = by_heading["Stop reason"].as_text().to_pylist()
    machine = (
        by_heading["Machine"].as_text().to_pylist()
        if "Machine" in by_heading
        else [None] * len(reason)
    )
    return [
        (m, r, b.astype(datetime), None if np.isnat(e) else e.astype(datetime))
        for m, r, b, e in zip(machine, reason, begin, end, strict=True)
    ]


def at(hour, minute):
    return datetime(2026, 3, 1, hour, minute)


def test_a_stop_lasts_until_the_next_state_and_the_last_is_open():
    assert stops(LOG) == [
        ("M1", "FAULT", at(6, 50), at(7, 10)),  # told twice: one state
        ("M1", "SETUP", at(7, 10), at(7, 40)),
        ("M2", "IDLE", at(8, 0), None),
    ]


def test_the_order_of_rows_does_not_matter():
    head, *rows = LOG.splitlines()
    assert sorted(stops("\n".join([head, *reversed(rows)]))) == sorted(stops(LOG))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (LOG.replace("RUN", "EAST").replace("IDLE", "WEST"), "no word of a running machine"),
        (LOG.replace(" 06:", " ").replace(":", ""), "days without a time"),
        (LOG.replace("FAULT", "RUN").replace("SETUP", "RUN").replace("IDLE", "RUN"), "never stops"),
    ],
)
def test_other_tables_are_left_alone(text, why):
    assert stops(text) is None, why


def test_it_is_asked_before_it_is_done():
    desk = Desk(Context("00"))
    stops_of_states(grid_of(table(LOG)), desk)
    (question,) = desk.questions.values()
    assert [c.value for c in question.candidates] == ["stops", "ignore"]


def test_a_log_goes_the_whole_way():
    tables = [table(LOG)]
    first = interpret(tables, context=Context("00"))
    (question,) = first.questions
    found = interpret(tables, context=Context("00", answers={question.id: "stops"}))
    (part,) = found.parts
    assert part.dataset == "downtime"
    assert part.table["reason"].to_pylist() == ["FAULT", "SETUP", "IDLE"]
    assert part.table["end"].null_count == 1
    ignored = interpret(tables, context=Context("00", answers={question.id: "ignore"}))
    assert not ignored.parts

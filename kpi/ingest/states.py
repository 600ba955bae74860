"""Logs of a machine's states: each row says what holds from then on, and a stop lasts until the next.

A machine that reports RUN, SETUP, FAULT with a time stamp writes down no durations. They are the time
from one row to the machine's next; the last state of a log is still open.
"""

import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from kpi.ingest.columns import NAT, Column
from kpi.ingest.conventions import Desk
from kpi.ingest.dates import bare
from kpi.ingest.grids import Grid
from kpi.ingest.vocabulary import vocabulary
from kpi.texts import said

_DATA: Final = Path(__file__).parent / "data" / "states.json"
_PLACES: Final = frozenset({"plant", "line", "machine", "work_center"})
_MOST_STATES: Final = 40
_KNOWN: Final = 0.6


def stops_of_states(grid: Grid, desk: Desk) -> Grid | None:
    """The stops of a log of states, each from its row to the machine's next; ``None`` for others.

    Asked before it is done. Rows of a running machine end stops and are none themselves; the same
    state told again is one state.
    """
    state, moment = _state_column(grid), _moment_column(grid)
    if state is None or moment is None:
        return None
    stamps = grid.columns[moment].as_moments(desk.decided.get("dates")).values
    running, usable = _running(grid.columns[state]), ~np.isnat(stamps) & grid.columns[state].filled
    order, machine = _in_time(grid, stamps, usable)
    first = _changes(grid.columns[state], machine, order)
    begins = order[first]
    ends = _until_next(stamps, machine, begins)
    stop = ~running[begins]
    if not stop.any():
        return None
    answer = desk.ask(
        "dataset",
        grid.sheet,
        "states",
        said("Does each row say what state the machine is in from then on?"),
        [
            (
                "stops",
                said("stops last until the machine's next row: {n} of them", n=int(stop.sum())),
            ),
            ("ignore", said("nothing is taken from this table")),
        ],
        heading=grid.columns[state].heading,
        samples=grid.columns[state].examples(),
    )
    if answer != "stops":
        return None
    return _as_stops(grid, begins[stop], stamps, ends[stop], state, moment)


@cache
def _words() -> tuple[frozenset[str], frozenset[str]]:
    """Words of a state in which a machine makes something, and of one in which it does not."""
    told = json.loads(_DATA.read_text("utf-8"))
    return frozenset(told["running"]), frozenset(told["standing"])


def _state_column(grid: Grid) -> int | None:
    """The one column whose cells are mostly words of states, running and standing ones."""
    found = []
    running, standing = _words()
    for i, column in enumerate(grid.columns):
        if not 2 <= len(column.texts) <= _MOST_STATES or column.shares["text"] < 0.9:
            continue
        words = [bare(t.strip()) for t in column.texts.to_pylist()]
        runs = np.array([_is(w, running) for w in words])
        stands = np.array([_is(w, standing) for w in words])
        codes = column.codes[column.codes >= 0]
        if runs.any() and stands.any() and float((runs | stands)[codes].mean()) >= _KNOWN:
            found.append(i)
    return found[0] if len(found) == 1 else None


def _is(text: str, words: frozenset[str]) -> bool:
    return text in words or any(part in words for part in text.replace("_", " ").split())


def _moment_column(grid: Grid) -> int | None:
    """The one column of days with a time."""
    dated = [i for i, c in enumerate(grid.columns) if c.shares["date"] > 0.8]
    timed = [i for i in dated if grid.columns[i].as_moments("dmy").timed]
    return timed[0] if len(timed) == 1 else None


def _running(column: Column) -> npt.NDArray[np.bool_]:
    running, standing = _words()
    words = [bare(t.strip()) for t in column.texts.to_pylist()]
    runs = np.array([_is(w, running) and not _is(w, standing) for w in words], bool)
    return np.where(column.codes >= 0, runs[np.maximum(column.codes, 0)], False)


def _in_time(
    grid: Grid, stamps: npt.NDArray[np.datetime64], usable: npt.NDArray[np.bool_]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Usable rows by machine and time, and a code of the machine per row of the table."""
    machine = np.zeros(len(grid), np.int64)
    for column in grid.columns:
        if {m.field for m in vocabulary().lookup(column.heading)} & _PLACES:
            codes = pc.fill_null(pc.dictionary_encode(column.as_text()).indices, -1)
            both = machine * (len(grid) + 1) + np.asarray(codes) + 1
            machine = np.unique(both, return_inverse=True)[1].astype(np.int64)
    rows = np.flatnonzero(usable)
    order = rows[np.lexsort((rows, stamps[rows], machine[rows]))]
    return order, machine


def _changes(
    column: Column, machine: npt.NDArray[np.int64], order: npt.NDArray[np.int64]
) -> npt.NDArray[np.bool_]:
    """Which rows, in time, begin another state of their machine."""
    codes = column.codes[order]
    fresh = np.ones(len(order), bool)
    fresh[1:] = (codes[1:] != codes[:-1]) | (machine[order][1:] != machine[order][:-1])
    return fresh


def _until_next(
    stamps: npt.NDArray[np.datetime64],
    machine: npt.NDArray[np.int64],
    begins: npt.NDArray[np.int64],
) -> npt.NDArray[np.datetime64]:
    """The moment of the machine's next state; missing for its last."""
    ends = np.full(len(begins), NAT)
    same = machine[begins][1:] == machine[begins][:-1]
    ends[:-1][same] = stamps[begins][1:][same]
    return ends


def _as_stops(
    grid: Grid,
    rows: npt.NDArray[np.int64],
    stamps: npt.NDArray[np.datetime64],
    ends: npt.NDArray[np.datetime64],
    state: int,
    moment: int,
) -> Grid:
    """A table of stops: start, end and reason in place of moment and state."""
    columns = []
    for i, column in enumerate(grid.columns):
        taken = column.take(rows)
        if i == moment:
            columns.append(Column("Stop start", column.letter, len(rows), stamps=stamps[rows]))
            columns.append(Column("Stop end", column.letter, len(rows), stamps=ends))
        elif i == state:
            kept = Column(
                "Stop reason", column.letter, len(rows), texts=taken.texts, codes=taken.codes
            )
            columns.append(kept)
        else:
            columns.append(taken)
    return replace(
        grid,
        columns=tuple(columns),
        sheets=grid.sheets.take(pa.array(rows)),
        rows=grid.rows[rows],
    )

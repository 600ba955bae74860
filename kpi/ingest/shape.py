"""Tables that are not one fact per row: periods across, members across, metric rows, months apart."""

from dataclasses import replace
from typing import Final

from kpi.ingest.across import Across, take_apart, unsure_names
from kpi.ingest.blocks import has_blocks, turn_blocks
from kpi.ingest.codes import named_elsewhere
from kpi.ingest.columns import Column
from kpi.ingest.conventions import Desk
from kpi.ingest.grids import Grid, below
from kpi.ingest.heads import is_plan, measure_of
from kpi.ingest.labels import measure_in
from kpi.ingest.measuring_words import field_of
from kpi.ingest.months import with_period
from kpi.ingest.naming import with_names
from kpi.ingest.turning import turn_periods
from kpi.ingest.wholes import without_whole_rows
from kpi.texts import Said, said

MIN_PERIODS: Final = 3
"""So many headings must be periods for a table to be remembered without them."""

_LETTERS: Final = {"w": "week", "m": "month", "p": "month", "s": "week", "t": "month"}


def reshape(grid: Grid, desk: Desk) -> Grid | Said:
    """The table with one fact per row, its period as a date; unchanged where it is so already.

    Where it cannot be had, the reason in words.
    """
    for part in (grid, *grid.parts):
        if part.copies:
            _say_copied(part, desk)
    if grid.parts:
        return _joined(grid, desk)
    if (planned := _planned(grid, desk)) is not None:
        return planned
    turned = _turned(grid, desk)
    if isinstance(turned, Said):
        return turned
    dated = with_period(turned, desk)
    return dated if isinstance(dated, Said) else with_names(dated, desk)


def _planned(grid: Grid, desk: Desk) -> Said | None:
    """Why a table of targets is not read, where its title or sheet calls it one and the user agrees."""
    told = next((t for t in (*grid.titles, grid.sheet) if is_plan(t)), None)
    figures = any(measure_of(c.heading) is not None for c in grid.columns if c.heading)
    if told is None or not (figures or runs_across(grid, desk)):
        return None
    answer = desk.ask(
        "dataset",
        grid.sheet,
        "plan",
        said("{title}: are these targets, or figures of what happened?", title=repr(told)),
        [
            ("plan", said("targets or a plan: nothing is read from this table")),
            ("actual", said("figures of what happened")),
        ],
    )
    return said("its figures are targets or a plan") if answer == "plan" else None


def _say_copied(grid: Grid, desk: Desk) -> None:
    desk.note(
        grid.sheet,
        said(
            "sheet {copies} holds the same cells as this one: it is read once",
            copies=", ".join(repr(c) for c in grid.copies),
        ),
    )


def runs_across(grid: Grid, desk: Desk) -> bool:
    """Whether the figures of a table surely run across: under periods, or as parts of a measure.

    Limits beside them say otherwise: then they are measured values.
    """
    if any(field_of(c.heading) in ("lsl", "usl") for c in grid.columns if c.heading):
        return False
    table = grid.parts[0] if grid.parts else grid
    across = take_apart(table, Desk(desk.context))
    if across.axis is not None and across.periods:
        return not unsure_names(across) or measure_in(table.titles) is not None
    return has_blocks(table, across, desk)


def _turned(grid: Grid, desk: Desk) -> Grid | Said:
    across = take_apart(grid, desk)
    if unsure_names(across):
        across = _told_apart(grid, across, desk)
    if across.axis is not None and len(across.periods) > 0:
        return turn_periods(grid, across, desk)
    return turn_blocks(without_whole_rows(grid, desk), across, desk)


def _told_apart(grid: Grid, across: Across, desk: Desk) -> Across:
    """M1, M2, M3 are months or machines, W1 to W4 weeks: only the user knows."""
    leaves = [(grid.layers[i][-1] if grid.layers else h.heading) for i, h in _lone(grid, across)]
    letter = leaves[0].strip()[:1].casefold()
    grain = _LETTERS.get(letter, "month")
    options = [
        ("names", said("machines, lines, shifts or products")),
        ("periods", said("weeks") if grain == "week" else said("months")),
    ]
    if letter == "w":
        options.reverse()
    shown = ", ".join(repr(t) for t in leaves[:4])
    answer = (
        "names"
        if named_elsewhere(leaves, desk) is not None
        else desk.ask(
            "convention",
            grid.sheet,
            "unsure",
            said("Are {headings} periods?", headings=shown),
            options,
        )
    )
    if answer == "periods":
        return across
    heads = {
        i: h if h.period is None else replace(h, period=None, member=grid.columns[i].heading)
        for i, h in across.heads.items()
    }
    return replace(across, heads=heads, axis=None)


def _lone(grid: Grid, across: Across) -> list[tuple[int, Column]]:
    return [(h.index, grid.columns[h.index]) for h in across.periods]


def _joined(grid: Grid, desk: Desk) -> Grid | Said:
    """The sheets of one table, each turned for itself, below each other."""
    turned: list[Grid] = []
    for part in grid.parts:
        shaped = _turned(part, desk)
        if isinstance(shaped, Grid):
            shaped = with_period(shaped, desk)
        if isinstance(shaped, Said):
            return shaped
        turned.append(shaped)
    return with_names(below(turned, grid.sheet), desk)

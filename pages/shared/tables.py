"""Tables: escaped HTML for what is read, a data frame for what is picked, CSV to take along."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd
import streamlit as st

from kpi.analysis.results import RowsView
from kpi.analysis.trail_head import printed_head
from kpi.figures.escape import clean, html
from kpi.safe_text import csv_text, file_name, neutral_cell
from pages.shared import cached, inputs, named, terms
from pages.shared.messages import small

_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")


def csv_bytes(frame: pd.DataFrame) -> bytes:
    """The frame as CSV (UTF-8 with its mark, so that spreadsheets read it), formulas disarmed."""
    return csv_text(frame).encode("utf-8-sig")


HEAD_COLUMN: Final = "Head of the audit trail"


def download(
    label: str, frame: pd.DataFrame, name: str, *, key: str = "", stamped: bool = True
) -> None:
    """A button that saves the frame as CSV; ``key`` tells buttons of one file name apart.

    The head of the audit trail stands in a last column, unless the frame is not ``stamped``.
    """
    home, when = inputs.here(), inputs.now()

    def content() -> bytes:
        head = printed_head(home.store, when)
        return csv_bytes(frame.assign(**{HEAD_COLUMN: head}) if stamped else frame)

    st.download_button(
        label,
        data=content,
        file_name=file_name(name, "csv"),
        mime="text/csv",
        icon=":material/download:",
        key=f"download {key or name}",
        on_click="ignore",
    )


@dataclass(frozen=True, slots=True)
class Way:
    """A cell that leads somewhere: its text, and the address relative to a page's own."""

    text: str
    address: str

    def __str__(self) -> str:
        return self.text


def table(
    headings: Sequence[str],
    lines: Iterable[Sequence[Any]],
    *,
    numbers: Sequence[int] = (),
    whole: Sequence[int] = (),
    snug: bool = False,
) -> None:
    """A table to read: escaped, and a card for each line on a telephone.

    ``numbers`` are the columns set to the right, ``whole`` those never broken into lines, such as
    dates. A cell ``None`` stays empty, and a record named in a cell is a link. ``snug``: only as wide as its cells need.
    """
    head = "".join(
        f'<th scope="col"{_style(i, numbers, whole)}>{terms.heading(text)}</th>'
        for i, text in enumerate(headings)
    )
    body = "".join(f"<tr>{_cells(headings, line, numbers, whole)}</tr>" for line in lines)
    st.html(
        f'<div class="cn-scroll"><table class="cn-table cn-cards{" cn-snug" if snug else ""}">'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _style(column: int, numbers: Sequence[int], whole: Sequence[int]) -> str:
    if column in numbers:
        return ' class="cn-number"'
    return ' class="cn-whole"' if column in whole else ""


def _kept_whole(column: int, cell: object, whole: Sequence[int]) -> Sequence[int]:
    """A day is never broken into lines, whichever column it stands in."""
    return (*whole, column) if _DAY.fullmatch(str(cell)) else whole


def _cells(
    headings: Sequence[str], line: Sequence[Any], numbers: Sequence[int], whole: Sequence[int]
) -> str:
    beside = " ".join(str(cell) for cell in line)
    return "".join(
        f'<td{_style(i, numbers, _kept_whole(i, cell, whole))} data-label="{html(headings[i])}">'
        f"{_shown(cell, beside)}</td>"
        for i, cell in enumerate(line)
    )


def _shown(cell: object, beside: str) -> str:
    if isinstance(cell, Way):
        return f'<a class="cn-record" href="{html(cell.address)}">{html(cell.text)}</a>'
    return "" if cell is None else named.records_in(cell, longest=600, beside=beside)


def raw_rows(view: RowsView, name: str) -> None:
    """The rows behind a figure; the one picked is shown as its file shows it."""
    small(view.formula)
    if view.rows.empty:
        small("There are no rows for this period.")
        return
    shown = view.rows.map(lambda cell: neutral_cell(clean(cell)) if isinstance(cell, str) else cell)
    picked = st.dataframe(
        shown,
        hide_index=True,
        column_order=[c for c in shown.columns if c != "upload" and shown[c].notna().any()],
        on_select="rerun",
        selection_mode="single-row",
        key=f"rows {name}",
        height=min(420, 38 + 35 * len(shown)),
        alt=clean(view.title),
    )
    if len(view.rows) < view.total:
        small(f"The first {len(view.rows)} of {view.total} rows.")
    download("Save these rows as CSV", view.rows, f"rows-{name}")
    chosen = list(picked["selection"]["rows"])
    if chosen:
        _as_in_file(view.rows.iloc[chosen[0]])
    else:
        small("Select a row to see the cells of the uploaded file.")


def _as_in_file(row: pd.Series) -> None:
    place = f"{row['file']}, sheet {row['sheet']}, row {row['row']}"
    st.html(f'<p class="cn-card-title">{html(place)}</p>')
    cells = cached.cells(inputs.here(), str(row["upload"]), str(row["sheet"]), int(row["row"]))
    table(("Heading", "Cell as the file shows it"), cells)


def sample(frame: pd.DataFrame) -> None:
    """A few rows to recognise a table by; columns without a value are left out."""
    kept = frame.dropna(axis="columns", how="all").drop(columns=["sheet"], errors="ignore")
    lines = [
        [None if pd.isna(cell) else cell for cell in row] for row in kept.to_numpy(dtype=object)
    ]
    table([str(column) for column in kept.columns], lines)

"""Columns of a CSV file that a chart is made from: every cell is text until it is asked for."""

from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from kpi.errors import RefusedFileError, UnknownNameError, UsageError
from kpi.ingest import read_plain
from kpi.spc.result import Mask, Values

_MISSING: Final = ("", "na", "n/a", "nan", "null", "none", "-", "–")
_TRUE: Final = ("true", "1", "yes", "y", "x")
_FALSE: Final = ("false", "0", "no", "n", *_MISSING)
_FIRST_DATA_ROW: Final = 2


def read_columns(path: Path) -> tuple[pd.DataFrame, bool]:
    """All cells as text (missing ones empty), and whether numbers may carry a decimal comma.

    UTF-8 or Windows-1252, with comma, semicolon, tab or bar between the cells. Raises ``UsageError``
    where the file cannot be read as such.
    """
    try:
        table = read_plain(path)
    except OSError as error:
        raise UsageError(f"The file {path.name!r} cannot be read: {error.strerror}.") from error
    except RefusedFileError as error:
        raise UsageError(f"The file {path.name!r} cannot be charted. {error}") from error
    told = {key.decode(): value.decode() for key, value in table.schema.metadata.items()}
    frame = table.replace_schema_metadata().to_pandas()
    frame.index += int(told["skipped"])  # rows are named as the file counts them
    return frame[_rows(frame)], told["separator"] == ";"


def _rows(frame: pd.DataFrame) -> Mask:
    """Rows that are there: no blank lines at the end; in a single column a blank inside is a gap."""
    filled = (frame != "").any(axis=1).to_numpy(dtype=bool)
    if frame.shape[1] > 1 or not filled.any():
        return np.asarray(filled)
    return np.asarray(np.arange(len(filled)) <= np.flatnonzero(filled)[-1])


def column_named(frame: pd.DataFrame, name: str) -> str:
    """The heading, exactly or but for case; ``UnknownNameError`` otherwise."""
    if name in frame.columns:
        return name
    near = [str(c) for c in frame.columns if c.lower() == name.lower()]
    if len(near) == 1:
        return near[0]
    raise UnknownNameError("column", name, known=[str(c) for c in frame.columns])


def _cells(frame: pd.DataFrame, name: str) -> tuple[str, pd.Series]:
    heading = column_named(frame, name)
    return heading, frame[heading].str.strip()


def numbers(frame: pd.DataFrame, name: str, *, decimal_comma: bool) -> Values:
    """A column as numbers, ``nan`` where the cell is empty or says so.

    Raises ``UsageError`` naming the first cell that is no finite number.
    """
    heading, cells = _cells(frame, name)
    missing = cells.str.lower().isin(_MISSING)
    plain = cells
    if decimal_comma and cells.str.fullmatch(r"[-+]?[\d.]*,\d+").any():
        plain = cells.str.replace(".", "", regex=False).str.replace(",", ".", regex=False)
    read = pd.to_numeric(plain.where(~missing, "nan"), errors="coerce").to_numpy(dtype=float)
    bad = ~np.isfinite(read) & ~missing.to_numpy()
    if bad.any():
        _refuse(frame, heading, cells, bad, "a number")
    return read


def number_matrix(frame: pd.DataFrame, names: list[str], *, decimal_comma: bool) -> Values:
    """Several columns side by side, one row per point."""
    return np.column_stack([numbers(frame, n, decimal_comma=decimal_comma) for n in names])


def flags(frame: pd.DataFrame, name: str) -> Mask:
    """A column of TRUE or 1 against FALSE, 0 or nothing; ``UsageError`` for another cell."""
    heading, cells = _cells(frame, name)
    lower = cells.str.lower()
    marked = lower.isin(_TRUE).to_numpy()
    bad = ~marked & ~lower.isin(_FALSE).to_numpy()
    if bad.any():
        _refuse(frame, heading, cells, bad, "TRUE or FALSE")
    return np.asarray(marked, dtype=bool)


def _refuse(
    frame: pd.DataFrame, heading: str, cells: "pd.Series[str]", bad: Mask, expected: str
) -> None:
    at = int(np.flatnonzero(bad)[0])
    row = int(frame.index[at]) + _FIRST_DATA_ROW
    raise UsageError(f"Row {row}, column {heading!r}: expected {expected}, got {cells.iloc[at]!r}.")

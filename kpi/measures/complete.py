"""A table of facts with every column its dataset declares, in the declared types."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from kpi.datasets import PROVENANCE, Dataset, Kind

NEVER: Final = pd.Timestamp(9000, 1, 1)
"""Systems write 31.12.9999 for "no end" or "no date": from here on a date reads as missing."""


def complete(table: pd.DataFrame, dataset: Dataset) -> pd.DataFrame:
    """The columns of the dataset and the provenance, rows numbered from 0.

    A column that is not there is all missing. Text is ``str``, numbers are ``float64``, dates and
    times ``datetime64[us]`` (dates at midnight); other columns are left out.
    """
    out = table.reindex(columns=[*dataset.names, *PROVENANCE]).reset_index(drop=True)
    for column in dataset.columns:
        if column.kind is Kind.DATE:
            out[column.name] = as_days(out[column.name])
        elif column.kind is Kind.TIMESTAMP:
            out[column.name] = _known(out[column.name])
        elif column.kind is Kind.TEXT and column.name not in table:
            out[column.name] = pd.array(pa.nulls(len(out), pa.string()), dtype="str")
        elif column.kind is Kind.TEXT:
            out[column.name] = out[column.name].astype("str")
        else:
            out[column.name] = out[column.name].astype(
                "boolean" if column.kind is Kind.FLAG else "float64"
            )
    return out.astype({"upload": "str", "sheet": "str"})


def as_days(values: pd.Series) -> pd.Series:
    """Dates of any kind as ``datetime64[us]`` at midnight; missing stays missing."""
    days: pd.Series = _known(values).dt.normalize()
    return days


def _known(values: pd.Series) -> pd.Series:
    times: pd.Series = pd.to_datetime(values).astype("datetime64[us]")
    return times.where(times < NEVER)


def texts(codes: npt.NDArray[np.int64], words: Sequence[str]) -> pd.Series:
    """The words at these positions, as a column of text; quicker than from an array of objects."""
    return pd.Series(pd.array(pa.array(words, pa.string()).take(pa.array(codes)), dtype="str"))

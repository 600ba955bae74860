"""Typed cells as the text a person reads: whole numbers without a fraction, days without a time."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kpi.ingest.dates import Floats, Stamps


def number_texts(numbers: Floats) -> pa.Array:
    """Numbers as text, whole ones without a fraction; null for nan.

    >>> number_texts(np.array([7.0, 2.5, np.nan])).to_pylist()
    ['7', '2.5', None]
    """
    missing = np.isnan(numbers)
    whole = ~missing & (np.abs(numbers) < 1e15) & (numbers == np.floor(numbers))
    ints = pa.array(np.where(whole, numbers, 0).astype(np.int64), mask=~whole)
    rest = pa.array(numbers, mask=missing | whole)
    return pc.coalesce(pc.cast(ints, pa.string()), pc.cast(rest, pa.string()))


def stamp_texts(stamps: Stamps) -> pa.Array:
    """Moments as ISO text, days without a time; null for NaT."""
    missing = np.isnat(stamps)
    days = stamps.astype("M8[D]")
    whole = ~missing & (stamps == days)
    text = np.where(whole, days.astype(str), stamps.astype("M8[s]").astype(str))
    return pa.array(text.astype(object), pa.string(), mask=missing)


def clock_texts(clocks: Floats) -> pa.Array:
    """Seconds as h:mm:ss; null for nan."""
    missing = np.isnan(clocks)
    unique, codes = np.unique(np.where(missing, 0, clocks), return_inverse=True)
    texts = [f"{int(s) // 3600}:{int(s) // 60 % 60:02d}:{int(s) % 60:02d}" for s in unique]
    return pa.array(np.array(texts, object)[codes], pa.string(), mask=missing)

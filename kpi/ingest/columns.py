"""One column of a table with its readings: as text, number, moment, time of day, minutes.

Texts are kept once each (distinct) with a code per row, so that reading a million cells costs
what their distinct texts cost.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from kpi.ingest.coded import coded
from kpi.ingest.dates import (
    DateTexts,
    Floats,
    Stamps,
    from_serials,
    read_clock_texts,
    read_date_texts,
)
from kpi.ingest.durations import MINUTES_PER, read_duration_texts
from kpi.ingest.numbers import Mask, NumberTexts, read_number_texts, visible
from kpi.ingest.printing import clock_texts, number_texts, stamp_texts
from kpi.ingest.raw import RawColumn
from kpi.ingest.vocabulary import Heading, vocabulary

Codes = npt.NDArray[np.int32]

NAT: Final = np.datetime64("NaT", "us")
_SENTINELS: Final = tuple(
    np.datetime64(d, "us") for d in ("1899-12-30", "1900-01-02", "9000-01-01")
)


@dataclass(frozen=True)
class Reading:
    """A column read as numbers (or minutes): nan where blank; ``bad`` where a cell resisted."""

    values: Floats
    bad: Mask


@dataclass(frozen=True)
class Moments:
    """A column read as dates: NaT where blank; ``bad`` where a cell resisted."""

    values: Stamps
    bad: Mask
    timed: bool


class Column:
    """A column: distinct texts with a code per row, and typed cells beside them.

    Every row has at most one of text (code >= 0), number, stamp and clock (seconds).
    """

    def __init__(
        self,
        heading: str,
        letter: str,
        length: int,
        *,
        texts: pa.Array | None = None,
        codes: Codes | None = None,
        numbers: Floats | None = None,
        stamps: Stamps | None = None,
        clocks: Floats | None = None,
        epoch1904: bool = False,
    ) -> None:
        self.heading = heading
        self.letter = letter
        self.length = length
        self.texts = texts if texts is not None else pa.array([], pa.string())
        self.codes = codes if codes is not None else np.full(length, -1, np.int32)
        self.numbers = numbers
        self.stamps = stamps
        self.clocks = clocks
        self.epoch1904 = epoch1904

    @cached_property
    def named(self) -> Heading:
        """The heading as the vocabulary compares it."""
        return vocabulary().normalise(self.heading)

    @cached_property
    def filled(self) -> Mask:
        """Where a cell holds something."""
        out = self.codes >= 0
        if self.numbers is not None:
            out |= ~np.isnan(self.numbers)
        if self.stamps is not None:
            out |= ~np.isnat(self.stamps)
        if self.clocks is not None:
            out |= ~np.isnan(self.clocks)
        return out

    def _typed(self, values: Floats | Stamps | None) -> int:
        if values is None:
            return 0
        missing = np.isnat(values) if values.dtype.kind == "M" else np.isnan(values)
        return int((~missing).sum())

    @cached_property
    def sample(self) -> pa.Array:
        """Up to 500 distinct texts, spread over the column: enough to tell what it holds."""
        if len(self.texts) <= 500:
            return self.texts
        step = np.linspace(0, len(self.texts) - 1, 500).astype(np.int64)
        return self.texts.take(pa.array(step))

    @cached_property
    def shares(self) -> dict[str, float]:
        """Which share of the filled cells (distinct texts, sampled) reads as what, 0 to 1."""
        total = int(self.filled.sum())
        if total == 0:
            return dict.fromkeys(("number", "date", "clock", "text"), 0.0)
        texts = int((self.codes >= 0).sum()) / total
        sample = self.sample
        count = max(len(sample), 1)
        every = sample is self.texts
        dates = (self.date_texts if every else read_date_texts(sample)).readable
        numbers = (self.number_texts if every else read_number_texts(sample)).readable
        clocks = ~np.isnan(read_duration_texts(sample)) & ~numbers
        past = self._typed(self._past_midnight) / total
        return {
            "number": self._typed(self.numbers) / total + texts * float(numbers.sum()) / count,
            "date": self._typed(self.stamps) / total - past + texts * float(dates.sum()) / count,
            "clock": self._typed(self.clocks) / total + past + texts * float(clocks.sum()) / count,
            "text": texts * float((~numbers & ~dates & ~clocks).sum()) / count,
        }

    @cached_property
    def _past_midnight(self) -> Floats | None:
        """Seconds of cells that count time beyond 24 h and are typed as a day of early 1900."""
        if self.stamps is None:
            return None
        early = (self.stamps >= _SENTINELS[0]) & (self.stamps < np.datetime64("1900-03-01", "us"))
        if not early.any():
            return None
        span = (self.stamps - np.datetime64("1899-12-31", "us")) / np.timedelta64(1_000_000, "us")
        return np.where(early & (span >= 0), span, np.nan)

    @property
    def empty(self) -> bool:
        """No cell holds anything."""
        return not bool(self.filled.any())

    @cached_property
    def number_texts(self) -> NumberTexts:
        """The distinct texts read as numbers by their own evidence."""
        return read_number_texts(self.texts)

    @cached_property
    def date_texts(self) -> DateTexts:
        """The distinct texts read as dates by their own evidence."""
        return read_date_texts(self.texts, codes=self.codes)

    def as_numbers(self, decimal: str | None = None) -> Reading:
        """Numbers of all rows; ``decimal`` decides where the texts do not."""
        texts = self.number_texts
        if decimal is not None and texts.doubtful:
            texts = read_number_texts(self.texts, decimal=decimal)
        values = _spread(np.where(texts.readable, texts.values, np.nan), self.codes)
        if self.numbers is not None:
            values = np.where(np.isnan(values), self.numbers, values)
        return Reading(values, self.filled & np.isnan(values))

    def as_moments(self, order: str | None = None, *, serials: bool = True) -> Moments:
        """Dates or timestamps of all rows; ``order`` decides where the texts do not."""
        texts = self.date_texts
        if order is not None and texts.doubtful:
            texts = read_date_texts(self.texts, order=order, codes=self.codes)
        values = _spread_stamps(texts.stamps, self.codes)
        if self.stamps is not None:
            values = np.where(np.isnat(values), self.stamps, values)
        if serials:
            loose = self._serials()
            if loose is not None:
                values = np.where(
                    np.isnat(values), from_serials(loose, epoch1904=self.epoch1904), values
                )
                compact = _compact(loose)
                values = np.where(np.isnat(values), compact, values)
        zero, one, late = _SENTINELS
        sentinel = ~np.isnat(values) & (((values >= zero) & (values <= one)) | (values >= late))
        values = np.where(sentinel, NAT, values)
        timed = bool((values != values.astype("M8[D]"))[~np.isnat(values)].any())
        return Moments(values, self.filled & np.isnat(values) & ~sentinel, timed)

    def _serials(self) -> Floats | None:
        """Bare numbers that may count days: typed, or texts of five digits."""
        loose = self.numbers
        if len(self.texts):
            five = pc.match_substring_regex(self.texts, r"^\d{5}(?:[.,]\d+)?$")
            if pc.any(five).as_py():
                text = pc.replace_substring(pc.if_else(five, self.texts, None), ",", ".")
                table = np.asarray(pc.cast(text, pa.float64()).to_numpy(zero_copy_only=False))
                spread = _spread(table, self.codes)
                loose = spread if loose is None else np.where(np.isnan(loose), spread, loose)
        return loose

    def as_clock(self) -> Floats:
        """Seconds since midnight where a cell is a time of day; nan elsewhere."""
        values = _spread(read_clock_texts(self.texts), self.codes)
        if self.clocks is not None:
            values = np.where(np.isnan(values), self.clocks, values)
        if self.stamps is not None:
            # A time past midnight of a 24-hour cell is typed as the first day of the epoch.
            epoch = self.stamps < np.datetime64("1900-01-03", "us")
            past = (self.stamps - self.stamps.astype("M8[D]")) / np.timedelta64(1_000_000, "us")
            values = np.where(np.isnan(values) & epoch, past, values)
        if self.numbers is not None:
            day = (self.numbers >= 0) & (self.numbers < 1)
            values = np.where(np.isnan(values) & day, self.numbers * 86400, values)
        return values

    def as_minutes(self, unit: str, decimal: str | None = None) -> Reading:
        """Minutes: clocks and words as they stand, bare numbers in ``unit``."""
        numbers = self.as_numbers(decimal).values * MINUTES_PER[unit]
        clocks = _spread(read_duration_texts(self.texts), self.codes)
        values = np.where(np.isnan(clocks), numbers, clocks)
        if self.clocks is not None:
            values = np.where(np.isnan(values), self.clocks / 60, values)
        if self._past_midnight is not None:
            values = np.where(np.isnan(values), self._past_midnight / 60, values)
        return Reading(values, self.filled & np.isnan(values))

    def as_text(self) -> pa.Array:
        """Texts of all rows, null where blank: ids keep their zeros, whole numbers have no ".0"."""
        if self.coded is not None:
            return self.coded.dictionary_decode()
        mask = self.codes < 0
        out = self.texts.take(pa.array(self.codes, mask=mask))
        if self.numbers is not None:
            out = pc.coalesce(out, number_texts(self.numbers))
        if self.stamps is not None:
            out = pc.coalesce(out, stamp_texts(self.stamps))
        if self.clocks is not None:
            out = pc.coalesce(out, clock_texts(self.clocks))
        return out

    @cached_property
    def coded(self) -> pa.DictionaryArray | None:
        """The same as a dictionary with a code per row; ``None`` where cells are typed."""
        if self.numbers is not None or self.stamps is not None or self.clocks is not None:
            return None
        mask = self.codes < 0
        indices = pa.array(self.codes, mask=mask) if mask.any() else pa.array(self.codes)
        return pa.DictionaryArray.from_arrays(indices, self.texts)

    def examples(self, count: int = 3) -> tuple[str, ...]:
        """A few different cells, as text."""
        rows = np.flatnonzero(self.filled)[:2000]
        texts = dict.fromkeys(self.take(rows).as_text().to_pylist())
        return tuple(list(texts)[:count])

    def take(self, rows: npt.NDArray[np.int64]) -> "Column":
        """The column with these rows only."""
        return Column(
            self.heading,
            self.letter,
            len(rows),
            texts=self.texts,
            codes=self.codes[rows],
            numbers=None if self.numbers is None else self.numbers[rows],
            stamps=None if self.stamps is None else self.stamps[rows],
            clocks=None if self.clocks is None else self.clocks[rows],
            epoch1904=self.epoch1904,
        )


def _compact(numbers: Floats) -> Stamps:
    """Dates of whole numbers such as 20260331."""
    good = (numbers >= 19000101) & (numbers < 21010101) & (numbers == np.floor(numbers))
    out = np.full(len(numbers), NAT)
    if good.any():
        texts = pa.array([str(int(n)) for n in np.unique(numbers[good])], pa.string())
        read = read_date_texts(texts).stamps
        out[good] = read[np.searchsorted(np.unique(numbers[good]), numbers[good])]
    return out


def _spread(table: Floats, codes: Codes) -> Floats:
    return np.append(table, np.nan)[codes]  # the last one is that of -1


def _spread_stamps(table: Stamps, codes: Codes) -> Stamps:
    return np.append(table, NAT)[codes]


def _encode(texts: Any) -> tuple[pa.Array, Codes]:
    """Distinct texts without null tokens, and a code per row (-1: blank)."""
    encoded = coded(texts)
    codes = _codes(encoded.indices)
    words = encoded.dictionary
    if len(words) == 0:
        return pa.array([], pa.string()), codes
    trimmed = pc.utf8_trim_whitespace(visible(words))
    short = pc.less_equal(pc.utf8_length(trimmed), 12)
    nulls = pa.array(sorted(vocabulary().nulls), pa.string())
    blank = pc.and_(short, pc.is_in(pc.utf8_lower(trimmed), value_set=nulls))
    blank = pc.or_(blank, pc.equal(trimmed, ""))
    drop = np.asarray(pc.fill_null(blank, True).to_numpy(zero_copy_only=False), dtype=bool)
    again = trimmed.dictionary_encode()
    if len(again.dictionary) == len(words) and not drop.any():
        return again.dictionary, codes
    table = np.append(np.asarray(again.indices.to_numpy(), np.int32), np.int32(-1))
    table[:-1][drop] = -1
    return again.dictionary, table[codes]


def _codes(indices: pa.Array) -> Codes:
    """The places of an encoded column, -1 where a cell is blank."""
    if indices.null_count:
        indices = pc.fill_null(indices, -1)
    return np.asarray(indices.to_numpy(), np.int32)


def _from_cells(raw: RawColumn, cells: Sequence[Any], epoch1904: bool) -> Column:
    count = len(cells)
    numbers, clocks = np.full(count, np.nan), np.full(count, np.nan)
    stamps = np.full(count, NAT)
    texts: list[str | None] = [None] * count
    for i, cell in enumerate(cells):
        if cell is None:
            continue
        if isinstance(cell, str):
            texts[i] = cell
        elif isinstance(cell, bool):
            texts[i] = "true" if cell else "false"
        elif isinstance(cell, int | float):
            numbers[i] = cell
        elif isinstance(cell, datetime):
            stamps[i] = np.datetime64(cell.replace(tzinfo=None), "us")
        elif isinstance(cell, date):
            stamps[i] = np.datetime64(cell, "us")
        elif isinstance(cell, time):
            clocks[i] = cell.hour * 3600 + cell.minute * 60 + cell.second + cell.microsecond / 1e6
        elif isinstance(cell, timedelta):
            clocks[i] = cell.total_seconds()
    dictionary, codes = _encode(pa.array(texts, pa.string()))
    return Column(
        raw.heading,
        raw.letter,
        count,
        texts=dictionary,
        codes=codes,
        numbers=None if np.isnan(numbers).all() else numbers,
        stamps=None if np.isnat(stamps).all() else stamps,
        clocks=None if np.isnan(clocks).all() else clocks,
        epoch1904=epoch1904,
    )


def _numpy(values: Any) -> Any:
    if isinstance(values, pa.ChunkedArray):
        return values.to_numpy()
    return values.to_numpy(zero_copy_only=False)


def from_raw(raw: RawColumn, *, epoch1904: bool = False) -> Column:
    """A column of the readers as one that can be read; null tokens become blank."""
    if raw.cells is not None:
        return _from_cells(raw, raw.cells, epoch1904)
    assert raw.values is not None
    values, kind = raw.values, raw.values.type
    count = len(values)
    if pa.types.is_floating(kind) or pa.types.is_integer(kind):
        filled = pc.fill_null(pc.cast(values, pa.float64()), math.nan)
        numbers = np.asarray(_numpy(filled), np.float64)
        return Column(raw.heading, raw.letter, count, numbers=numbers, epoch1904=epoch1904)
    if pa.types.is_temporal(kind):
        stamps = np.asarray(_numpy(pc.cast(values, pa.timestamp("us"))), "M8[us]")
        return Column(raw.heading, raw.letter, count, stamps=stamps)
    if pa.types.is_boolean(kind) or pa.types.is_null(kind):
        values = pc.cast(values, pa.string())
    texts, codes = _encode(values)
    return Column(raw.heading, raw.letter, count, texts=texts, codes=codes, epoch1904=epoch1904)


def stack(columns: Sequence[Column]) -> Column:
    """The same column of several sheets, one below the other."""
    first = columns[0]
    if len(columns) == 1:
        return first
    offsets = np.cumsum([0, *(len(c.texts) for c in columns)])[:-1]
    joined = pa.concat_arrays([pc.cast(c.texts, pa.string()) for c in columns])
    codes = np.concatenate(
        [np.where(c.codes >= 0, c.codes + o, -1) for c, o in zip(columns, offsets, strict=True)]
    )
    encoded = joined.dictionary_encode()
    table = np.asarray(encoded.indices.to_numpy(zero_copy_only=False), np.int32)
    if len(table):
        codes = np.where(codes >= 0, table[np.maximum(codes, 0)], -1)
    length = sum(c.length for c in columns)

    def join(name: str, missing: Any) -> Any:
        if all(getattr(c, name) is None for c in columns):
            return None
        parts = [
            getattr(c, name) if getattr(c, name) is not None else np.full(c.length, missing)
            for c in columns
        ]
        return np.concatenate(parts)

    return Column(
        first.heading,
        first.letter,
        length,
        texts=encoded.dictionary,
        codes=codes.astype(np.int32),
        numbers=join("numbers", np.nan),
        stamps=join("stamps", NAT),
        clocks=join("clocks", np.nan),
        epoch1904=first.epoch1904,
    )

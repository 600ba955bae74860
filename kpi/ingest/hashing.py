"""One hash for a set of rows, whatever their order: the same rows saved again give the same.

Rows are hashed column by column with 64-bit arithmetic in two independent lanes, sorted, and the
sorted hashes are hashed with SHA-256. It tells accidents apart, not adversaries: whoever forges a
collision only keeps their own upload from counting.
"""

import hashlib
from collections.abc import Iterable
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Words = npt.NDArray[np.uint64]

LEFT_OUT: Final = ("sheet", "row")
"""Where a row stands is not what it says."""

_LANES: Final = (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F)
_MISSING: Final = np.uint64(0xA5A5A5A5DEADBEEF)


def rows_hash(tables: Iterable[tuple[str, pa.Table]]) -> str:
    """Hash of the rows of (dataset, table) pairs, as 64 hexadecimal digits."""
    digest = hashlib.sha256()
    for dataset, table in sorted(tables, key=lambda pair: pair[0]):
        digest.update(f"{dataset}:{table.num_rows};".encode())
        for lane in _LANES:
            digest.update(np.sort(_row_hashes(table, np.uint64(lane))).tobytes())
    return digest.hexdigest()


def _row_hashes(table: pa.Table, lane: np.uint64) -> Words:
    hashes = np.full(table.num_rows, lane, np.uint64)
    for name in table.column_names:
        if name not in LEFT_OUT:
            hashes = _mixed(hashes * np.uint64(31) + _words(table[name], lane))
    return hashes


def _mixed(words: Words) -> Words:
    """Spread every bit over the whole word (the finaliser of SplitMix64)."""
    words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return words ^ (words >> np.uint64(31))


def _words(column: pa.ChunkedArray, lane: np.uint64) -> Words:
    """One word per row; missing is a value of its own."""
    if column.null_count == len(column):
        return np.full(len(column), _MISSING, np.uint64)
    if pa.types.is_string(column.type):
        return _text_words(column, lane)
    valid = column.is_valid().to_numpy(zero_copy_only=False).astype(bool)
    words = _number_words(column)
    return np.where(valid, _mixed(words ^ lane), _MISSING)


def _number_words(column: pa.ChunkedArray) -> Words:
    if pa.types.is_floating(column.type):
        numbers = pc.fill_null(column, 0.0).to_numpy().astype(np.float64) + 0.0  # -0.0 is 0.0
        return np.ascontiguousarray(numbers).view(np.uint64)
    if pa.types.is_date32(column.type):
        column = column.cast(pa.int32())
    filled = pc.fill_null(column.cast(pa.int64()), 0).to_numpy()
    return np.ascontiguousarray(filled.astype(np.int64)).view(np.uint64)


def _text_words(column: pa.ChunkedArray, lane: np.uint64) -> Words:
    encoded: Any = pc.dictionary_encode(column.combine_chunks(), null_encoding="mask")
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.combine_chunks()
    distinct = _distinct_words(encoded.dictionary, lane)
    indices = encoded.indices.fill_null(len(distinct)).to_numpy(zero_copy_only=False)
    words: Words = np.append(distinct, _MISSING)[indices]
    return words


def _distinct_words(texts: pa.StringArray, lane: np.uint64) -> Words:
    """A polynomial over the bytes of each text, and its length."""
    offsets = np.frombuffer(texts.buffers()[1], np.int32)[texts.offset :][: len(texts) + 1]
    if len(offsets) < 2 or offsets[-1] == offsets[0]:
        return np.full(len(texts), lane, np.uint64)
    data = np.frombuffer(texts.buffers()[2], np.uint8)[offsets[0] : offsets[-1]]
    starts = (offsets[:-1] - offsets[0]).astype(np.int64)
    lengths = np.diff(offsets).astype(np.int64)
    place = np.arange(len(data)) - np.repeat(starts, lengths)
    weights = _powers(int(lengths.max()), lane)
    terms = (data.astype(np.uint64) + np.uint64(1)) * weights[place]
    sums = np.zeros(len(texts), np.uint64)
    filled = lengths > 0
    sums[filled] = np.add.reduceat(terms, starts[filled])
    return _mixed(sums + lengths.astype(np.uint64) * lane)


def _powers(count: int, base: np.uint64) -> Words:
    powers = np.full(count, base | np.uint64(1), np.uint64)
    return np.multiply.accumulate(powers)

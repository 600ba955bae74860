"""One hash for a set of rows, whatever their order: the same rows saved again give the same.

Each row becomes 64 bits, column by column; the bits of all rows are sorted and hashed with
SHA-256. It tells accidents apart, not adversaries: whoever forges a collision only keeps their own
upload from counting.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from kpi.ingest.coded import coded
from kpi.ingest.columns import Column

Words = npt.NDArray[np.uint64]
Reader = Callable[[int, int], Words]
"""The words of the rows from one position up to another: an array the caller may overwrite."""

LEFT_OUT: Final = ("sheet", "row")
"""Where a row stands is not what it says."""

BLOCK: Final = 1 << 15
"""Rows at a time: so many words stay in the processor's cache through all columns."""

WORKERS: Final = 2

_SEED: Final = np.uint64(0x9E3779B97F4A7C15)
_MISSING: Final = np.uint64(0xA5A5A5A5DEADBEEF)
_STEPS: Final = ((30, np.uint64(0xBF58476D1CE4E5B9)), (27, np.uint64(0x94D049BB133111EB)))


def rows_hash(tables: Iterable[tuple[str, pa.Table]]) -> str:
    """Hash of the rows of (dataset, table) pairs, as 64 hexadecimal digits."""
    digest = hashlib.sha256()
    with ThreadPoolExecutor(WORKERS) as pool:
        for dataset, table in sorted(tables, key=lambda pair: pair[0]):
            filled = [name for name in table.column_names if _counts(name, table[name])]
            digest.update(f"{dataset}:{table.num_rows}:{','.join(filled)};".encode())
            hashes = _row_hashes([table[name] for name in filled], table.num_rows, pool)
            hashes.sort()
            digest.update(hashes.data)
    return digest.hexdigest()


def repeats(columns: Sequence[Column]) -> int:
    """How many rows equal an earlier one in all of some columns.

    Exact while the columns' different cells have few combinations; beyond 2**64, as sure as 64 bits
    are.
    """
    key, size = np.zeros(columns[0].length, np.uint64), 1
    for column in columns:
        count = len(column.texts) + 1
        if size * count >= 1 << 64:
            _mix(key)
            size = 1 << 63
        key *= np.uint64(count)
        key += (column.codes + np.int32(1)).view(np.uint32)
        size = min(size * count, 1 << 63)
        for typed in (column.numbers, column.stamps, column.clocks):
            if typed is not None:
                _mix(key)
                key += np.ascontiguousarray(typed).view(np.uint64)
                size = 1 << 63
    key.sort()
    return int(np.count_nonzero(key[1:] == key[:-1]))


def _counts(name: str, column: pa.ChunkedArray) -> bool:
    return name not in LEFT_OUT and column.null_count < len(column)


def _row_hashes(columns: list[pa.ChunkedArray], count: int, pool: ThreadPoolExecutor) -> Words:
    readers = list(pool.map(_reader, columns))
    hashes = np.full(count, _SEED, np.uint64)

    def fill(start: int) -> None:
        block = hashes[start : start + BLOCK]
        for words_of in readers:
            block *= np.uint64(31)
            block += words_of(start, start + len(block))
            _mix(block)

    list(pool.map(fill, range(0, count, BLOCK)))
    return hashes


def _mix(words: Words) -> None:
    """Spread every bit over the whole word, in place (the finaliser of SplitMix64)."""
    for shift, factor in _STEPS:
        words ^= words >> np.uint64(shift)
        words *= factor
    words ^= words >> np.uint64(31)


def _reader(column: pa.ChunkedArray) -> Reader:
    """One word per row; missing is a value of its own."""
    if pa.types.is_string(column.type) or pa.types.is_dictionary(column.type):
        return _text_reader(column)
    words = _number_words(column)
    missing = column.is_null().to_numpy() if column.null_count else None

    def read(start: int, end: int) -> Words:
        block = words[start:end] ^ _SEED
        _mix(block)
        if missing is not None:
            block[missing[start:end]] = _MISSING
        return block

    return read


def _number_words(column: pa.ChunkedArray) -> Words:
    if pa.types.is_floating(column.type):
        numbers = pc.fill_null(column, 0.0).to_numpy().astype(np.float64) + 0.0  # -0.0 is 0.0
        return np.ascontiguousarray(numbers).view(np.uint64)
    if pa.types.is_date32(column.type):
        column = column.cast(pa.int32())
    filled = pc.fill_null(column.cast(pa.int64()), 0).to_numpy()
    return np.ascontiguousarray(filled.astype(np.int64)).view(np.uint64)


def _text_reader(column: pa.ChunkedArray) -> Reader:
    encoded = coded(column)
    distinct = np.append(_distinct_words(encoded.dictionary), _MISSING)
    indices = encoded.indices.fill_null(len(distinct) - 1).to_numpy(zero_copy_only=False)
    return lambda start, end: distinct[indices[start:end]]


def _distinct_words(texts: pa.StringArray) -> Words:
    """A polynomial over the bytes of each text, and its length."""
    offsets = np.frombuffer(texts.buffers()[1], np.int32)[texts.offset :][: len(texts) + 1]
    if len(offsets) < 2 or offsets[-1] == offsets[0]:
        return np.full(len(texts), _SEED, np.uint64)
    data = np.frombuffer(texts.buffers()[2], np.uint8)[offsets[0] : offsets[-1]]
    starts = (offsets[:-1] - offsets[0]).astype(np.int64)
    lengths = np.diff(offsets).astype(np.int64)
    place = np.arange(len(data)) - np.repeat(starts, lengths)
    weights = _powers(int(lengths.max()))
    terms = (data.astype(np.uint64) + np.uint64(1)) * weights[place]
    sums = np.zeros(len(texts), np.uint64)
    filled = lengths > 0
    sums[filled] = np.add.reduceat(terms, starts[filled])
    sums += lengths.astype(np.uint64) * _SEED
    _mix(sums)
    return sums


def _powers(count: int) -> Words:
    powers = np.full(count, _SEED, np.uint64)
    return np.multiply.accumulate(powers)

"""Records of a text file one by one, for files that no fast parser takes as they are."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from kpi.ingest.dialect import Dialect
from kpi.ingest.encodings import Encoding
from kpi.ingest.grid import AwkwardError, Refused
from kpi.ingest.ragged import slip
from kpi.ingest.slips import LEARNED, Slips, learn, quotes_of
from kpi.texts import said

MAX_LINES_IN_A_CELL: Final = 100
"""A quoted cell that runs over more lines is a quote that was never closed."""

MENDED_SHARE: Final = 0.05
"""Where more rows than this do not fit, the file is not a table with a few bad rows."""

UNCLOSED: Final = said("a quotation mark is opened and never closed")


class _OpenError(Exception):
    """A record asks for more lines than a record has."""


def records_of(
    lines: Iterable[str], dialect: Dialect
) -> Iterator[tuple[list[str] | None, list[str]]]:
    """Each record with the lines it stands on; ``None`` for a line whose quote never closes."""
    waiting = iter(lines)
    back: list[str] = []  # lines to be read again, the next one last
    while True:
        taken: list[str] = []
        reader = csv.reader(_feed(waiting, back, taken), **dialect.options())
        try:
            for record in reader:
                yield record, taken.copy()
                taken.clear()
            closed = len(taken) == 0
        except (_OpenError, csv.Error):
            closed = False
        if closed:
            return
        back.extend(reversed(taken[1:]))
        yield None, taken[:1]


def _feed(waiting: Iterator[str], back: list[str], taken: list[str]) -> Iterator[str]:
    while True:
        if len(taken) > MAX_LINES_IN_A_CELL:
            raise _OpenError
        line = back.pop() if back else next(waiting, None)
        if line is None:
            if taken:
                raise _OpenError  # the text ends inside a quote
            return
        taken.append(line)
        yield line


@dataclass(frozen=True, slots=True)
class Mended:
    """A text made to fit: its rows that could not be, those put together (by column), short ones."""

    data: bytes
    refused: tuple[Refused, ...]
    together: Mapping[int, Sequence[int]]
    short: tuple[int, ...]


def mended(
    data: bytes,
    encoding: Encoding,
    dialect: Dialect,
    width: int,
    skip: int,
    *,
    like: bytes | None = None,
) -> Mended:
    """The records as UTF-8 with ``width`` cells each, and those that could not be made to fit.

    Short rows are filled up, slipped ones put right where that is sure; blank lines and refused
    rows become blank rows, so that every record keeps its number (the first is ``skip + 1``).
    ``AwkwardError`` where many do not fit. What the columns hold is learnt from the first rows of
    ``like``, a piece of the same table; from the rows themselves where it is not given.
    """
    slips = _learnt(data if like is None else like, encoding, dialect, width)
    blank = dialect.separator * (width - 1) + "\n"
    refused: list[Refused] = []
    together: dict[int, list[int]] = {}
    short: list[int] = []
    kept = io.BytesIO()
    out = io.TextIOWrapper(kept, "utf-8", errors="replace", newline="")
    lines = io.TextIOWrapper(io.BytesIO(data), encoding.name, errors="replace", newline="")
    number = skip
    for record, text in records_of(lines, dialect):
        number += 1
        if record is None:
            refused.append(Refused(number, UNCLOSED, (text[0].strip()[:200],)))
            out.write(blank)
        elif not record:
            out.write(blank)
        elif len(record) == width:
            out.writelines(text)
        elif len(record) < width:
            short.append(number)
            joined = "".join(text).rstrip("\r\n")
            out.write(joined + dialect.separator * (width - len(record)) + "\n")
        elif slips and (found := slips.mended(record, _quotes("".join(text), dialect))):
            csv.writer(out, **dialect.options(), lineterminator="\n").writerow(found[0])
            together.setdefault(found[1], []).append(number)
        else:
            refused.append(Refused(number, slip(len(record), width), tuple(record[: 2 * width])))
            out.write(blank)
    if len(refused) > max(MENDED_SHARE * (number - skip), 10):
        raise AwkwardError
    out.flush()
    return Mended(kept.getvalue().rstrip(b"\r\n"), tuple(refused), together, tuple(short))


def _learnt(data: bytes, encoding: Encoding, dialect: Dialect, width: int) -> Slips | None:
    lines = io.TextIOWrapper(io.BytesIO(data), encoding.name, errors="replace", newline="")
    first = list(islice(records_of(lines, dialect), LEARNED))
    rows = [record or [] for record, _ in first]
    marks = [_quotes("".join(text), dialect) for _, text in first]
    return learn(rows, marks, width, dialect.shown)


def _quotes(record: str, dialect: Dialect) -> tuple[bool, ...]:
    return quotes_of(record, dialect.shown, dialect.quote)

"""Pieces that both ways of reading a table share: row by row, and column by column."""

from collections import Counter
from collections.abc import Sequence

from kpi.ingest.grid import Values, letter_of, text_of
from kpi.ingest.header import Header
from kpi.ingest.raw import Cell, RawColumn
from kpi.texts import said


def title_of(row: Sequence[Cell]) -> str:
    """The cells of a row above a header, as one text."""
    return " ".join(text_of(cell).strip() for cell in row if cell is not None)


def filled_of(row: Sequence[Cell]) -> list[int]:
    """The positions of the cells that are not blank."""
    return [c for c, cell in enumerate(row) if cell is not None]


def column_of(heading: str, letter: str, values: Values, layers: tuple[str, ...] = ()) -> RawColumn:
    """A raw column of an Arrow array, or of cells."""
    if isinstance(values, list):
        return RawColumn(heading, letter, cells=values, layers=layers)
    return RawColumn(heading, letter, values=values, layers=layers)


def names_of(header: Header, first_column: int) -> list[str]:
    """The headings, or the column letters where there is none, each once."""
    names: list[str] = []
    for column, heading in enumerate(header.headings):
        name = heading or letter_of(first_column + column)
        names.append(name if name not in names else f"{name} ({letter_of(first_column + column)})")
    return names


def remarks(header: Header, repeated: int) -> tuple[str, ...]:
    """What a person may want to know of a table's headings."""
    notes = []
    if repeated:
        notes.append(said("{n} repeated page headings were left out.", n=repeated))
    if header.headerless:
        notes.append(said("The table has no header row."))
    counts = Counter(heading for heading in header.headings if heading)
    twice = [heading for heading, count in counts.items() if count > 1]
    if twice:
        notes.append(
            said(
                "Headings that occur more than once: {headings}.", headings=[*map(repr, twice[:5])]
            )
        )
    return tuple(notes)

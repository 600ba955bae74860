"""A block: columns that part one or more measures by the same members."""

from dataclasses import dataclass
from typing import Final

ROW: Final = "#row"
"""The measure of columns whose rows tell it."""


@dataclass(frozen=True)
class Cell:
    """One column of a block: its members, one per header row, and its measure."""

    index: int
    members: tuple[str, ...]
    field: str | None
    heading: str
    letter: str = ""


@dataclass(frozen=True)
class Block:
    """Columns that part one or more measures by the same members."""

    cells: tuple[Cell, ...]
    above: tuple[str, ...] = ()
    total: int | None = None
    dimension: str | None = None  # where the search has proven it
    total_letter: str | None = None

    @property
    def levels(self) -> list[list[str]]:
        """The members of each header row, each once, in order."""
        depth = len(self.cells[0].members)
        return [list(dict.fromkeys(c.members[k] for c in self.cells)) for k in range(depth)]

    @property
    def fields(self) -> frozenset[str]:
        """The measures they part."""
        return frozenset(c.field for c in self.cells if c.field)

"""Text from files, made harmless where it is written: in CSV, in workbooks, on one line of a log."""

import csv
import io
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import pandas as pd

FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
"""First characters by which a spreadsheet takes a cell for a formula or a command."""


FIXED_SPACES: Final = "\u00a0\u202f"
"""Spaces that keep a number and its unit on one line: no control characters, though not printable."""


def neutral_cell(value: Any) -> Any:
    """The value as a spreadsheet will show and never run: an apostrophe before a formula's start.

    Numbers stay numbers, negative ones too.

    >>> neutral_cell("=1+1"), neutral_cell("Line 3"), neutral_cell(-5)
    ("'=1+1", 'Line 3', -5)
    """
    if isinstance(value, str) and value.startswith(FORMULA_STARTS):
        return "'" + value
    return value


def one_line(text: str) -> str:
    r"""Text on one line, without control characters or marks that turn the direction of writing.

    >>> one_line("a\nb\u202ec"), one_line("1\u202f234\xa0pcs")
    ('a bc', '1\u202f234\xa0pcs')
    """
    spaced = "".join(" " if c in "\r\n\t\x0b\x0c\u2028\u2029" else c for c in text)
    return "".join(c for c in spaced if c.isprintable() or c in FIXED_SPACES)


def csv_text(frame: "pd.DataFrame") -> str:
    """A table as CSV, every cell and heading neutralised; missing is an empty cell."""
    import pandas as pd  # not where files are read: that process has none

    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow([neutral_cell(str(c)) for c in frame.columns])
    for row in frame.itertuples(index=False, name=None):
        writer.writerow(["" if pd.isna(v) else neutral_cell(v) for v in row])
    return buffer.getvalue()

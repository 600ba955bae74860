"""Text from files, made harmless where it is written: in CSV, in workbooks, on one line of a log."""

import csv
import io
import re
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import pandas as pd

FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""First characters by which a spreadsheet takes a cell for a formula or a command; the wide ones are
taken for their narrow brothers where East Asian languages are set."""

_UNSEEN: Final = " \u00a0\u202f\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"
"""What may stand before a formula's start without being seen: some spreadsheets trim it."""

_BROKEN_OFF: Final = re.compile(r"([;\t\r\n][\s\"']*)(?=[=+\-@＝＋－＠])")
"""Inside a cell: where a spreadsheet that separates by semicolons or tabs would begin another."""

FIXED_SPACES: Final = "\u00a0\u202f"
"""Spaces that keep a number and its unit on one line: no control characters, though not printable."""


def neutral_cell(value: Any) -> Any:
    """The value as a spreadsheet will show and never run: an apostrophe before a formula's start.

    Numbers stay numbers, negative ones too.

    >>> neutral_cell("=1+1"), neutral_cell("Line 3"), neutral_cell(-5)
    ("'=1+1", 'Line 3', -5)
    """
    if isinstance(value, str) and (
        value.startswith(FORMULA_STARTS) or value.lstrip(_UNSEEN).startswith(FORMULA_STARTS)
    ):
        return "'" + value
    return value


def csv_cell(value: Any) -> Any:
    """The value for a CSV: neutral however the reader's spreadsheet separates, and encodable.

    >>> csv_cell("Press;=1+1"), csv_cell("5; -3"), csv_cell("a;b")
    ("Press;'=1+1", "5; '-3", 'a;b')
    """
    if not isinstance(value, str):
        return value
    whole = value.encode("utf-8", "replace").decode("utf-8")  # no half of a character
    return neutral_cell(_BROKEN_OFF.sub(r"\1'", whole))


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
    writer.writerow([csv_cell(str(c)) for c in frame.columns])
    for row in frame.itertuples(index=False, name=None):
        writer.writerow(["" if pd.isna(v) else csv_cell(v) for v in row])
    return buffer.getvalue()


_NO_NAME: Final = re.compile(r'[\\/:*?"<>|%\s]+')
_RESERVED: Final = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\.|$)")
LONGEST_NAME: Final = 120
"""Characters of a file's name without its ending."""


def file_name(stem: str, ending: str) -> str:
    r"""A name for a file to take along, made of any text: every system takes it, none runs it.

    >>> file_name("../=Größe\n 3", "csv"), file_name("con", "csv"), file_name("\u202e", "csv")
    ('=Größe 3.csv', 'file-con.csv', 'file.csv')
    """
    shown = _NO_NAME.sub(" ", one_line(stem))[:LONGEST_NAME].strip(" .-")
    if not shown:
        return f"file.{ending}"
    return f"file-{shown}.{ending}" if _RESERVED.match(shown) else f"{shown}.{ending}"

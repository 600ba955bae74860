"""Any spreadsheet in: bytes to canonical rows, every doubt shown."""

from kpi.ingest.limits import Limits
from kpi.ingest.processes import prepare
from kpi.ingest.reading import (
    FileReading,
    Part,
    SheetNote,
    WrittenSheet,
    check_package,
    read_cells,
    read_file,
    read_plain,
    read_written,
)
from kpi.ingest.rejected import RejectedRow, RejectedTable

__all__ = [
    "FileReading",
    "Limits",
    "Part",
    "RejectedRow",
    "RejectedTable",
    "SheetNote",
    "WrittenSheet",
    "check_package",
    "prepare",
    "read_cells",
    "read_file",
    "read_plain",
    "read_written",
]

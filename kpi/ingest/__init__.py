"""Any spreadsheet in: bytes to canonical rows, every doubt shown."""

from kpi.ingest.limits import Limits
from kpi.ingest.processes import prepare
from kpi.ingest.reading import FileReading, Part, SheetNote, read_cells, read_file
from kpi.ingest.rejected import RejectedRow, RejectedTable

__all__ = [
    "FileReading",
    "Limits",
    "Part",
    "RejectedRow",
    "RejectedTable",
    "SheetNote",
    "prepare",
    "read_cells",
    "read_file",
]

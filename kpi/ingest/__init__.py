"""Any spreadsheet in: bytes to canonical rows, every doubt shown."""

from kpi.ingest.limits import Limits
from kpi.ingest.reading import FileReading, Part, SheetNote, read_cells, read_file

__all__ = ["FileReading", "Limits", "Part", "SheetNote", "read_cells", "read_file"]

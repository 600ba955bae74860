"""How much one file may ask of the machine. Beyond it, the file is refused with a sentence."""

from dataclasses import dataclass
from typing import Final

MEGABYTE: Final = 1 << 20
GIGABYTE: Final = 1 << 30


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits on reading one file.

    ``memory_bytes`` bounds what the child process may allocate; address space is reserved far
    beyond that by threads and memory maps, so its limit is this plus ``reserved_bytes`` (the
    libraries alone reserve 0.4 GB, measured). ``cells`` bounds the rectangle a sheet spans once
    stray cells far from all others are left out.
    """

    file_bytes: int = 512 * MEGABYTE
    memory_bytes: int = 2 * GIGABYTE
    reserved_bytes: int = GIGABYTE // 2
    cpu_seconds: int = 120
    wall_seconds: float = 180.0
    zip_parts: int = 10_000
    inflated_bytes: int = 2 * GIGABYTE
    inflated_ratio: int = 250
    sheets: int = 1_000
    columns: int = 4_096
    cells: int = 60_000_000
    field_characters: int = 1_000_000
    line_characters: int = 10_000_000


DEFAULT_LIMITS: Final = Limits()

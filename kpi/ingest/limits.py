"""How much one file may ask of the machine. Beyond it, the file is refused with a sentence."""

import math
from dataclasses import dataclass, replace
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

    A file may take what its own size explains: ``first_bytes`` and ``first_seconds``, then
    ``bytes_per_byte`` and ``seconds_per_megabyte`` of what it unpacks to, up to the limits for all.
    Ordinary exports take far less (measured: 6 bytes a byte of CSV, 2 of a workbook, 0.05 s a
    megabyte, 0.2 s a small file).
    """

    file_bytes: int = 512 * MEGABYTE
    memory_bytes: int = 2 * GIGABYTE
    reserved_bytes: int = GIGABYTE // 2
    cpu_seconds: int = 120
    wall_seconds: float = 180.0
    zip_parts: int = 10_000
    inflated_bytes: int = 2 * GIGABYTE
    inflated_ratio: int = 250
    sheets: int = 400  # one a day of a year, and some
    columns: int = 1_500  # three years by day, and some
    cells: int = 60_000_000
    field_characters: int = 1_000_000
    line_characters: int = 10_000_000
    directory_bytes: int = 4 * MEGABYTE
    first_bytes: int = 200 * MEGABYTE
    bytes_per_byte: int = 8
    first_seconds: int = 4
    seconds_per_megabyte: float = 0.3

    def for_content(self, content_bytes: int) -> "Limits":
        """These limits for a file that unpacks to so many bytes; never more than these.

        >>> small = Limits().for_content(1000)
        >>> small.memory_bytes >> 20, small.cpu_seconds
        (200, 4)
        """
        memory = self.first_bytes + self.bytes_per_byte * content_bytes
        seconds = math.ceil(
            self.first_seconds + self.seconds_per_megabyte * (content_bytes // MEGABYTE)
        )
        return replace(
            self,
            memory_bytes=min(self.memory_bytes, memory),
            cpu_seconds=min(self.cpu_seconds, seconds),
        )


DEFAULT_LIMITS: Final = Limits()

WRITTEN_LIMITS: Final = Limits(
    file_bytes=20 * MEGABYTE, memory_bytes=GIGABYTE, sheets=60, columns=400, cells=400_000
)
"""For lists that people keep by hand: some thousand rows."""

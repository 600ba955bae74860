"""The table as text."""

from collections.abc import Iterable, Sequence
from typing import Final

from bench.timing import Line

HEADINGS: Final = ("what", "ours", "peer", "peer's", "ratio", "goal", "", "peak MB", "note")
TO_THE_RIGHT: Final = frozenset({1, 3, 4, 7})


def time_text(value: float | None) -> str:
    """Seconds, or milliseconds below one.

    >>> time_text(0.0123), time_text(2.5), time_text(None)
    ('12.3 ms', '2.50 s', '')
    """
    if value is None:
        return ""
    return f"{value:.2f} s" if value >= 1 else f"{value * 1000:.1f} ms"


def goal_text(line: Line) -> str:
    """The goals of a line in words."""
    ratio = f"≤ {line.goal_ratio:g}×" if line.goal_ratio is not None else ""
    limit = f"≤ {time_text(line.goal_seconds)}" if line.goal_seconds is not None else ""
    return ", ".join(part for part in (ratio, limit) if part)


def table(lines: Iterable[Line]) -> str:
    """All lines under one heading, columns aligned."""
    rows = [HEADINGS, *(_cells(line) for line in lines)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(HEADINGS))]
    texts = [_aligned(row, widths) for row in rows]
    return "\n".join([texts[0], "─" * len(texts[0]), *texts[1:]])


def _cells(line: Line) -> tuple[str, ...]:
    return (
        line.what,
        time_text(line.seconds),
        line.peer,
        time_text(line.peer_seconds),
        f"{line.ratio:.2f}×" if line.ratio is not None else "",
        goal_text(line),
        {True: "met", False: "missed", None: ""}[line.met],
        f"{line.peak_mb:.0f}" if line.peak_mb is not None else "",
        line.note,
    )


def _aligned(row: Sequence[str], widths: Sequence[int]) -> str:
    cells = (
        cell.rjust(width) if i in TO_THE_RIGHT else cell.ljust(width)
        for i, (cell, width) in enumerate(zip(row, widths, strict=True))
    )
    return "  ".join(cells).rstrip()

"""What came of a load: every click, and the report with its verdict against the goals."""

import argparse
import statistics
import time
from dataclasses import dataclass, field
from typing import Final

from bench.growing import Sample, growth
from bench.visitor import Answer

GOAL_P95: Final = 1.0
GOAL_GROWTH: Final = 20.0
"""Megabytes an hour."""

PAGES: Final = {"": 4, "scrap": 3, "downtime": 3, "delivery": 3, "review": 0.5, "ledger": 0.5}
"""How often the menu leads to a page."""

HABITS: Final = {"page": 5, "filter": 3, "tab": 2, "figure": 1}
"""How often a click is of a kind."""


@dataclass
class Click:
    """One click and what came of it."""

    kind: str
    page: str
    answer: Answer
    at: float


@dataclass
class Record:
    """Everything that happened."""

    clicks: list[Click] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    busy: int = 0
    uploads: list[float] = field(default_factory=list)

    def note(self, kind: str, page: str, answer: Answer) -> None:
        """Keep a click; errors on its page are errors."""
        self.clicks.append(Click(kind, page, answer, time.monotonic()))
        self.errors += [f"{page or 'overview'}, {kind}: {error}" for error in answer.errors]


def told(record: Record, samples: list[Sample], wishes: argparse.Namespace) -> str:
    """The report, with the verdict against the goals."""
    later = [click for click in record.clicks if click.kind != "first"]
    if not later:
        return f"No session got as far as a click; {record.busy} met the busy page. {record.errors}"
    lines = [
        f"{wishes.sessions} sessions, a click every {wishes.every:g} s, {wishes.minutes:g} min"
    ]
    lines += [_row("first page", [c for c in record.clicks if c.kind == "first"])]
    lines += [_row("every click", later)]
    lines += [_row(f"  {kind}", [c for c in later if c.kind == kind]) for kind in HABITS]
    lines += [_row(f"  {p or 'overview'}", [c for c in later if c.page == p]) for p in PAGES]
    used = samples[-1].processor - samples[0].processor
    took = samples[-1].at - samples[0].at
    lines.append(
        f"server: {used / took:.2f} processors, {1000 * used / len(record.clicks):.0f} ms each "
        f"answer; {samples[-1].megabytes:.0f} MB at the end, {samples[-1].threads} threads"
    )
    if record.uploads:
        middle = statistics.median(record.uploads)
        lines.append(f"{len(record.uploads)} uploads of {wishes.rows:,} rows, {middle:.1f} s each")
    if record.busy:
        lines.append(f"the busy page was shown {record.busy} times")
    lines += [f"error: {error}" for error in record.errors[:20]]
    slope = growth(samples)
    lines += [
        _verdict("95 of 100 answers within", percentile(later, 95), GOAL_P95, "s"),
        _verdict("errors", len(record.errors), 0, ""),
        _verdict("memory grows by", slope, GOAL_GROWTH, "MB/h")
        if slope is not None
        else "memory: too short a run to tell its growth (10 minutes are needed)",
    ]
    return "\n".join(lines)


def percentile(clicks: list[Click], share: int) -> float:
    """Seconds within which a share of the answers (percent) had ended."""
    times = sorted(click.answer.seconds for click in clicks)
    return times[min(len(times) - 1, round(share / 100 * (len(times) - 1)))]


def _row(what: str, clicks: list[Click]) -> str:
    if not clicks:
        return f"{what:<14}   none"
    shares = "  ".join(f"p{s} {percentile(clicks, s):6.3f} s" for s in (50, 95, 99, 100))
    size = statistics.mean(click.answer.received for click in clicks) / 1000
    return f"{what:<14}{len(clicks):6}  {shares}  {size:5.0f} kB"


def _verdict(what: str, value: float, goal: float, unit: str) -> str:
    met = "met" if value <= goal else "MISSED"
    return f"{what} {value:.3g} {unit} (goal {goal:g}): {met}".replace("  ", " ")

"""Printed text whose columns stand below each other, parted by blanks alone."""

import re
from collections.abc import Sequence
from typing import Final

Cuts = tuple[tuple[int, int], ...]
"""The columns of a printed text: first and last position (excluded) of each."""

_GAP: Final = re.compile(r"\S {2,}(?=\S)")
_PIECE: Final = re.compile(r"\S+(?: \S+)*")
_RULE: Final = re.compile(r"[-=_+*~. ]+")
SELDOM: Final = 0.2
TIGHT: Final = 0.7
MANY: Final = 10
"""Lines that must agree before one blank between two columns is no accident."""


def cuts_of(lines: Sequence[str]) -> Cuts:
    """Where the columns stand; empty where the lines are no such table."""
    shown = [line.rstrip("\r\n") for line in lines if line.strip()]
    words = [line for line in shown if not _RULE.fullmatch(line)]
    body = [line for line in words if len(_GAP.findall(line)) >= 2]
    if len(body) < 3 or len(body) < 0.6 * len(words) or any("\t" in line for line in body):
        return ()
    width = max(map(len, body))
    used = [0] * (width + 1)
    for line in body:
        for at, character in enumerate(line):
            used[at] += character != " "
    slack = max(len(body) // 50, int(len(body) > 4))
    cuts = _spans(used, slack=slack, narrow=1 if len(body) >= MANY else 2)
    cuts = _without_accidents(cuts, body)
    if len(cuts) < 3:
        return ()
    fitting = [line for line in body if fits(line, cuts)]
    filled = sum(sum(map(bool, cells(line, cuts))) for line in fitting)
    if len(body) - len(fitting) > max(0.1 * len(body), 1) or filled < 0.6 * len(cuts) * len(
        fitting
    ):
        return ()
    return cuts


def _spans(used: Sequence[int], *, slack: int, narrow: int) -> Cuts:
    """The stretches that some line uses, parted where (nearly) all are blank for long enough."""
    spans: list[tuple[int, int]] = []
    start: int | None = None
    for at, count in enumerate(used):
        if count > slack and start is None:
            start = at
        elif count <= slack and start is not None:
            spans.append((start, at))
            start = None
    joined: list[tuple[int, int]] = []
    for first, last in spans:
        if joined and first - joined[-1][1] < narrow:
            joined[-1] = (joined[-1][0], last)
        else:
            joined.append((first, last))
    return tuple(joined)


def _without_accidents(cuts: Cuts, body: Sequence[str]) -> Cuts:
    """One blank parts two columns only where the cells beside it vary in length.

    Between a day and its time it stands in every line; in a heading of two words in that line alone.
    """
    joined: list[tuple[int, int]] = []
    for first, last in cuts:
        if joined and first - joined[-1][1] == 1:
            before = joined[-1]
            shares = [
                sum(bool(line[a:b].strip()) for line in body) / len(body)
                for a, b in (before, (first, last))
            ]
            tight = sum(line[before[1] - 1 : first + 1].count(" ") == 1 for line in body)
            if min(shares) < SELDOM or tight > TIGHT * len(body):
                joined[-1] = (before[0], last)
                continue
        joined.append((first, last))
    return tuple(joined)


def fits(line: str, cuts: Cuts) -> bool:
    """Every piece of the line stands in one column, or can be cut where two columns part."""
    return _pieces(line, cuts) is not None


def cells(line: str, cuts: Cuts) -> list[str]:
    """The cells of a line; a line that does not keep to the columns is one cell."""
    text = line.rstrip("\r\n")
    if not text.strip():
        return []
    return _pieces(text, cuts) or [text.strip()]


def _pieces(line: str, cuts: Cuts) -> list[str] | None:
    found = [""] * len(cuts)
    for match in _PIECE.finditer(line):
        over = [i for i, (a, b) in enumerate(cuts) if match.start() < b and match.end() > a]
        if not over:
            near = [i for i, (a, _) in enumerate(cuts) if match.start() < a]
            over = [near[0] if near else len(cuts) - 1]
        starts = [match.start(), *(cuts[i][0] for i in over[1:]), match.end()]
        for i, first, last in zip(over, starts, starts[1:], strict=False):
            whole = first == match.start() or line[first - 1] == " "
            if found[i] or not whole:
                return None
            found[i] = line[first:last].strip()
    return found

"""A file that meets loaded data of its feed only in part: what may count, and what an answer does."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

from kpi.datasets import DATASETS
from kpi.model import Candidate, Coverage, Question
from kpi.store.apart import FORCED
from kpi.store.drafts import question_id
from kpi.store.inforce import Holding, rank_of, speak_apart, taken_from
from kpi.store.model import Entry, UploadPart
from kpi.store.regions import common, contains, grounds_of, meet
from kpi.store.rows import NO_LINE
from kpi.texts import Said, said

OVERLAP_TOPIC: Final = "overlap"


OVERLAP: Final = "newest"
"""A feed of overlapping windows remembers that the file drawn later counts."""


@dataclass(frozen=True, slots=True)
class Meeting:
    """A loaded upload on ground the incoming one claims only in part."""

    dataset: str
    upload: Entry
    part: UploadPart
    ahead: bool  # the loaded one has the later data date
    within: bool  # the incoming one lies inside the loaded one
    fewer_lines: bool


def by_rank(meetings: Sequence[Meeting]) -> bool:
    """Whether nothing but the data date decides: windows that overlap, each with all lines."""
    return not any(m.fewer_lines or (m.ahead and m.within) for m in meetings)


def meeting_of(entry: Entry, part: UploadPart, holding: Holding) -> Meeting | None:
    """How a part meets a loaded one in part; ``None`` where it takes its place, or they are apart."""
    if DATASETS[part.dataset].date is None or speak_apart(part, holding.part):
        return None
    mine, theirs = grounds_of(part.coverage), list(holding.grounds)
    shared_plants = {c.plant for c in part.coverage}
    theirs = [g for g in theirs if g.plant in shared_plants]
    fewer = _fewer_lines(part, holding.part)
    if contains(mine, theirs) and not fewer:
        return None
    ahead = rank_of(holding.entry, holding.part) > rank_of(entry, part)
    later, earlier = (holding.part, part) if ahead else (part, holding.part)
    there = common(mine if ahead else theirs, grounds_of(earlier.within or earlier.claimed))
    if not meet(taken_from(later, earlier), there):
        return None  # neighbours that share no day on which both have rows
    within = contains(grounds_of(holding.part.coverage), mine)
    return Meeting(part.dataset, holding.entry, holding.part, ahead, within, fewer)


def _fewer_lines(mine: UploadPart, loaded: UploadPart) -> bool:
    """Whether a file names only a few of the lines loaded: at most half of some plant's."""
    for plant, lines in mine.lines.items():
        theirs = set(loaded.lines.get(plant, ()))
        if NO_LINE not in lines and set(lines) < theirs and 2 * len(lines) <= len(theirs):
            return True
    return False


def coverage_question(entry: Entry, meetings: Sequence[Meeting]) -> Question:
    """What shall count, with the answer first that the rules of facts in force would give."""
    newer = any(m.ahead for m in meetings)
    inside = newer and all(m.within for m in meetings if m.ahead)
    fewer = any(m.fewer_lines for m in meetings)
    replacing = Candidate(
        "replace",
        said("On the shared days this file takes the place of what is loaded; other days stay."),
    )
    if fewer:
        replacing = Candidate(
            "replace",
            said(
                "On the shared days this file replaces its own lines; the other lines stay as loaded."
            ),
        )
    elif inside:
        replacing = Candidate(
            "replace",
            said("It is a correction: on the shared days it takes the place of what is loaded."),
        )
    elif newer:
        replacing = Candidate(
            "replace", said("On the shared days the file drawn later counts; other days stay.")
        )
    candidates = [replacing]
    if inside and not fewer:
        keep = Candidate(
            "keep", said("On the shared days what is loaded was drawn later and stays.")
        )
        candidates.insert(0 if _drawn_before(entry, meetings) else 1, keep)
    if fewer:
        candidates.append(
            Candidate(
                "whole", said("The file is the whole plant: lines it does not name had nothing.")
            )
        )
    candidates += [
        Candidate("add", said("Both count: this file holds rows the loaded one does not have.")),
        Candidate("cancel", said("Nothing is stored.")),
    ]
    return Question(
        id=question_id(entry.sha256, "coverage"),
        sheet="",
        heading=None,
        ask=_coverage_sentence(entry, meetings),
        candidates=tuple(candidates),
        kind="coverage",
    )


def _drawn_before(entry: Entry, meetings: Sequence[Meeting]) -> bool:
    """Whether a file inside a loaded one is rather an earlier export than a correction of some days.

    Earlier exports of a growing or restated period state when they were drawn, begin on the same
    day, or are of whole months; so that files dropped in any order end in the same state.
    """
    covered = [c for p in entry.parts for c in p.coverage]
    stated = any(
        p.data_date and p.coverage and p.data_date > max(c.last for c in p.coverage)
        for p in entry.parts
    )
    begins = {c.first for c in covered}
    same_start = all(begins & {c.first for c in m.part.coverage} for m in meetings if m.ahead)
    whole = all(c.first.day == 1 and (c.last + timedelta(days=1)).day == 1 for c in covered)
    return stated or same_start or whole


def _coverage_sentence(entry: Entry, meetings: Sequence[Meeting]) -> Said:
    first = meetings[0]
    more = len({m.upload.upload for m in meetings}) - 1
    mine = next(p for p in entry.parts if p.dataset == first.dataset)
    names = {
        "span": _span(mine.coverage),
        "file": first.upload.file,
        "upload": first.upload.upload,
        "theirs": _span(first.part.coverage),
    }
    if more:
        return said(
            "This file covers {span}. It meets {file} (upload {upload} and {more} more, {theirs}) "
            "only in part. What shall count?",
            more=more,
            **names,
        )
    return said(
        "This file covers {span}. It meets {file} (upload {upload}, {theirs}) only in part. "
        "What shall count?",
        **names,
    )


def _span(coverage: Sequence[Coverage]) -> Said:
    plants = sorted({c.plant for c in coverage})
    lines = sorted({c.line for c in coverage if c.line})
    where = plants[0] if len(plants) == 1 else said("{n} plants", n=len(plants))
    return said(
        "{where}, {first} to {last}",
        where=(where, *lines[:3]),
        first=min(c.first for c in coverage),
        last=max(c.last for c in coverage),
    )


def decided_entry(entry: Entry, meetings: Sequence[Meeting], answer: str) -> Entry:
    """The entry with the answer applied: what it outranks, what it counts beside, what it claims."""
    if answer == "add":
        uploads = tuple(dict.fromkeys(m.upload.upload for m in meetings))
        return replace(entry, beside=tuple(dict.fromkeys((*entry.beside, *uploads))))
    parts = []
    for part in entry.parts:
        mine = [m for m in meetings if m.dataset == part.dataset]
        changed = part
        if answer in ("replace", FORCED) and any(m.fewer_lines for m in mine):
            changed = replace(changed, coverage=own_lines(changed))
        inside = answer == "replace" and all(m.within for m in mine if m.ahead)
        override = inside or answer in ("whole", FORCED)
        if override:
            dates = [m.part.rank_date for m in mine if m.ahead and m.part.rank_date]
            if dates:
                changed = replace(changed, rank_date=max([*dates, part.rank_date or date.min]))
        parts.append(changed)
    return replace(entry, parts=tuple(parts))


def own_lines(part: UploadPart) -> tuple[Coverage, ...]:
    """The coverage of a part, of the lines alone that its rows name."""
    return tuple(
        Coverage(c.plant, line, c.first, c.last)
        for c in part.coverage
        for line in (part.lines.get(c.plant, ()) if c.line is None else (c.line,))
    )

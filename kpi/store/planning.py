"""What committing a file would do, decided from the ledger; rows are read only where they decide."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Final

import pyarrow as pa
import pyarrow.types as pt

from kpi.datasets import DATASETS
from kpi.model import Candidate, Coverage, Question
from kpi.store.apart import FORCED, Loaded, habits, with_convention, with_parts_apart
from kpi.store.drafts import Draft, SharedOrders, question_id, touches
from kpi.store.feeds import feed_of
from kpi.store.inforce import Holding, holdings, rank_of, speak_apart, taken_from
from kpi.store.ledger import live_uploads
from kpi.store.mend_plan import draft_of_mend
from kpi.store.model import (
    SNAPSHOT,
    Entry,
    Incoming,
    IncomingPart,
    UploadPart,
)
from kpi.store.ownership import with_links, with_ownership
from kpi.store.regions import common, contains, grounds_of, meet, months_between
from kpi.store.rows import (
    NO_LINE,
    dataset_of,
    facts_schema,
    key_is_unique,
    lines_of,
    months_of,
    scope_of,
    tally,
    widened,
)
from kpi.store.vanished import sizes, vanished
from kpi.texts import Said, said

_NEVER: Final = datetime(1, 1, 1, tzinfo=UTC)


def merged(incoming: Incoming) -> Incoming:
    """The file with one part per dataset: sheets that carry the same dataset belong together."""
    by_dataset: dict[str, list[IncomingPart]] = {}
    for part in incoming.parts:
        by_dataset.setdefault(part.dataset, []).append(part)
    if len(by_dataset) == len(incoming.parts):
        return incoming
    return replace(incoming, parts=tuple(_together(parts) for parts in by_dataset.values()))


def _together(parts: Sequence[IncomingPart]) -> IncomingPart:
    if len(parts) == 1:
        return parts[0]
    mapping: dict[str, str] = {}
    conventions: dict[str, str] = {}
    for part in parts:
        mapping |= part.mapping
        conventions |= part.conventions
    signature = dict.fromkeys(heading for part in parts for heading in part.signature)
    return IncomingPart(
        dataset=parts[0].dataset,
        table=pa.concat_tables([part.table for part in parts]).unify_dictionaries(),
        coverage=tuple(dict.fromkeys(c for part in parts for c in part.coverage)),
        data_date=max((p.data_date for p in parts if p.data_date), default=None),
        mapping=mapping,
        conventions=conventions,
        signature=tuple(signature),
        rows_read=sum(part.rows_read for part in parts),
        rows_accepted=sum(part.rows_accepted for part in parts),
        rows_rejected=sum(part.rows_rejected for part in parts),
        control_totals=tuple(total for part in parts for total in part.control_totals),
        within=_within(parts),
    )


def _within(parts: Sequence[IncomingPart]) -> tuple[Coverage, ...]:
    """Where the rows of parts lie together: nothing where one of them has rows all over its days."""
    days = [c for part in parts for c in (part.within or part.coverage)]
    return tuple(dict.fromkeys(days)) if any(part.within for part in parts) else ()


def part_of(part: IncomingPart) -> UploadPart:
    """What the ledger will say of a part; checksum and meetings come when it is written."""
    dataset = dataset_of(part.dataset)
    seen = tally(dataset, part.table)
    return UploadPart(
        dataset=part.dataset,
        rows_read=part.rows_read,
        rows_accepted=part.table.num_rows,
        rows_rejected=part.rows_rejected,
        coverage=widened(dataset, seen, part.coverage),
        data_date=part.data_date,
        rank_date=part.data_date,
        months=months_of(dataset, seen),
        lines=lines_of(seen),
        scope=scope_of(dataset, part.table),
        columns=tuple(facts_schema(dataset).names),
        keyed=bool(dataset.event) and key_is_unique(dataset, part.table),
        meets=(),
        checksum="",
        mapping=dict(part.mapping),
        conventions=dict(part.conventions),
        signature=tuple(part.signature),
        control_totals=tuple(part.control_totals),
        within=tuple(part.within),
    )


def draft(
    incoming: Incoming,
    parts: Sequence[UploadPart],
    entries: Sequence[Entry],
    answers: Mapping[str, str],
    *,
    mode_of: Callable[[str], str],
    shared_orders: SharedOrders,
    loaded: Loaded,
) -> Draft:
    """The entry a file would become at the next position, with the questions it raises."""
    if incoming.mends:
        found = draft_of_mend(incoming, parts, entries, answers, shared_orders)
        return replace(found, affected=_affected(found.entry, incoming))
    feed, new = feed_of(incoming, entries)
    position = len(entries) + 1
    entry = Entry(
        position=position,
        kind="upload",
        upload=f"U{position:06d}",
        who="",
        when=_NEVER,
        feed=feed,
        file=incoming.file,
        sha256=incoming.sha256,
        rows_hash=incoming.rows_hash,
        mode=mode_of(feed),
        parts=tuple(parts),
        layouts=tuple(incoming.layouts),
    )
    same = _same_as(entry, entries)
    if same:
        return Draft(entry, new, same_as=same)
    found = _with_coverage(Draft(entry, new), incoming, entries, answers, loaded)
    if found.cancelled:
        return found
    found = with_ownership(found, incoming, entries, answers, shared_orders)
    found = with_links(found, incoming, entries, shared_orders)
    return replace(
        found,
        entry=replace(found.entry, answers=dict(answers)),
        affected=_affected(found.entry, incoming),
    )


def _same_as(entry: Entry, entries: Sequence[Entry]) -> str | None:
    """An upload in force that this one would only repeat: adding it would change nothing."""
    for other in reversed(live_uploads(entries)):
        by_rows = bool(entry.rows_hash) and entry.rows_hash == other.rows_hash
        by_bytes = not (entry.rows_hash and other.rows_hash) and entry.sha256 == other.sha256
        if not (by_rows or by_bytes) or other.datasets != entry.datasets:
            continue
        if entry.feed != other.feed or any(
            theirs.coverage not in (mine.coverage, _own_lines(mine))
            or mine.data_date != theirs.data_date
            for mine, theirs in zip(entry.parts, other.parts, strict=True)
        ):
            continue
        if not any(_overtaken(other, part, entries) for part in other.parts):
            return other.mends or other.upload
    return None


def _overtaken(upload: Entry, part: UploadPart, entries: Sequence[Entry]) -> bool:
    """Whether an upload as old by its data date, entered later, took ground of this one."""
    for later in live_uploads(entries):
        if later.feed != upload.feed or part.dataset not in later.datasets:
            continue
        theirs = later.part(part.dataset)
        ahead = rank_of(later, theirs) > rank_of(upload, part)
        if not ahead or (theirs.rank_date or date.min) > (part.data_date or date.min):
            continue
        undated = DATASETS[part.dataset].date is None
        if undated or meet(grounds_of(theirs.coverage), grounds_of(part.coverage)):
            return True
    return False


OVERLAP_TOPIC: Final = "overlap"
OVERLAP: Final = "newest"
"""A feed of overlapping windows remembers that the file drawn later counts."""


@dataclass(frozen=True, slots=True)
class _Meeting:
    """A loaded upload on ground the incoming one claims only in part."""

    dataset: str
    upload: Entry
    part: UploadPart
    ahead: bool  # the loaded one has the later data date
    within: bool  # the incoming one lies inside the loaded one
    fewer_lines: bool


def _with_coverage(
    found: Draft,
    incoming: Incoming,
    entries: Sequence[Entry],
    answers: Mapping[str, str],
    loaded: Loaded,
) -> Draft:
    """Ask, or apply, what shall count where a file meets its feed's loaded data only in part."""
    if found.new_feed:
        return found
    touching = {part.dataset: _touching(found.entry, part, entries) for part in found.entry.parts}
    odd = sizes(found.entry, incoming, entries, loaded)
    found = replace(found, meets_loaded=any(touching.values()), notes=(*found.notes, *odd))
    if found.entry.mode != SNAPSHOT:
        return found
    found, apart = with_parts_apart(found, incoming, touching, entries, answers, loaded)
    if not apart:
        found = replace(found, notes=(*found.notes, *vanished(found.entry, entries)))
    if found.cancelled:
        return found
    entry = found.entry
    meetings = [
        m
        for part in entry.parts
        for h in touching[part.dataset]
        if h.upload not in apart and (m := _meeting(entry, part, h))
    ]
    if not meetings:
        return found
    question = _coverage_question(entry, meetings)
    answer = answers.get(question.id)
    habit = _by_rank(meetings) and OVERLAP in habits(entries, entry.feed, OVERLAP_TOPIC)
    if answer is None and habit:
        answer = "replace"
        found = replace(
            found,
            notes=(*found.notes, said("As before, of shared days the file drawn later counts.")),
        )
    if answer not in {FORCED, *(c.value for c in question.candidates)}:
        met = (*found.meetings, *(m.upload.upload for m in meetings))
        return replace(found, questions=(*found.questions, question), meetings=met)
    if answer == "cancel":
        return replace(found, cancelled=True)
    decided = _decided(entry, meetings, answer)
    if answer == "replace" and _by_rank(meetings):
        decided = with_convention(decided, OVERLAP_TOPIC, OVERLAP)
    return replace(found, entry=decided)


def _by_rank(meetings: Sequence[_Meeting]) -> bool:
    """Whether nothing but the data date decides: windows that overlap, each with all lines."""
    return not any(m.fewer_lines or (m.ahead and m.within) for m in meetings)


def _touching(entry: Entry, part: UploadPart, entries: Sequence[Entry]) -> list[Holding]:
    """What the feed holds already on the ground a part claims."""
    own = [h for h in holdings(entries, part.dataset) if h.entry.feed == entry.feed]
    return [h for h in own if touches(h, part)]


def _meeting(entry: Entry, part: UploadPart, holding: Holding) -> _Meeting | None:
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
    return _Meeting(part.dataset, holding.entry, holding.part, ahead, within, fewer)


def _fewer_lines(mine: UploadPart, loaded: UploadPart) -> bool:
    """Whether a file names only a few of the lines loaded: at most half of some plant's."""
    for plant, lines in mine.lines.items():
        theirs = set(loaded.lines.get(plant, ()))
        if NO_LINE not in lines and set(lines) < theirs and 2 * len(lines) <= len(theirs):
            return True
    return False


def _coverage_question(entry: Entry, meetings: Sequence[_Meeting]) -> Question:
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


def _drawn_before(entry: Entry, meetings: Sequence[_Meeting]) -> bool:
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


def _coverage_sentence(entry: Entry, meetings: Sequence[_Meeting]) -> Said:
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


def _decided(entry: Entry, meetings: Sequence[_Meeting], answer: str) -> Entry:
    """The entry with the answer applied: what it outranks, what it counts beside, what it claims."""
    if answer == "add":
        uploads = tuple(dict.fromkeys(m.upload.upload for m in meetings))
        return replace(entry, beside=tuple(dict.fromkeys((*entry.beside, *uploads))))
    parts = []
    for part in entry.parts:
        mine = [m for m in meetings if m.dataset == part.dataset]
        changed = part
        if answer in ("replace", FORCED) and any(m.fewer_lines for m in mine):
            changed = replace(changed, coverage=_own_lines(changed))
        inside = answer == "replace" and all(m.within for m in mine if m.ahead)
        override = inside or answer in ("whole", FORCED)
        if override:
            dates = [m.part.rank_date for m in mine if m.ahead and m.part.rank_date]
            if dates:
                changed = replace(changed, rank_date=max([*dates, part.rank_date or date.min]))
        parts.append(changed)
    return replace(entry, parts=tuple(parts))


def _own_lines(part: UploadPart) -> tuple[Coverage, ...]:
    return tuple(
        Coverage(c.plant, line, c.first, c.last)
        for c in part.coverage
        for line in (part.lines.get(c.plant, ()) if c.line is None else (c.line,))
    )


def _affected(entry: Entry, incoming: Incoming) -> frozenset[tuple[str, str, str]]:
    """Datasets, plants and months whose figures may change: days claimed, or dates the rows carry."""
    found: set[tuple[str, str, str]] = set()
    for part, rows in zip(entry.parts, incoming.parts, strict=True):
        for c in part.claimed:
            found |= {(part.dataset, c.plant, month) for month in months_between(c.first, c.last)}
        if not part.claimed:
            months = _months_in(rows.table)
            found |= {(part.dataset, plant, month) for plant in part.plants for month in months}
    return frozenset(found)


def _months_in(table: pa.Table) -> set[str]:
    days: Iterable[date | None] = (
        day
        for column in table.columns
        if pt.is_date(column.type)
        for day in column.unique().to_pylist()
    )
    return {f"{day:%Y-%m}" for day in days if day is not None}

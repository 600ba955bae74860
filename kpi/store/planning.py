"""What committing a file would do, decided from the ledger; rows are read only where they decide."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Final

import pyarrow as pa
import pyarrow.types as pt

from kpi.datasets import DATASETS
from kpi.model import Coverage
from kpi.store.apart import FORCED, Loaded, habits, with_convention, with_parts_apart
from kpi.store.drafts import Draft, SharedOrders, touches
from kpi.store.feeds import feed_of
from kpi.store.inforce import Holding, holdings, rank_of
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
from kpi.store.partly import (
    OVERLAP,
    OVERLAP_TOPIC,
    by_rank,
    coverage_question,
    decided_entry,
    meeting_of,
    own_lines,
)
from kpi.store.purge import with_purged_asked
from kpi.store.regions import grounds_of, meet, months_between
from kpi.store.rows import (
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
from kpi.texts import said

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
        found = with_purged_asked(found, entries, answers)
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
    found = with_purged_asked(found, entries, answers)
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
            theirs.coverage not in (mine.coverage, own_lines(mine))
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
        if h.upload not in apart and (m := meeting_of(entry, part, h))
    ]
    if not meetings:
        return found
    question = coverage_question(entry, meetings)
    answer = answers.get(question.id)
    habit = by_rank(meetings) and OVERLAP in habits(entries, entry.feed, OVERLAP_TOPIC)
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
    decided = decided_entry(entry, meetings, answer)
    if answer == "replace" and by_rank(meetings):
        decided = with_convention(decided, OVERLAP_TOPIC, OVERLAP)
    return replace(found, entry=decided)


def _touching(entry: Entry, part: UploadPart, entries: Sequence[Entry]) -> list[Holding]:
    """What the feed holds already on the ground a part claims."""
    own = [h for h in holdings(entries, part.dataset) if h.entry.feed == entry.feed]
    return [h for h in own if touches(h, part)]


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

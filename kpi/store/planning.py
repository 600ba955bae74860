"""What committing a file would do, decided from the ledger; rows are read only where they decide."""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Final

import pyarrow as pa
import pyarrow.types as pt

from kpi.datasets import DATASETS, DOWNTIME, ORDER_ITEM, SHIPMENT
from kpi.model import Candidate, Coverage, Question
from kpi.store.feeds import feed_of
from kpi.store.inforce import Holding, decided, holdings, rank_of
from kpi.store.ledger import live_uploads
from kpi.store.model import (
    SNAPSHOT,
    Entry,
    Incoming,
    IncomingPart,
    Ownership,
    OwnershipRule,
    UploadPart,
)
from kpi.store.regions import Ground, contains, grounds_of, meet, months_between
from kpi.store.rows import (
    NO_LINE,
    dataset_of,
    facts_schema,
    key_is_unique,
    lines_of,
    months_of,
    scope_of,
    widened,
)

OwnershipChoices: Final[tuple[Ownership, ...]] = ("prefer", "complement", "compare")

FORCED: Final = "\0forced"
"""An answer no candidate offers: replace, whatever the data dates say. For comparing rows only."""

_NEVER: Final = datetime(1, 1, 1, tzinfo=UTC)

SharedOrders = Callable[[IncomingPart, str, Sequence[Holding]], int]
"""How many orders of an incoming part other uploads of a dataset carry too."""


@dataclass(frozen=True, slots=True)
class Draft:
    """An upload as it would be entered, and what is still to be asked."""

    entry: Entry
    new_feed: bool
    questions: tuple[Question, ...] = ()
    same_as: str | None = None
    cancelled: bool = False
    notes: tuple[str, ...] = ()
    meets_loaded: bool = False
    meetings: tuple[str, ...] = ()
    affected: frozenset[tuple[str, str, str]] = field(default_factory=frozenset)


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
        table=pa.concat_tables([part.table for part in parts]),
        coverage=tuple(dict.fromkeys(c for part in parts for c in part.coverage)),
        data_date=max((p.data_date for p in parts if p.data_date), default=None),
        mapping=mapping,
        conventions=conventions,
        signature=tuple(signature),
        rows_read=sum(part.rows_read for part in parts),
        rows_accepted=sum(part.rows_accepted for part in parts),
        rows_rejected=sum(part.rows_rejected for part in parts),
        control_totals=tuple(total for part in parts for total in part.control_totals),
    )


def part_of(part: IncomingPart) -> UploadPart:
    """What the ledger will say of a part; checksum and meetings come when it is written."""
    dataset = dataset_of(part.dataset)
    return UploadPart(
        dataset=part.dataset,
        rows_read=part.rows_read,
        rows_accepted=part.table.num_rows,
        rows_rejected=part.rows_rejected,
        coverage=widened(dataset, part.table, part.coverage),
        data_date=part.data_date,
        rank_date=part.data_date,
        months=months_of(dataset, part.table),
        lines=lines_of(part.table),
        scope=scope_of(part.table),
        columns=tuple(facts_schema(dataset).names),
        keyed=dataset is DOWNTIME and key_is_unique(part.table),
        meets=(),
        checksum="",
        mapping=dict(part.mapping),
        conventions=dict(part.conventions),
        signature=tuple(part.signature),
        control_totals=tuple(part.control_totals),
    )


def draft(
    incoming: Incoming,
    parts: Sequence[UploadPart],
    entries: Sequence[Entry],
    answers: Mapping[str, str],
    *,
    mode_of: Callable[[str], str],
    shared_orders: SharedOrders,
) -> Draft:
    """The entry a file would become at the next position, with the questions it raises."""
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
    )
    same = _same_as(entry, entries)
    if same:
        return Draft(entry, new, same_as=same)
    found = _with_coverage(Draft(entry, new), entries, answers)
    if found.cancelled:
        return found
    found = _with_ownership(found, incoming, entries, answers, shared_orders)
    found = _with_links(found, incoming, entries, shared_orders)
    return replace(
        found,
        entry=replace(found.entry, answers=dict(answers)),
        affected=_affected(found.entry, incoming),
    )


def question_id(sha256: str, topic: str) -> str:
    """The id of a question about a file: the same in every run."""
    return hashlib.sha256(f"{sha256}\0{topic}".encode("utf-8", "surrogatepass")).hexdigest()[:12]


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
            return other.upload
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


@dataclass(frozen=True, slots=True)
class _Meeting:
    """A loaded upload on ground the incoming one claims only in part."""

    dataset: str
    upload: Entry
    part: UploadPart
    ahead: bool  # the loaded one has the later data date
    within: bool  # the incoming one lies inside the loaded one
    fewer_lines: bool


def _with_coverage(found: Draft, entries: Sequence[Entry], answers: Mapping[str, str]) -> Draft:
    """Ask, or apply, what shall count where a file meets its feed's loaded data only in part."""
    entry = found.entry
    meetings: list[_Meeting] = []
    loaded = False
    if not found.new_feed:
        for part in entry.parts:
            own = [h for h in holdings(entries, part.dataset) if h.entry.feed == entry.feed]
            touching = [h for h in own if _touches(h, part)]
            loaded = loaded or bool(touching)
            if entry.mode == SNAPSHOT:
                meetings += [m for h in touching if (m := _meeting(entry, part, h))]
    found = replace(found, meets_loaded=loaded)
    if not meetings:
        return found
    question = _coverage_question(entry, meetings)
    answer = answers.get(question.id)
    if answer not in {FORCED, *(c.value for c in question.candidates)}:
        return replace(
            found, questions=(question,), meetings=tuple(m.upload.upload for m in meetings)
        )
    if answer == "cancel":
        return replace(found, cancelled=True)
    return replace(found, entry=_decided(entry, meetings, answer))


def _touches(holding: Holding, part: UploadPart) -> bool:
    if DATASETS[part.dataset].date is None:
        return bool(set(holding.part.plants) & set(part.plants))
    return meet(holding.grounds, grounds_of(part.coverage))


def _meeting(entry: Entry, part: UploadPart, holding: Holding) -> _Meeting | None:
    if DATASETS[part.dataset].date is None:
        return None
    mine, theirs = grounds_of(part.coverage), list(holding.grounds)
    shared_plants = {c.plant for c in part.coverage}
    theirs = [g for g in theirs if g.plant in shared_plants]
    fewer = _fewer_lines(part, holding.part)
    if contains(mine, theirs) and not fewer:
        return None
    ahead = rank_of(holding.entry, holding.part) > rank_of(entry, part)
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
    stated = any(
        p.data_date and p.coverage and p.data_date > max(c.last for c in p.coverage)
        for p in entry.parts
    )
    fewer = any(m.fewer_lines for m in meetings)
    replacing = Candidate(
        "replace",
        "On the shared days this file takes the place of what is loaded; other days stay.",
    )
    if fewer:
        replacing = Candidate(
            "replace",
            "On the shared days this file replaces its own lines; the other lines stay as loaded.",
        )
    elif newer and not inside:
        replacing = Candidate(
            "replace", "On the shared days the file drawn later counts; other days stay."
        )
    candidates = [replacing]
    if inside and not fewer:
        keep = Candidate("keep", "On the shared days what is loaded was drawn later and stays.")
        candidates.insert(0 if stated else 1, keep)
    if fewer:
        candidates.append(
            Candidate("whole", "The file is the whole plant: lines it does not name had nothing.")
        )
    candidates += [
        Candidate("add", "Both count: this file holds rows the loaded one does not have."),
        Candidate("cancel", "Nothing is stored."),
    ]
    return Question(
        id=question_id(entry.sha256, "coverage"),
        sheet="",
        heading=None,
        ask=_coverage_sentence(entry, meetings),
        candidates=tuple(candidates),
        kind="coverage",
    )


def _coverage_sentence(entry: Entry, meetings: Sequence[_Meeting]) -> str:
    first = meetings[0]
    more = len({m.upload.upload for m in meetings}) - 1
    mine = next(p for p in entry.parts if p.dataset == first.dataset)
    others = f" and {more} more" if more else ""
    return (
        f"This file covers {_span(mine.coverage)}. It meets {first.upload.file} "
        f"(upload {first.upload.upload}{others}, {_span(first.part.coverage)}) only in part. "
        "What shall count?"
    )


def _span(coverage: Sequence[Coverage]) -> str:
    plants = sorted({c.plant for c in coverage})
    lines = sorted({c.line for c in coverage if c.line})
    days = f"{min(c.first for c in coverage)} to {max(c.last for c in coverage)}"
    where = plants[0] if len(plants) == 1 else f"{len(plants)} plants"
    return f"{where}{', ' + ', '.join(lines[:3]) if lines else ''}, {days}"


def _decided(entry: Entry, meetings: Sequence[_Meeting], answer: str) -> Entry:
    """The entry with the answer applied: what it outranks, what it counts beside, what it claims."""
    if answer == "add":
        uploads = tuple(dict.fromkeys(m.upload.upload for m in meetings))
        return replace(entry, beside=uploads)
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


def _with_ownership(
    found: Draft,
    incoming: Incoming,
    entries: Sequence[Entry],
    answers: Mapping[str, str],
    shared_orders: SharedOrders,
) -> Draft:
    """Ask, or apply, what shall count where another feed has the same ground."""
    entry = found.entry
    rules: list[OwnershipRule] = []
    questions = list(found.questions)
    loaded = found.meets_loaded
    for part, rows in zip(entry.parts, incoming.parts, strict=True):
        standing = {frozenset((r.feed, r.other)): r for r in decided(entries, part.dataset)}
        others: dict[str, list[Holding]] = {}
        for holding in holdings(entries, part.dataset):
            if holding.entry.feed != entry.feed:
                others.setdefault(holding.entry.feed, []).append(holding)
        for other, theirs in sorted(others.items()):
            rule = standing.get(frozenset((entry.feed, other)))
            if rule is not None:
                rules.append(rule)
                loaded = loaded or any(_touches(h, part) for h in theirs)
                continue
            if not _same_ground(part, rows, theirs, shared_orders):
                continue
            loaded = True
            question = _ownership_question(entry, part, other, theirs)
            answer = answers.get(question.id)
            if answer in OwnershipChoices:
                choice = next(c for c in OwnershipChoices if c == answer)
                rules.append(OwnershipRule(part.dataset, entry.feed, other, choice))
            else:
                questions.append(question)
    return replace(
        found,
        entry=replace(entry, ownership=tuple(rules)),
        questions=tuple(questions),
        meets_loaded=loaded,
    )


def _same_ground(
    part: UploadPart, rows: IncomingPart, theirs: Sequence[Holding], shared_orders: SharedOrders
) -> bool:
    if part.dataset in (ORDER_ITEM.id, SHIPMENT.id):
        return shared_orders(rows, part.dataset, theirs) > 0
    if DATASETS[part.dataset].date is None:
        return False
    return any(
        _shared_lines(part, h.part)
        and (not part.scope or bool(set(part.scope) & set(h.part.scope)))
        and meet(_occupied(part), h.grounds)
        for h in theirs
    )


def _occupied(part: UploadPart) -> list[Ground]:
    return grounds_of(part.coverage)


def _shared_lines(mine: UploadPart, theirs: UploadPart) -> bool:
    """Whether two files may speak of the same line: not when both name lines, and different ones."""
    for plant in set(mine.months) & set(theirs.months):
        a, b = set(mine.lines.get(plant, (NO_LINE,))), set(theirs.lines.get(plant, (NO_LINE,)))
        if NO_LINE in a or NO_LINE in b or a & b:
            return True
    return False


def _ownership_question(
    entry: Entry, part: UploadPart, other: str, theirs: Sequence[Holding]
) -> Question:
    title = DATASETS[part.dataset].title.lower()
    return Question(
        id=question_id(entry.sha256, f"ownership|{part.dataset}|{other}"),
        sheet="",
        heading=None,
        ask=(
            f"{title[:1].upper()}{title[1:]} of the same plant and days already comes from {other!r} "
            f"({theirs[0].entry.file}). How shall the two stand together?"
        ),
        candidates=(
            Candidate(
                "prefer", "This file counts; the other is hidden where both have the same days."
            ),
            Candidate("complement", "Both count: they hold different rows."),
            Candidate(
                "compare", "The other stays; this file is kept for comparison and not counted."
            ),
        ),
        kind="ownership",
    )


def _with_links(
    found: Draft, incoming: Incoming, entries: Sequence[Entry], shared_orders: SharedOrders
) -> Draft:
    """Find whose order numbers a feed of shipments uses, where orders and shipments come apart."""
    entry = found.entry
    live = live_uploads(entries)
    links: dict[str, str] = {}
    for other in live:
        links.update({s: o for s, o in other.links.items() if entry.feed in (s, o)})
    carries = {e.feed: set[str]() for e in [*live, entry]}
    for other in [*live, entry]:
        carries[other.feed] |= set(other.datasets)
    mine = carries[entry.feed]
    if SHIPMENT.id in entry.datasets and ORDER_ITEM.id not in mine and entry.feed not in links:
        best = _most_shared(incoming, SHIPMENT.id, ORDER_ITEM.id, entries, shared_orders)
        if best:
            links[entry.feed] = best
    if ORDER_ITEM.id in entry.datasets:
        lonely = {
            f for f, has in carries.items() if SHIPMENT.id in has and ORDER_ITEM.id not in has
        }
        known = {s for other in live for s in other.links}
        for feed in sorted(lonely - known):
            theirs = [h for h in holdings(entries, SHIPMENT.id) if h.entry.feed == feed]
            rows = next(p for p in incoming.parts if p.dataset == ORDER_ITEM.id)
            if shared_orders(rows, SHIPMENT.id, theirs):
                links[feed] = entry.feed
    return replace(found, entry=replace(entry, links=links))


def _most_shared(
    incoming: Incoming,
    mine: str,
    theirs: str,
    entries: Sequence[Entry],
    shared_orders: SharedOrders,
) -> str | None:
    rows = next(p for p in incoming.parts if p.dataset == mine)
    by_feed: dict[str, list[Holding]] = {}
    for holding in holdings(entries, theirs):
        by_feed.setdefault(holding.entry.feed, []).append(holding)
    counts = {feed: shared_orders(rows, theirs, held) for feed, held in sorted(by_feed.items())}
    best = max(counts, key=lambda feed: counts[feed], default=None)
    return best if best is not None and counts[best] else None


def _affected(entry: Entry, incoming: Incoming) -> frozenset[tuple[str, str, str]]:
    """Datasets, plants and months whose figures may change: days claimed, or dates the rows carry."""
    found: set[tuple[str, str, str]] = set()
    for part, rows in zip(entry.parts, incoming.parts, strict=True):
        for c in part.coverage:
            found |= {(part.dataset, c.plant, month) for month in months_between(c.first, c.last)}
        if not part.coverage:
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

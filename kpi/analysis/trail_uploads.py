"""Ledger entries as the audit trail tells them: what came in, what it took the place of."""

from collections.abc import Mapping, Sequence

from kpi.access import EVERY_PLANT
from kpi.analysis.coverage import coverage_words
from kpi.analysis.trail_words import Change, value_words
from kpi.datasets import DATASETS, NAMES
from kpi.store import Entry
from kpi.store.model import UPLOAD, WITHDRAWAL
from kpi.store.regions import grounds_of, meet

MOST_FIELDS = 40
"""Headings whose reading is listed; a file with more is told by their number."""


class LedgerReader:
    """Reads entries in order and tells each against those before it."""

    def __init__(self) -> None:
        self._live: dict[str, list[Entry]] = {}
        self._by_upload: dict[str, Entry] = {}

    def told(self, entry: Entry) -> tuple[str, tuple[Change, ...], tuple[str, ...]]:
        """What an entry did, the values it changed, and the plants it is about."""
        if entry.kind == UPLOAD:
            told = _upload_words(entry), self._upload_changes(entry), _plants(entry)
            self._by_upload[entry.upload] = entry
            self._live.setdefault(entry.feed, []).append(entry)
            return told
        of = self._by_upload.get(entry.upload)
        own = self._live.get(of.feed, []) if of else []
        before = "in force" if of in own else "not in force"
        if of is not None and of in own:
            own.remove(of)
        named = of.file if of else entry.upload
        plants = _plants(of) if of else (EVERY_PLANT,)
        if entry.kind == WITHDRAWAL:
            says = f"{named} (upload {entry.upload}) taken back; what it had replaced counts again."
            return says, (Change(f"upload {entry.upload}", before, "withdrawn"),), plants
        says = f"{named} (upload {entry.upload}): its bytes and rows were deleted, its hash stays."
        return says, (Change(f"upload {entry.upload}", "kept", "deleted"),), plants

    def _upload_changes(self, entry: Entry) -> tuple[Change, ...]:
        before = self._live.get(entry.feed, [])
        last = before[-1] if before else None
        found = [Change("rows", "", _rows(entry)), Change("SHA-256", "", entry.sha256)]
        if entry.mends:
            found.append(Change("mends", f"upload {entry.mends}", f"upload {entry.upload}"))
        elif replaced := [e for e in before if _meets(e, entry)]:
            named = ", ".join(f"{e.file} ({e.upload})" for e in replaced)
            found.append(Change("counts before, on the same days", named, entry.file))
        if entry.beside:
            found.append(Change("counts beside", "", ", ".join(entry.beside)))
        found += [
            Change(f"{r.dataset} of {r.other}", "", f"{r.choice} {r.feed}") for r in entry.ownership
        ]
        found += [Change(f"orders of {feed}", "", other) for feed, other in entry.links.items()]
        found += _pairs("answer", {}, entry.answers)
        found += _pairs("read as", _mapping(last), _mapping(entry))
        found += _pairs("convention", _conventions(last), _conventions(entry))
        if last is not None and last.mode != entry.mode:
            found.append(Change("delivered as", last.mode, entry.mode))
        return tuple(found)


def plants_of_feeds(entries: Sequence[Entry]) -> dict[str, tuple[str, ...]]:
    """The plants that the uploads of each feed are about."""
    found: dict[str, set[str]] = {}
    for entry in entries:
        if entry.kind == UPLOAD:
            found.setdefault(entry.feed, set()).update(_plants(entry))
    return {feed: tuple(sorted(plants)) for feed, plants in found.items()}


def _upload_words(entry: Entry) -> str:
    days = coverage_words(entry.coverage)
    covers = f", covering {value_words(days)}" if days else ""
    return f"{entry.file} put in force for the feed {entry.feed}{covers}."


def _rows(entry: Entry) -> str:
    return "; ".join(
        f"{DATASETS[name].title}: {accepted:,} of {read:,} accepted, {rejected:,} rejected"
        for name, (read, accepted, rejected) in entry.rows.items()
    )


def _plants(entry: Entry) -> tuple[str, ...]:
    """Plants an entry holds rows or claims of; rows without a plant concern the company.

    Names without a plant come along with the rows they explain, and make nothing of them foreign.
    """
    parts = [part for part in entry.parts if part.dataset != NAMES.id] or entry.parts
    named = {plant or EVERY_PLANT for part in parts for plant in part.plants}
    return tuple(sorted(named)) or (EVERY_PLANT,)


def _meets(earlier: Entry, entry: Entry) -> bool:
    """Whether an upload claims days that an earlier one of its feed claimed."""
    return any(
        part.dataset == theirs.dataset
        and meet(grounds_of(theirs.coverage), grounds_of(part.coverage))
        for part in entry.parts
        for theirs in earlier.parts
    )


def _mapping(entry: Entry | None) -> dict[str, str]:
    return {} if entry is None else {h: f for p in entry.parts for h, f in p.mapping.items()}


def _conventions(entry: Entry | None) -> dict[str, str]:
    return {} if entry is None else {k: v for p in entry.parts for k, v in p.conventions.items()}


def _pairs(label: str, old: Mapping[str, str], new: Mapping[str, str]) -> Sequence[Change]:
    """What of a remembered table differs; what a file merely lacks this time is not forgotten."""
    changed = [n for n in new if old.get(n) != new[n]]
    if len(changed) > MOST_FIELDS:
        return [Change(label, "", f"{len(changed)} headings")]
    return [Change(f"{label}: {n}", value_words(old.get(n)), value_words(new[n])) for n in changed]

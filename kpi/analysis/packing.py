"""The evidence pack of a period: every record, figure, source and definition, as one thing.

What is packed is what belongs to the plants asked for, whoever asks; whoever has it made manages them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import PurePath
from typing import Any, Final

from kpi.access import Permission
from kpi.analysis.agenda import build_agenda, of_plants
from kpi.analysis.agenda_results import Agenda, Asked
from kpi.analysis.coverage import ledger_lines
from kpi.analysis.home import Home
from kpi.analysis.marked import Settled
from kpi.analysis.registering import Version, bears_on
from kpi.analysis.results import LedgerLine, ReviewKpi
from kpi.analysis.reviewing import document
from kpi.analysis.trail import LEDGER, Trail, trail
from kpi.analysis.weakness_results import Weakness
from kpi.analysis.weaknesses import weaknesses
from kpi.errors import StoreError
from kpi.qms import register
from kpi.qms.kinds import ALL
from kpi.qms.purged import purged
from kpi.qms.reviews import REVIEW
from kpi.safe_text import file_name

MOST_UPLOAD_BYTES: Final = 25 * 1024 * 1024
"""Of an uploaded file that is put into a pack where asked; a larger one is named with its hash."""


NOT_NESTED: Final = ("pack.zip", "agenda.json")
"""Of what reviews keep: a pack within a pack would grow with every review."""


@dataclass(frozen=True, slots=True)
class PackedRecord:
    """A record as of then, with every version up to then, oldest first."""

    id: str
    title: str
    owner: str
    says: tuple[tuple[str, str], ...]
    value: Mapping[str, Any]
    version: int
    who: str
    when: datetime
    hash: str
    history: tuple[Version, ...]


@dataclass(frozen=True, slots=True)
class PackedKind:
    """All records of a kind; none is told, too."""

    name: str
    title: str
    plural: str
    clauses: tuple[str, ...]
    records: tuple[PackedRecord, ...]


@dataclass(frozen=True, slots=True)
class PackedFile:
    """Bytes that are put in as they are: a kept document, an uploaded file. ``says`` tells what."""

    path: str
    says: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Pack:
    """Everything a pack holds, decided before a byte of it is written.

    ``left_out`` are sentences on what is not in it, and where it is.
    """

    agenda: Agenda
    kinds: tuple[PackedKind, ...]
    kpis: tuple[ReviewKpi, ...]
    ledger: tuple[LedgerLine, ...]
    trail: Trail
    weaknesses: tuple[Weakness, ...]
    documents: tuple[PackedFile, ...]
    uploads: tuple[PackedFile, ...]
    left_out: tuple[str, ...]
    made: datetime
    made_by: str

    @property
    def head(self) -> str:
        """The head of the audit trail that vouches for all of it."""
        return self.agenda.review.head or self.trail.head.short


def build_pack(
    home: Home,
    asked: Asked,
    *,
    edition: str,
    who: str,
    when: datetime,
    agenda: Agenda | None = None,
    uploads: bool = False,
) -> Pack:
    """The pack of a period. ``agenda`` where it is built already; ``uploads``: with the files' bytes.

    Raises
    ------
    AccessDeniedError
        The person manages no plant it is about.
    UsageError
        Nothing is in force up to the period, or its days are no whole months.
    """
    own = of_plants(home, asked.where)
    own.access.require(Permission.MANAGE)
    agenda = agenda or build_agenda(home, asked, edition=edition, who=who, when=when)
    kpis = _kpis(agenda)
    given, too_large = _uploads(own, kpis) if uploads else ((), ())
    documents, lost = _documents(own, asked, agenda.number)
    left = () if uploads else (
        "The bytes of the uploaded files are not in this pack. Each is named with its SHA-256; the "
        "home keeps it under that.",
    )  # fmt: skip
    return Pack(
        agenda=agenda,
        kinds=tuple(_kind(own, kind, agenda.asked, agenda.number) for kind in ALL),
        kpis=kpis,
        ledger=tuple(line for line in ledger_lines(own) if line.position <= agenda.position),
        trail=_upto(trail(own), agenda),
        weaknesses=weaknesses(own, asked, when.date()),
        documents=documents,
        uploads=given,
        left_out=(
            *left,
            *too_large,
            *lost,
            *_not_nested(own, asked, agenda.number),
            *_purged(own, agenda.number),
        ),
        made=when,
        made_by=who,
    )


def _kpis(agenda: Agenda) -> tuple[ReviewKpi, ...]:
    """Every chart of the agenda once: those of the review, then those of its inputs."""
    every = [*agenda.review.kpis, *(k for one in agenda.inputs for k in one.kpis)]
    found = {(k.series.kpi.id, k.series.slice, k.series.period, k.title): k for k in every}
    return tuple(found.values())


def _kind(home: Home, kind: register.Kind[Any], asked: Asked, number: int) -> PackedKind:
    chosen = Settled(home.view())(asked.where) if asked.where else ()
    by_id: dict[str, list[register.Recorded[Any]]] = {}
    raw: dict[str, Mapping[str, Any]] = {}
    for record in home.store.records.history(kind.name):
        if record.number <= number:
            by_id.setdefault(record.key, []).append(register.read(kind, record))
            raw[record.key] = record.value
    own = [told for _, told in sorted(by_id.items()) if bears_on(told[-1].item.slice, chosen)]
    packed = tuple(_record(told, raw[told[-1].id]) for told in own)
    return PackedKind(kind.name, kind.title, kind.plural, kind.clauses, packed)


def _record(told: list[register.Recorded[Any]], value: Mapping[str, Any]) -> PackedRecord:
    last = told[-1]
    before = [None, *(one.item for one in told)]
    history = tuple(
        Version(
            one.version, one.when, one.who, one.why, register.differences(old, one.item), one.hash
        )
        for old, one in zip(before, told, strict=False)
    )
    says = tuple((d.label, d.after) for d in register.differences(None, last.item))
    return PackedRecord(
        last.id, last.item.title, last.item.owner, says, value, last.version, last.who, last.when,
        last.hash, history,
    )  # fmt: skip


def _upto(found: Trail, agenda: Agenda) -> Trail:
    """The trail as far as the place that everything was read at."""
    kept = tuple(
        line
        for line in found.lines
        if line.number <= (agenda.position if line.chain == LEDGER else agenda.number)
    )
    return replace(found, lines=kept)


def _reviews(home: Home, asked: Asked, number: int) -> list[register.Recorded[Any]]:
    """The reviews of these days, as of then."""
    return [
        entry
        for entry in register.recorded_upto(home.store, REVIEW, number)
        if entry.item.first is not None and entry.item.last is not None
        and entry.item.first <= asked.last and entry.item.last >= asked.first
    ]  # fmt: skip


def _not_nested(home: Home, asked: Asked, number: int) -> tuple[str, ...]:
    """Which kept packs are not in this one."""
    return tuple(
        f"{file.name} of {entry.id} as {file.at} is not in this pack; the home keeps it under its "
        f"SHA-256 {file.sha256}."
        for entry in _reviews(home, asked, number)
        for file in entry.item.kept
        if file.name in NOT_NESTED
    )


def _purged(home: Home, number: int) -> tuple[str, ...]:
    """Which records were there up to then and are no more: their hashes stand in the trail."""
    keys = {(r.kind, r.key) for r in home.store.records.every() if r.number <= number and r.purged}
    found = (purged(home.store, kind, id) for kind, id in sorted(keys))
    return tuple(f"{gone.says} The trail in this pack lists them." for gone in found if gone)


def _documents(
    home: Home, asked: Asked, number: int
) -> tuple[tuple[PackedFile, ...], tuple[str, ...]]:
    """What was kept of the reviews of these days, as held, as approved; and what of it is lost.

    A file that is missing or altered is told: evidence of everything else is not to wait for it.
    """
    files, lost = [], []
    for entry in _reviews(home, asked, number):
        for file in entry.item.kept:
            if file.name in NOT_NESTED:
                continue
            says = f"{file.name} of {entry.id} as {file.at}"
            try:
                data = document(home, entry.id, file.name, file.at)
            except StoreError as error:
                lost.append(f"{says} is not in this pack: {error}")
                continue
            place = f"documents/{entry.id}/{file.at.name.lower()}/{file.name}"
            files.append(PackedFile(place, says, data))
    return tuple(files), tuple(lost)


def _uploads(
    home: Home, kpis: Iterable[ReviewKpi]
) -> tuple[tuple[PackedFile, ...], tuple[str, ...]]:
    """The uploaded files behind the figures, by hash; and which are too large or may not be seen."""
    sources = {s.sha256: s for kpi in kpis for s in kpi.sources}
    files, left = [], []
    for sha256, source in sorted(sources.items(), key=lambda item: (item[1].file, item[0])):
        if not home.store.sees_all_of(source.upload):
            left.append(f"{source.file} holds rows of other plants: it is named, not given.")
            continue
        path = home.store.bytes_path(sha256)
        if not path.is_file():
            left.append(f"{source.file} was deleted by a purge: its hash remains.")
        elif path.stat().st_size > MOST_UPLOAD_BYTES:
            left.append(f"{source.file} is larger than 25 MB: the home keeps it under its SHA-256.")
        else:
            says = f"{source.file}, loaded by {source.who}"
            name = PurePath(source.file)
            place = (
                f"uploads/{sha256[:16]}-{file_name(name.stem, name.suffix.lstrip('.') or 'bin')}"
            )
            files.append(PackedFile(place, says, path.read_bytes()))
    return tuple(files), tuple(left)

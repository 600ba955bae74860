"""The store: what is kept of one home, and the only place that changes it."""

import threading
import uuid
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pyarrow as pa
import sqlalchemy as sa

from kpi.errors import StoreError, UnknownNameError, UsageError
from kpi.model import FeedMemory
from kpi.store import checks, tombstones
from kpi.store import feeds as feed_list
from kpi.store import kept as documents
from kpi.store import purge as purging
from kpi.store.apart import COLUMNS, FORCED, Loaded
from kpi.store.aside import AsideFiles
from kpi.store.backup import Backup, back_up, forget_old
from kpi.store.chains import Chains
from kpi.store.changes import (
    changes_of,
    conflicting_uploads,
    distinct_values,
    equal_rows,
    means_of,
    repeats,
    shared_orders,
)
from kpi.store.database import Database, meta_table, sentence_for
from kpi.store.drafts import Draft
from kpi.store.files import Files, write_parquet
from kpi.store.inforce import Holding
from kpi.store.ledger import Ledger, live_uploads
from kpi.store.mends import Standing, counting, standing_by_hash, standing_of
from kpi.store.model import (
    PURGE,
    SNAPSHOT,
    UPLOAD,
    WITHDRAWAL,
    Entry,
    Feed,
    Incoming,
    IncomingPart,
    Plan,
    Record,
    RowChanges,
    UploadPart,
)
from kpi.store.planning import draft, merged, part_of
from kpi.store.records import Records
from kpi.store.rollups import Rollups
from kpi.store.rows import conform, dataset_of, marked
from kpi.store.vanished import FIGURES
from kpi.store.view import View
from kpi.texts import joined, said

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from kpi.store.engine import Engine

FEED_RECORD: Final = "feed"
SAMPLE: Final = "sample"

_AT_ONCE: Final = 2
"""Files of an upload that are written side by side."""

VIEWS_KEPT: Final = 8
"""Views of recent positions kept, so that what they worked out is worked out once."""


class Store:
    """Ledger, records and facts of one home. One object may be shared by threads.

    Reading never waits for writing. Writers wait for each other, within a process and between.
    """

    def __init__(self, home: Path, database: Database, *, read_only: bool = False) -> None:
        self.home = home
        self.read_only = read_only
        self.limit: tuple[str, ...] | None = None
        self.files = Files(home)
        self._database = database
        self._ledger = Ledger(database)
        self.records = Records(database)
        self.chains = Chains(database)
        self.aside = AsideFiles(database)
        self._engine: Engine | None = None
        self._guard = threading.Lock()
        self._views: dict[int, View] = {}
        self._purges = 0
        self._looked_at: set[tuple[str, str]] = set()
        self._uploads: dict[str, Entry] = {}
        self._seen_by: dict[tuple[str, ...], Store] = {}
        self._starting = threading.Lock()
        self._rollups = Rollups(self.files, self.files.rollups, lambda: self.engine().scratch)

    # --- reading ---

    def moment(self) -> AbstractContextManager[None]:
        """While the block runs, this thread asks only once how far ledger and records go."""
        return self._database.moment()

    def look_again(self) -> None:
        """Within a moment: ask again, for something may have been added meanwhile."""
        self._database.look_again()

    def sees_all_of(self, upload: str) -> bool:
        """Whether every row of an upload is of plants seen: here, of any upload there is."""
        return bool(self.entry(upload))

    def hidden_names(self) -> frozenset[str]:
        """Names of files and feeds that tell of plants not seen: none, where all are."""
        return frozenset()

    def position(self) -> int:
        """The position of the latest ledger entry; 0 in an empty home."""
        return self._ledger.position()

    def at(self, position: int | None = None) -> View:
        """The facts in force at a position of the ledger (now by default)."""
        wanted = self.position() if position is None else position
        purges = self._ledger.purges()
        with self._guard:
            if purges != self._purges:  # what older views read may be gone
                self._views.clear()
                self._purges = purges
            found = self._views.get(wanted)
            if found is None:
                found = self._seen(self._ledger.entries(wanted))
                self._views[wanted] = found
                while len(self._views) > VIEWS_KEPT:
                    self._views.pop(next(iter(self._views)))
        return found

    def facts(
        self,
        dataset: str,
        *,
        position: int | None = None,
        plants: Sequence[str] | None = None,
        first: date | None = None,
        last: date | None = None,
    ) -> "ir.Table":
        """Facts in force as an Ibis table; see ``View.table``."""
        return self.at(position).table(dataset, plants, first, last)

    def entries(self, upto: int | None = None) -> list[Entry]:
        """The ledger, oldest first; uploads say at which position they were withdrawn."""
        return self._ledger.entries(upto)

    def entry(self, upload: str) -> Entry:
        """The ledger entry of an upload."""
        uploads = {e.upload: e for e in self._ledger.entries() if e.kind == UPLOAD}
        if upload not in uploads:
            raise UnknownNameError("upload", upload, known=uploads)
        return uploads[upload]

    def standing(self, upload: str) -> Standing:
        """An upload with the mends it stands on, whether it is in force or not."""
        entries = self.entries()
        return standing_of(entries, live_uploads(entries), self.entry(upload))

    def standing_by_hash(self, begins: str) -> Standing | None:
        """The upload in force of the file whose hash begins like that, with its mends."""
        entries = self.entries()
        return standing_by_hash(entries, live_uploads(entries), begins)

    def counting(self) -> list[Entry]:
        """Uploads not withdrawn, a mended one once: under its latest mend's id, with its rows."""
        return live_uploads(self.entries())

    def mended(self) -> dict[str, tuple[str, ...]]:
        """By upload in force that was mended, the mends it counts with, oldest first."""
        entries = self.entries()
        return counting(entries, live_uploads(entries))

    def memory_of_upload(self, entry: Entry) -> FeedMemory:
        """What one upload decided, to read its file again as it was read."""
        return feed_list.memory_of_upload(entry)

    def bytes_path(self, sha256: str) -> Path:
        """Where the bytes of an uploaded file lie, to be read by ingest and nobody else."""
        path = self.files.bytes_path(sha256)
        if not path.exists():
            raise UnknownNameError("file", sha256, known=())
        return path

    def upload_bytes(self, sha256: str) -> bytes:
        """The bytes of an uploaded file, by the hash the ledger states."""
        path = self.files.bytes_path(sha256)
        if not path.exists():
            raise UnknownNameError("file", sha256, known=())
        return path.read_bytes()

    def feeds(self) -> tuple[Feed, ...]:
        """Feeds with an upload not withdrawn, by name."""
        modes = {r.key: str(r.value["mode"]) for r in self.records.current(FEED_RECORD)}
        return feed_list.feeds(self._ledger.entries(), modes)

    def memories(self) -> tuple[FeedMemory, ...]:
        """What is remembered of every feed."""
        return tuple(feed_list.memory_of(feed) for feed in self.feeds())

    def plants(self) -> tuple[str, ...]:
        """Plants that facts in force name, sorted."""
        return self.at().plants()

    def engine(self) -> "Engine":
        """DuckDB, started when first needed, and again where a damaged file has stopped it."""
        with self._starting:
            if self._engine is None or self._engine.failed:
                from kpi.store.engine import Engine

                self._engine = Engine([self.files.facts, self.files.rollups])
            return self._engine

    @property
    def on_server(self) -> bool:
        """Whether ledger and records are kept by a database server, and not by a file of the home."""
        return not self._database.is_sqlite

    @property
    def database_name(self) -> str:
        """What keeps ledger and records, as it may be shown."""
        return self._database.name

    def about_database(self) -> str:
        """One sentence on what keeps ledger and records.

        Raises
        ------
        StoreError
            It does not answer, or no longer holds to being append-only.
        """
        return checks.database(self._database)

    @property
    def is_sample(self) -> bool:
        """Whether this home holds the sample plant."""
        return self._meta(SAMPLE) == "true"

    # --- changing ---

    def plan(self, incoming: Incoming, answers: Mapping[str, str] | None = None) -> Plan:
        """What committing a file would do, and what must be answered first. Stores nothing."""
        incoming = merged(incoming)
        found = self._draft(incoming, self._parts_of(incoming), self.entries(), answers or {})
        changes = self._changes(incoming, found)
        return Plan(
            feed=found.entry.feed,
            new_feed=found.new_feed,
            unchanged=found.same_as is not None or found.cancelled,
            cancelled=found.cancelled,
            upload=found.same_as,
            questions=found.questions,
            changes=changes,
            affected=found.affected,
            notes=_notes(found, changes),
        )

    def commit(
        self,
        incoming: Incoming,
        *,
        who: str,
        when: datetime,
        answers: Mapping[str, str] | None = None,
    ) -> Entry:
        """Put a file in force, whole or not at all; returns its ledger entry.

        The plan is made again under the write lock, so that what another process stored meanwhile
        counts. A file in force already gives the entry it has.

        Raises
        ------
        UsageError
            A question is open, or the answer was to cancel.
        StoreError
            The home cannot be written to; nothing was stored.
        """
        incoming = merged(incoming)
        parts = self._parts_of(incoming)
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            tables = list(
                pool.map(lambda p: conform(dataset_of(p.dataset), p.table), incoming.parts)
            )
        with self._writing() as connection:
            entries = self._ledger.entries_within(connection)
            found = self._draft(incoming, parts, entries, answers or {})
            if found.same_as is not None:
                return next(e for e in entries if e.upload == found.same_as)
            _refuse_unanswered(found)
            entry = replace(found.entry, who=who, when=when)
            entry = self._keep(incoming, entry, tables, entries)
            return self._ledger.append(connection, entry)

    def withdraw(self, upload: str, *, who: str, when: datetime, why: str) -> Entry:
        """Take an upload back: an entry that says so. What it hid is in force again."""
        with self._writing() as connection:
            entries = self._ledger.entries_within(connection)
            uploads = {e.upload: e for e in entries if e.kind == UPLOAD}
            if upload not in uploads:
                raise UnknownNameError("upload", upload, known=uploads)
            if uploads[upload].withdrawn is not None:
                done = "purged" if uploads[upload].purged is not None else "withdrawn"
                raise UsageError(
                    f"Upload {upload} was {done} already, at ledger position "
                    f"{uploads[upload].withdrawn}. Nothing changed."
                )
            taken_back = Entry(0, WITHDRAWAL, upload, who, when, why)
            return self._ledger.append(connection, taken_back)

    def purge(self, upload: str, *, who: str, when: datetime, why: str) -> tuple[Entry, ...]:
        """Remove an upload's bytes and rows for good, and those of the mends that stand on it.

        What it hid is in force again, as if it were withdrawn; at every position of the ledger, for
        its rows are gone. The entries say who, when and why. Copies outside the home, backups among
        them, are not touched.

        Raises
        ------
        UsageError
            There is no such upload, it was purged already, or no reason is given.
        """
        if not why.strip():
            raise UsageError(
                "A purge needs a reason, which stays in the ledger. Give it with --why."
            )
        with self._writing() as connection:
            entries = self._ledger.entries_within(connection)
            found = self._ledger.append_all(
                connection,
                [Entry(0, PURGE, u, who, when, why) for u in purging.purged_with(entries, upload)],
            )
        self.finish_purges()
        return tuple(found)

    def kept_for(self, upload: str) -> tuple[str, ...]:
        """Uploads not purged that are of the same file as this one: for them its bytes stay."""
        return purging.shared_with(self.entries(), upload)

    def back_up(self, to: Path, *, who: str, when: datetime) -> Backup:
        """Make a backup in a folder, or as the .zip file named; see ``kpi.store.backup``."""
        return back_up(self._database, self.files, to, who=who, when=when)

    def forget_old_backups(self, folder: Path, *, keep: int, newest: Path) -> tuple[Path, ...]:
        """Remove this home's older backups from a folder until ``keep`` are left; those removed."""
        return forget_old(self._database, folder, keep=keep, newest=newest)

    def finish_purges(self, *, patient: bool = True) -> int:
        """Remove what purged uploads left, where a process ended before it had; how many files."""
        last = purging.last_purge(self.entries())
        if last <= int(self._meta(purging.ERASED) or 0):
            return 0
        with self._writing(patient) as connection:  # alone: a commit may need the same bytes
            entries = self._ledger.entries_within(connection)
            gone = purging.erase(entries, self.files)
            connection.execute(meta_table.delete().where(meta_table.c.key == purging.ERASED))
            done = {"key": purging.ERASED, "value": str(purging.last_purge(entries))}
            connection.execute(meta_table.insert().values(**done))
        return gone

    def purge_record(
        self,
        kind: str,
        key: str,
        *,
        who: str,
        when: datetime,
        why: str,
        check: Callable[[], None] | None = None,
    ) -> tuple[Record, bool]:
        """Remove the content of every version of a record for good; see ``Records.purge``.

        Returns the record of the purge, and whether the words are out of the database's files, too:
        where somebody reads them just now, the next opening or purge finishes it.
        """
        if not why.strip():
            raise UsageError(
                "A purge needs a reason, which stays in the history. Give it with --why."
            )
        if self.read_only:
            raise StoreError(sentence_for("readonly", str(self.home)))
        purge = self.records.purge(kind, key, who=who, when=when, why=why.strip(), check=check)
        return purge, self.finish_record_purges()

    def finish_record_purges(self, *, patient: bool = True) -> bool:
        """Take the words of purged records out of the database's files; False: not possible now."""
        try:
            return tombstones.finish(self._database, patient=patient)
        except StoreError:  # what is purged is purged: it is tried again, and doctor tells
            return False

    def preview(self, incoming: Incoming, answers: Mapping[str, str] | None = None) -> View:
        """The facts as they would be after committing a file. Stores nothing; close it after use.

        Open questions are taken by their first candidate.
        """
        entries = self.entries()
        incoming = merged(incoming)
        parts = self._parts_of(incoming)
        found = self._draft(incoming, parts, entries, answers or {})
        if found.questions:
            first = {q.id: q.candidates[0].value for q in found.questions}
            found = self._draft(incoming, parts, entries, {**first, **(answers or {})})
        if found.same_as is not None or found.cancelled:
            return self._seen(entries)
        return self._overlay(incoming, found.entry, entries)

    def set_mode(self, feed: str, mode: str, *, who: str, when: datetime, why: str) -> None:
        """Make a feed a snapshot or an incremental one, from its next upload on."""
        known = [f.name for f in self.feeds()]
        if feed not in known:
            raise UnknownNameError("feed", feed, known=known)
        if mode not in ("snapshot", "incremental"):
            raise UsageError(f"A feed is 'snapshot' or 'incremental', not {mode!r}.")
        self.records.put(FEED_RECORD, feed, {"mode": mode}, who=who, when=when, why=why)

    def mark_sample(self) -> None:
        """Mark this home as the sample plant's; meant for an empty one."""
        with self._writing() as connection:
            connection.execute(meta_table.delete().where(meta_table.c.key == SAMPLE))
            connection.execute(meta_table.insert().values(key=SAMPLE, value="true"))

    def sweep(self, *, patient: bool = True) -> int:
        """Remove what crashes left behind, once safely old; returns how many files."""
        with self._writing(patient) as connection:
            entries = self._ledger.entries_within(connection)
            uploads = [e for e in entries if e.kind == UPLOAD and e.purged is None]
            facts = [(d, e.upload) for e in uploads for d in e.datasets]
            # Of a purged file that was to be stored again nothing may wait until it is old.
            gone = purging.erase_leftovers(entries, self.files)
            return gone + self.files.sweep(facts, [e.sha256 for e in uploads])

    def verify_chain(self) -> int:
        """Check every link of the ledger's and the records' chains; returns how many hold.

        Raises
        ------
        StoreError
            An entry was altered after it was written; the sentence names the first.
        """
        return checks.chain(self._ledger, self.records)

    def verify_ends(self) -> None:
        """Check that both chains end where they ended last, without reading what is before."""
        checks.ends(self._ledger, self.records)

    def verify_uploads(self) -> int:
        """Check that the bytes of every uploaded file are there and fit their hash; how many are."""
        return checks.uploads(self.entries(), self.files)

    def keep_document(self, data: bytes) -> str:
        """Keep a document under its hash, durably, before a record names it; see ``kpi.store.kept``.

        Raises
        ------
        StoreError
            The home cannot be written to; nothing was stored.
        """
        if self.read_only:
            raise StoreError(sentence_for("readonly", str(self.home)))
        try:
            return documents.keep(self.files, data)
        except OSError as error:
            raise StoreError(sentence_for(error.strerror or "", str(self.home))) from error

    def kept_bytes(self, sha256: str) -> bytes | None:
        """A kept document by its hash, named by a record or not; ``None``: not there, or not whole.

        For what decides whether a record may name it; others ask ``document``.
        """
        return documents.whole(self.files, sha256)

    def document(self, sha256: str) -> bytes:
        """A kept document that a record seen names, proven by its hash; see ``kpi.store.kept``."""
        what = documents.refuse_unnamed(self.records.every(), sha256)
        return documents.read(self.files, sha256, what)

    def verify_documents(self) -> int:
        """Check that every kept document is there as it was kept; returns how many are."""
        return documents.verify(self.records.every(), self.files)

    def loose_documents(self) -> int:
        """How many documents are kept that no record names: what a step cut off leaves behind."""
        return documents.loose(self.records.every(), self.files)

    def verify_facts(self) -> int:
        """Check that every table of facts is there as it was written; returns how many are."""
        return checks.facts(self.entries(), self.files)

    def verify_purges(self) -> int:
        """Check that nothing of a purged upload is left; returns how many were purged."""
        return checks.purged(self.entries(), self.files)

    def verify_record_purges(self) -> int:
        """Check that nothing of a purged record is left; returns how many were purged."""
        return tombstones.verify(self._database, self.records.every())

    def heads(self) -> tuple[str, str]:
        """The latest hashes of ledger and records, to be printed where the state is vouched for."""
        return self._ledger.head(), self.records.head()

    def close(self) -> None:
        """Let go of the database and the engine."""
        self._database.close()
        if self._engine is not None:
            self._engine.close()

    # --- how ---

    def _writing(self, patient: bool = True) -> AbstractContextManager[sa.Connection]:
        if self.read_only:
            raise StoreError(sentence_for("readonly", str(self.home)))
        return self._database.writing(patient=patient)

    def _parts_of(self, incoming: Incoming) -> tuple[UploadPart, ...]:
        if not incoming.parts:
            raise UsageError(said("{file} holds no rows to store.", file=incoming.file))
        return tuple(part_of(part) for part in incoming.parts)

    def _draft(
        self,
        incoming: Incoming,
        parts: Sequence[UploadPart],
        entries: Sequence[Entry],
        answers: Mapping[str, str],
    ) -> Draft:
        def make(given: Mapping[str, str]) -> Draft:
            return draft(
                incoming,
                parts,
                entries,
                given,
                mode_of=self._mode_of,
                shared_orders=self._shared_orders,
                loaded=self._loaded(),
            )

        found = make(answers)
        partly = next((q for q in found.questions if q.kind == "coverage"), None)
        if partly is not None and len(found.questions) == 1:
            forced = make({**answers, partly.id: FORCED})
            same = self._repeated(incoming, found.meetings)
            silent = same and not forced.questions
            if silent and not _differences(self._compare(incoming, forced.entry, entries)):
                return replace(found, questions=(), same_as=same)
        return found

    def _repeated(self, incoming: Incoming, uploads: Sequence[str]) -> str | None:
        """The one of some uploads that holds what a file says, and nothing else where it speaks.

        That nothing in force would change is not enough: what it hides may come back later.
        """
        for upload in uploads:
            paths = [self.files.facts_path(part.dataset, upload) for part in incoming.parts]
            if all(
                repeats(self.engine(), path, part)
                for path, part in zip(paths, incoming.parts, strict=True)
            ):
                return upload
        return None

    def _mode_of(self, feed: str) -> str:
        record = self.records.get(FEED_RECORD, feed)
        return str(record.value["mode"]) if record else SNAPSHOT

    def _shared_orders(self, rows: IncomingPart, dataset: str, theirs: Sequence[Holding]) -> int:
        return shared_orders(self.engine(), self.files.facts_path, rows, dataset, theirs)

    def _loaded(self) -> Loaded:
        return Loaded(
            values=lambda upload, dataset: distinct_values(
                self.engine(), self.files.facts_path(dataset, upload), COLUMNS
            ),
            equal=lambda upload, part: equal_rows(
                self.engine(), self.files.facts_path(part.dataset, upload), part
            ),
            means=lambda upload, dataset: means_of(
                self.engine(), self.files.facts_path(dataset, upload), FIGURES
            ),
        )

    def _keep(
        self,
        incoming: Incoming,
        entry: Entry,
        tables: Sequence[pa.Table],
        entries: Sequence[Entry],
    ) -> Entry:
        """Write bytes and facts under their final names; the entry then knows their checksums."""
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            kept = pool.submit(self.files.keep_bytes, incoming.path, incoming.sha256)
            written = [
                pool.submit(self._keep_part, part.dataset, table, entry)
                for part, table in zip(entry.parts, tables, strict=True)
            ]
        kept.result()
        parts = [
            replace(
                part,
                checksum=checksum.result(),
                meets=self._meets(part, table, entry, entries),
            )
            for part, table, checksum in zip(entry.parts, tables, written, strict=True)
        ]
        return replace(entry, parts=tuple(parts))

    def _keep_part(self, name: str, table: pa.Table, entry: Entry) -> str:
        """Write one dataset's facts; the checksum of the file."""
        rows = marked(dataset_of(name), table, entry.upload, entry.feed)
        return self.files.keep_facts(name, entry.upload, rows)

    def _meets(
        self, part: UploadPart, table: pa.Table, entry: Entry, entries: Sequence[Entry]
    ) -> tuple[str, ...]:
        """Other uploads of the feed with stops of the same id; not the one it mends."""
        if not part.keyed:
            return ()
        earlier = [
            e.upload
            for e in live_uploads(entries)
            if e.feed == entry.feed and part.dataset in e.datasets and e.part(part.dataset).keyed
            if e.upload != entry.mends
        ]
        if not earlier:
            return ()
        return conflicting_uploads(
            self.engine(), self.files.facts_path, part.dataset, table, earlier
        )

    def _overlay(self, incoming: Incoming, entry: Entry, entries: Sequence[Entry]) -> View:
        """A view with one more upload, whose rows lie in a folder of their own."""
        engine = self.engine()
        folder = engine.scratch / f"preview-{uuid.uuid4().hex}"
        parts = []
        for part, rows in zip(entry.parts, incoming.parts, strict=True):
            dataset = dataset_of(part.dataset)
            table = conform(dataset, rows.table)
            path = folder / part.dataset / f"{entry.upload}.parquet"
            path.parent.mkdir(parents=True)
            write_parquet(marked(dataset, table, entry.upload, entry.feed), path)
            meets = self._meets(part, table, entry, entries)
            checksum = f"{folder.name}/{part.dataset}"
            parts.append(replace(part, checksum=checksum, meets=meets))
        seen = [*entries, replace(entry, parts=tuple(parts))]

        def path_of(dataset: str, upload: str) -> Path:
            if upload == entry.upload:
                return folder / dataset / f"{upload}.parquet"
            return self._whole_facts(dataset, upload)

        def release() -> None:
            import shutil

            shutil.rmtree(folder, ignore_errors=True)

        rollups = self._rollups.over(lambda: folder)
        return View(
            len(seen), seen, engine=self.engine, path_of=path_of, rollups=rollups, release=release
        )

    def _changes(self, incoming: Incoming, found: Draft) -> tuple[RowChanges, ...]:
        if found.same_as is not None or found.cancelled:
            return ()
        if not found.meets_loaded:
            return tuple(
                RowChanges(p.dataset, new=p.rows_accepted, changed=0, gone=0, kept=0)
                for p in found.entry.parts
            )
        return self._compare(incoming, found.entry, self.entries())

    def _compare(
        self, incoming: Incoming, entry: Entry, entries: Sequence[Entry]
    ) -> tuple[RowChanges, ...]:
        before = self._seen(entries)
        with self._overlay(incoming, entry, entries) as after:
            return changes_of(self.engine(), before, after, entry)

    def _seen(self, entries: Sequence[Entry]) -> View:
        return View(
            len(entries),
            entries,
            engine=self.engine,
            path_of=self._whole_facts,
            rollups=self._rollups,
        )

    def _whole_facts(self, dataset: str, upload: str) -> Path:
        """Where an upload's rows lie, once their file was seen to be the one that was written.

        Each file is looked at once in the life of the store: a flipped bit may read as another amount.
        """
        path = self.files.facts_path(dataset, upload)
        if (dataset, upload) not in self._looked_at:
            if upload not in self._uploads:
                self._uploads = {e.upload: e for e in self._ledger.entries() if e.kind == UPLOAD}
            if not checks.is_whole(self._uploads[upload], dataset, path):
                raise StoreError(
                    f"The {dataset} rows of upload {upload} are missing or altered, so that this "
                    "cannot be worked out. Run `python -m kpi doctor`, which names every such file, "
                    "and bring them back from the latest backup."
                )
            self._looked_at.add((dataset, upload))
        return path

    def _meta(self, key: str) -> str | None:
        with self._database.reading() as connection:
            found: str | None = connection.scalar(
                sa.select(meta_table.c.value).where(meta_table.c.key == key)
            )
            return found


def _refuse_unanswered(found: Draft) -> None:
    if found.cancelled:
        raise UsageError(said("{file} was cancelled. Nothing was stored.", file=found.entry.file))
    if found.questions:
        asked = joined(*(q.ask for q in found.questions))
        raise UsageError(
            said(
                "{file} needs an answer before it can be stored: {asked}",
                file=found.entry.file,
                asked=asked,
            )
        )


def _notes(found: Draft, changes: Sequence[RowChanges]) -> tuple[str, ...]:
    if found.cancelled:
        return (said("Cancelled: nothing is stored."),)
    if changes and not found.questions and not _differences(changes):
        later = said("What is in force was drawn later, so that this file changes nothing now.")
        return (later, *found.notes)
    return found.notes


def _differences(changes: Sequence[RowChanges]) -> int:
    return sum(c.new + c.changed + c.gone for c in changes)

"""The store as someone sees it who has a role in some plants only: the rest is as if it were not there.

Whoever asks ``seen_by(store, plants)`` gets an object with the same questions. Reading answers with
what belongs to the plants; changing is done by the whole store, which knows what the rest needs.
Records of kinds that name no plant (people, feeds, folders) are not told: what needs them opens the
home for itself.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from kpi.access import AccessDeniedError
from kpi.datasets import NAMES
from kpi.errors import UnknownNameError
from kpi.store import checks
from kpi.store.mends import Standing
from kpi.store.model import UPLOAD, Entry, Feed, Incoming, Plan, Record
from kpi.store.scope import OTHERS_FILE, Sight, plants_of
from kpi.store.seen_books import NoAside, SeenLedger, SeenRecords
from kpi.store.seen_view import SeenView
from kpi.store.store import VIEWS_KEPT, Store
from kpi.store.view import View

if TYPE_CHECKING:
    from kpi.store.backup import Backup
    from kpi.store.engine import Engine

MEETS_OTHERS: Final = (
    "This file meets data that came together with rows of other plants, and needs a decision about "
    "them. Ask an administrator for the role that may upload for all of these plants, or to put the "
    "file in force."
)
ROWS_OF_OTHERS: Final = (
    "This upload holds rows of other plants, too. Ask an administrator for the role that may change "
    "all of them, or to withdraw it."
)
NEEDS_ALL: Final = (
    "This concerns every plant of the home, and you have a role in some of them only. Ask an "
    "administrator of every plant."
)


SEEN_KEPT: Final = 32
"""Sets of plants a store was lately seen through, each with what its views worked out."""


def seen_by(store: Store, plants: Sequence[str] | None) -> Store:
    """A store as someone sees it who may see these plants; ``None``: all of it.

    What answers are remembered under has to carry ``limit``, the plants it is seen through.
    """
    whole = store._unlimited if isinstance(store, SeenStore) else store
    if plants is None:
        return whole
    key = tuple(sorted(set(plants)))
    with whole._guard:
        found = whole._seen_by.pop(key, None) or SeenStore(whole, key)
        whole._seen_by[key] = found
        while len(whole._seen_by) > SEEN_KEPT:
            whole._seen_by.pop(next(iter(whole._seen_by)))
    return found


class SeenStore(Store):
    """A store seen through the plants someone has a role in. Shares everything with the whole one."""

    def __init__(self, whole: Store, plants: tuple[str, ...]) -> None:
        super().__init__(whole.home, whole._database, read_only=whole.read_only)
        self._unlimited = whole
        self._sight = Sight(plants)
        self.limit = plants
        self.files = whole.files
        self._rollups = whole._rollups
        self._ledger = SeenLedger(whole._ledger, self._sight)
        self.records = SeenRecords(whole.records, self.plant_words)
        self.aside = NoAside(whole._database)
        self._words: tuple[tuple[int, int], frozenset[str]] | None = None

    # --- reading ---

    def at(self, position: int | None = None) -> View:
        """The facts in force at a position, of the plants seen."""
        whole = self._unlimited.at(position)
        with self._guard:
            found = self._views.get(whole.position)
            if not isinstance(found, SeenView) or found.of is not whole:
                found = self._views[whole.position] = SeenView(whole, self._sight.plants)
                while len(self._views) > VIEWS_KEPT:
                    self._views.pop(next(iter(self._views)))
        return found

    def sees_all_of(self, upload: str) -> bool:
        """Whether every row of an upload is of plants seen; one of which none is, is unknown."""
        self.entry(upload)
        return self._sight.whole(self._unlimited.entry(upload))

    def standing(self, upload: str) -> Standing:
        """An upload with its mends, as far as they are seen."""
        self.entry(upload)
        found = self._unlimited.standing(upload)
        own = {e.upload: e for e in self.entries() if e.kind == UPLOAD}
        mends = tuple(own[m.upload] for m in found.mends if m.upload in own)
        return Standing(own.get(found.upload.upload, self.entry(upload)), mends)

    def standing_by_hash(self, begins: str) -> Standing | None:
        """The upload in force of the file whose hash begins like that; only one seen whole."""
        found = self._unlimited.standing_by_hash(begins)
        if found is None or not all(map(self._sight.whole, (found.upload, *found.mends))):
            return None
        return found

    def counting(self) -> list[Entry]:
        """Uploads not withdrawn, as far as they are seen; see ``Store.counting``."""
        return self._sight.limited(self._unlimited.counting())

    def mended(self) -> dict[str, tuple[str, ...]]:
        """By upload seen that was mended, the mends it counts with."""
        own = {e.upload for e in self.entries()}
        return {u: mends for u, mends in self._unlimited.mended().items() if u in own}

    def bytes_path(self, sha256: str) -> Path:
        """Where the bytes of a file lie all of whose rows are of plants seen."""
        self._refuse_bytes(sha256)
        return super().bytes_path(sha256)

    def upload_bytes(self, sha256: str) -> bytes:
        """The bytes of a file all of whose rows are of plants seen."""
        self._refuse_bytes(sha256)
        return super().upload_bytes(sha256)

    def hidden_names(self) -> frozenset[str]:
        """Names of files and feeds that hold rows of plants not seen."""
        return self._hidden()[1]

    def kept_bytes(self, sha256: str) -> bytes | None:
        """See ``Store.kept_bytes``: rules look at a document before any record seen names it."""
        return self._unlimited.kept_bytes(sha256)

    def feeds(self) -> tuple[Feed, ...]:
        """Feeds all of whose uploads hold rows of plants seen and of no others."""
        own = self._sight.feeds(self._unlimited.entries())
        return tuple(feed for feed in self._unlimited.feeds() if feed.name in own)

    def engine(self) -> "Engine":
        """DuckDB, the one of the whole store."""
        return self._unlimited.engine()

    def plant_words(self) -> frozenset[str]:
        """The plants seen by code and by name, without what other plants are called, by either.

        Whoever uploads for a plant names it: else they would name it as another, and see its records.
        """
        view = self._unlimited.at()
        made_of = view.position, self._unlimited.records.number()
        if self._words is None or self._words[0] != made_of:
            table = view.arrow("names").select(["field", "code", "name"]).to_pylist()
            names = [row for row in table if row["field"] in ("plant", "site") and row["name"]]
            own = {r["name"] for r in names if r["code"] in self._sight.plants}
            others = {
                r[word]
                for r in names
                if r["code"] not in self._sight.plants
                for word in ("name", "code")
            } | {plant for entry in self._unlimited.entries() for plant in plants_of(entry)}
            others |= self._given_out() - self._sight.plants
            self._words = made_of, self._sight.plants | (own - others)
        return self._words[1]

    def _given_out(self) -> set[str]:
        """Plants somebody was given a role in: known before anything is uploaded for them."""
        return {
            plant
            for record in self._unlimited.records.current("person")
            for plant in record.value["roles"]
        }

    # --- changing ---

    def plan(self, incoming: Incoming, answers: Mapping[str, str] | None = None) -> Plan:
        """What committing a file would do; refused where its questions would tell of other plants."""
        found = self._unlimited.plan(incoming, answers)
        feeds, hidden = self._hidden()
        for question in found.questions:
            told = [question.ask, *(c.because for c in question.candidates)]
            if any(_names_any(str(text), hidden) for text in told):
                raise AccessDeniedError(MEETS_OTHERS)
        notes = tuple(note for note in found.notes if not _names_any(note, hidden))
        feed = found.feed if found.new_feed or found.feed in feeds else ""
        # Names are compared over the whole home: how many stay says how many others there are.
        changes = tuple(replace(c, kept=0) if c.dataset == NAMES.id else c for c in found.changes)
        return replace(found, feed=feed, notes=notes, changes=changes)

    def commit(
        self,
        incoming: Incoming,
        *,
        who: str,
        when: datetime,
        answers: Mapping[str, str] | None = None,
    ) -> Entry:
        """Put a file in force; see ``Store.commit``."""
        self.plan(incoming, answers)
        entry = self._unlimited.commit(incoming, who=who, when=when, answers=answers)
        return self._sight.limited([*self._unlimited.entries()[: entry.position - 1], entry])[-1]

    def withdraw(self, upload: str, *, who: str, when: datetime, why: str) -> Entry:
        """Take an upload back, all of whose rows are of plants seen."""
        self.entry(upload)
        if not self.sees_all_of(upload):
            raise AccessDeniedError(ROWS_OF_OTHERS)
        return self._unlimited.withdraw(upload, who=who, when=when, why=why)

    def preview(self, incoming: Incoming, answers: Mapping[str, str] | None = None) -> View:
        """The facts of the plants seen as they would be after committing a file; close it after use."""
        return SeenView(self._unlimited.preview(incoming, answers), self._sight.plants)

    def set_mode(self, feed: str, mode: str, *, who: str, when: datetime, why: str) -> None:
        """Make a feed that is seen a snapshot or an incremental one."""
        known = [f.name for f in self.feeds()]
        if feed not in known:
            raise UnknownNameError("feed", feed, known=known)
        self._unlimited.set_mode(feed, mode, who=who, when=when, why=why)

    def purge(self, upload: str, *, who: str, when: datetime, why: str) -> tuple[Entry, ...]:
        """See ``Store.purge``: refused, for only who sees all plants may purge anything."""
        self.entry(upload)
        raise AccessDeniedError(ROWS_OF_OTHERS)

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
        """Refused: only who sees all plants may purge anything."""
        raise AccessDeniedError(NEEDS_ALL)

    def finish_record_purges(self, *, patient: bool = True) -> bool:
        """See ``Store.finish_record_purges``."""
        return self._unlimited.finish_record_purges(patient=patient)

    def back_up(self, to: Path, *, who: str, when: datetime) -> "Backup":
        """Refused: a backup holds every plant."""
        raise AccessDeniedError(NEEDS_ALL)

    def forget_old_backups(self, folder: Path, *, keep: int, newest: Path) -> tuple[Path, ...]:
        """Refused: a backup holds every plant."""
        raise AccessDeniedError(NEEDS_ALL)

    def finish_purges(self, *, patient: bool = True) -> int:
        """See ``Store.finish_purges``."""
        return self._unlimited.finish_purges(patient=patient)

    def sweep(self, *, patient: bool = True) -> int:
        """See ``Store.sweep``."""
        return self._unlimited.sweep(patient=patient)

    def verify_chain(self) -> int:
        """See ``Store.verify_chain``: a chain holds as a whole."""
        return self._unlimited.verify_chain()

    def verify_ends(self) -> None:
        """See ``Store.verify_ends``."""
        self._unlimited.verify_ends()

    def verify_uploads(self) -> int:
        """See ``Store.verify_uploads``; a damaged file of other plants is told without its name."""
        return checks.uploads(self._masked(), self.files)

    def verify_facts(self) -> int:
        """See ``Store.verify_facts``, and above."""
        return checks.facts(self._masked(), self.files)

    def verify_purges(self) -> int:
        """See ``Store.verify_purges``."""
        return self._unlimited.verify_purges()

    def verify_record_purges(self) -> int:
        """See ``Store.verify_record_purges``."""
        return self._unlimited.verify_record_purges()

    def close(self) -> None:
        """Nothing of its own is open."""

    # --- how ---

    def _refuse_bytes(self, sha256: str) -> None:
        entries = self._unlimited.entries()
        if not any(e.sha256 == sha256 and self._sight.whole(e) for e in entries):
            raise UnknownNameError("file", sha256, known=())

    def _masked(self) -> list[Entry]:
        """The whole ledger without the names of files that tell of other plants."""
        seen = self._sight.whole
        return [e if seen(e) else replace(e, file=OTHERS_FILE) for e in self._unlimited.entries()]

    def _hidden(self) -> tuple[frozenset[str], frozenset[str]]:
        """Feeds that are seen, and the names of files and feeds that tell of other plants."""
        entries = [e for e in self._unlimited.entries() if e.kind == UPLOAD]
        feeds = self._sight.feeds(entries)
        files = {e.file for e in entries if not self._sight.whole(e)}
        return feeds, frozenset(files | {e.feed for e in entries} - feeds) - {""}


def _names_any(text: str, words: frozenset[str]) -> bool:
    return any(re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text) for word in words)

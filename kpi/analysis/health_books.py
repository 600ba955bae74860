"""What doctor asks of the books: chains, heads, bytes, facts, roll-ups, settings."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final

from kpi.analysis.health_check import Notice
from kpi.analysis.home import Home
from kpi.analysis.proving import prove_rollups
from kpi.analysis.rebuilding import Outcome, rebuild
from kpi.analysis.settings_history import unrecorded
from kpi.analysis.trail_head import check_head, heads_kept, trail_head
from kpi.errors import StoreError
from kpi.settings import FILE_NAME
from kpi.store.database import SCHEMA

Progress = Callable[[str, float], None]

MOST_NAMED: Final = 5
"""Things named one by one before the others are counted."""


def chain(home: Home) -> str:
    """Both chains, link by link."""
    home.store.verify_chain()
    entries = home.store.entries()
    uploads = sum(1 for e in entries if e.kind == "upload")
    records = home.store.records.number()
    return (
        f"{len(entries)} entries ({uploads} uploads) and {records} versions of records; every link "
        f"of both chains agrees. Head of the trail: {trail_head(home.store).short}."
    )


def printed_heads(home: Home) -> str:
    """Every head this home remembers having printed, against the books as they are now."""
    kept = heads_kept(home.store)
    for head in kept:
        check_head(home.store, head)
    if not kept:
        return "None was printed yet. Compare one of a deck with --head."
    return (
        f"{len(kept)} printed earlier, the first {kept[0]}: all that they vouch for still stands."
    )


def one_head(home: Home, head: str) -> str:
    """A head somebody holds, against the books as they are now."""
    return check_head(home.store, head)


def uploads(home: Home) -> str:
    """The bytes of every upload against their hash."""
    checked = home.store.verify_uploads()
    return f"{checked} uploaded files are there with the bytes their hash names."


def facts(home: Home) -> str:
    """Every table of facts against its hash."""
    checked = home.store.verify_facts()
    return f"{checked} tables of facts hold the rows the ledger says."


def documents(home: Home) -> str:
    """Every kept document against its hash."""
    count = home.store.verify_documents()
    told = f"{count} kept documents are there as they were rendered." if count else "None."
    loose = home.store.loose_documents()
    if not loose:
        return told
    return (
        f"{told} {loose} more lie in the folder kept that no record names: somebody was cut off while "
        "holding or approving a review. Nothing reads them, and they harm nothing."
    )


def purged(home: Home) -> str:
    """Uploads that were purged left nothing."""
    count = home.store.verify_purges()
    return f"{count} uploads were purged, and nothing of them is left." if count else "None."


def purged_records(home: Home) -> str:
    """Records that were purged left nothing but their hashes."""
    count = home.store.verify_record_purges()
    return f"{count} records were purged, and only their hashes are left." if count else "None."


def schema(home: Home) -> str:
    """Whether a migration of the ledger is still to be made."""
    at = home.store.chains.schema()
    if at != SCHEMA:
        raise StoreError(
            f"The ledger has schema {at}, this version works with {SCHEMA}. Open the home once with "
            "write access, and it is migrated; make a backup first."
        )
    return f"Schema {at}; no migration is pending."


def settings(home: Home) -> str:
    """Where the settings come from, and whether the trail knows them."""
    origins = Counter(origin for _, _, origin in home.settings.explain())
    by_file = origins.get(FILE_NAME, 0)
    others = {o: n for o, n in origins.items() if o not in ("default", FILE_NAME)}
    parts = [f"{origins.get('default', 0)} by default", f"{by_file} from {FILE_NAME}"]
    parts += [f"1 from the variable {name}" for name in sorted(others)]
    told = f"{', '.join(parts)}; each is listed below."
    if names := unrecorded(home):
        raise Notice(
            f"{told} Changed since last recorded: {', '.join(names)}. The next command or start of "
            "the dashboard that may write here records it in the trail."
        )
    return told


def rollups(home: Home) -> str:
    """Every roll-up in use, made anew from the raw facts."""
    proof = prove_rollups(home)
    if proof.wrong:
        raise StoreError(
            f"{len(proof.wrong)} roll-ups say otherwise than the raw facts: {_named(proof.wrong)}. "
            f"They were altered after they were written. Delete the folder {home.path / 'rollups'}: "
            "it is made anew from the facts."
        )
    rest = (
        f" {proof.others} of earlier positions or settings are not in use." if proof.others else ""
    )
    return f"{proof.compared} roll-ups in use say what the raw facts say.{rest}"


def rebuilding(home: Home, progress: Progress | None) -> str:
    """Every kept file read again, row for row against what is stored."""
    found = rebuild(home, progress)
    wrong = [r.says for r in found if r.outcome is Outcome.WRONG]
    if wrong:
        raise StoreError(
            f"{len(wrong)} of {len(found)} uploads cannot be rebuilt: {_named(wrong)} "
            "Compare with the latest backup, and with a printed head."
        )
    other = [r.says for r in found if r.outcome is Outcome.OTHERWISE]
    rows = sum(r.rows for r in found)
    if other:
        raise Notice(f"{len(other)} of {len(found)} uploads read otherwise today: {_named(other)}")
    return f"{len(found)} uploads read again give the same {rows:,} rows as are stored."


def _named(what: Sequence[str]) -> str:
    more = f" And {len(what) - MOST_NAMED} more." if len(what) > MOST_NAMED else ""
    return f"{' '.join(what[:MOST_NAMED])}{more}"

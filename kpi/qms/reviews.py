"""Management reviews and the decisions taken in them as kinds of records (ISO 9001, 9.3).

A review is a draft whose figures are worked out anew, then held: from then on its figures are those of
one place of the ledger, and its documents are kept. Approved, its text is closed, too: what was said is
signed by a hash, and what comes later is an addendum.
"""

import hashlib
import json
from typing import Final

from kpi.errors import UsageError
from kpi.qms.register import Kind, in_words, item_told, read, recorded
from kpi.qms.review_items import (
    AGENDA_FILE,
    CONCLUSIONS,
    Addendum,
    Attendee,
    Conclusion,
    Decision,
    DecisionStatus,
    DecisionType,
    Discussed,
    Frozen,
    Judged,
    KeptFile,
    Review,
    ReviewStatus,
    Signature,
)
from kpi.qms.review_proof import refuse_unproven
from kpi.qms.review_rules import (
    CLOSED_WHEN_APPROVED,
    CLOSED_WHEN_HELD,
    check_decision,
    check_review,
    decision_follows,
    lacks,
    refuse_attendance,
    refuse_conclusion,
    refuse_undecided,
    review_follows,
)
from kpi.store import Store

__all__ = [
    "AGENDA_FILE", "CLOSED_WHEN_APPROVED", "CLOSED_WHEN_HELD", "CONCLUSIONS", "DECISION", "REVIEW",
    "Addendum", "Attendee", "Conclusion", "Decision", "DecisionStatus", "DecisionType", "Discussed",
    "Frozen", "Judged", "KeptFile", "Review", "ReviewStatus", "Signature", "content_hash", "lacks",
    "refuse_attendance", "refuse_conclusion", "refuse_undecided",
]  # fmt: skip

# --- how they fit other records: asked while nobody else can write -------------------------------


def _review_agrees(store: Store, review: Review, id: str) -> None:
    """Refuse a status that nothing stands behind, whatever way the review is recorded on."""
    latest = store.records.get(REVIEW.name, id) if id else None
    if latest is None:
        if review.status is not ReviewStatus.DRAFT:
            raise UsageError("A review begins as a draft. Draft it, then hold it, then approve it.")
        return
    if read(REVIEW, latest).item.status is review.status:
        return
    refuse_unproven(store, review, id)
    if review.signature is None:
        return
    decisions = [d for d in recorded(store, DECISION) if d.item.review == id]
    refuse_undecided(review, decisions)
    if content_hash(review, tuple((d.id, d.item) for d in decisions)) != review.signature.sha256:
        raise UsageError(
            f"The signature does not fit what {id} says and decided: somebody changed it meanwhile. "
            "Nothing was approved; look at it as it is now, and approve that."
        )


def _decision_agrees(store: Store, decision: Decision, id: str) -> None:
    """Refuse a decision in a review of other plants, and any change of what was signed."""
    found = store.records.get(REVIEW.name, decision.review)
    if found is None:
        raise UsageError(
            f"There is no review {decision.review!r} that you may see. Open the review, and record "
            "the decision there."
        )
    review = read(REVIEW, found).item
    latest = store.records.get(DECISION.name, id) if id else None
    before = read(DECISION, latest).item if latest else None
    moved = before is None or set(before.slice) != set(decision.slice)
    if moved and set(decision.slice) != set(review.slice):
        raise UsageError(f"A decision is of the plants of its review, {decision.review}.")
    if review.status is not ReviewStatus.APPROVED:
        return
    if before is None:
        raise UsageError(
            f"{decision.review} is approved: what it decided was signed. Take the decision in the "
            "next review."
        )
    if _signed_words(before) != _signed_words(decision):
        raise UsageError(
            f"{decision.review} is approved: what it decided stays as it was signed. Owner, date, "
            "status and what came of it may change; else take another decision in the next review."
        )


def _signed_words(decision: Decision) -> tuple[str, str, str]:
    return decision.title, decision.text, str(decision.type)


REVIEW: Final = Kind(
    "review", Review, "Management review", "Management reviews", "REV", ("9.3",), check_review,
    review_follows, _review_agrees,
    {
        **dict.fromkeys(("status", "held_on", "frozen", "kept"), "holding or approving it"),
        "signature": "approving it", "addenda": "writing an addendum",
    },
)  # fmt: skip

DECISION: Final = Kind(
    "decision", Decision, "Decision", "Decisions", "DEC", ("9.3.3", "9.3.2"), check_decision,
    decision_follows, _decision_agrees, {"carried": "holding the next review"},
)  # fmt: skip


# --- what is signed ---------------------------------------------------------------------------


def content_hash(review: Review, decisions: tuple[tuple[str, Decision], ...]) -> str:
    """The SHA-256 over what an approval signs: the frozen figures' documents, the texts, the decisions.

    Decisions are those taken in the review, with their ids. Later changes of a decision (done,
    another date) change nothing of what was signed: they have a history of their own.
    """
    later = ("status", "signature", "addenda", "next_due", "links", "kept")
    said = {name: told for name, told in item_told(REVIEW, review).items() if name not in later}
    kept = [(f.name, f.sha256) for f in review.kept if f.at is ReviewStatus.HELD]
    taken = [(id, d.title, d.text, str(d.type), d.owner, in_words(d.due)) for id, d in decisions]
    text = json.dumps(
        [said, kept, taken], ensure_ascii=False, sort_keys=True, separators=(",", ":")
    )
    return hashlib.sha256(text.encode()).hexdigest()

"""What a management review and a decision must say, and which change of them is allowed."""

import re
from collections.abc import Sequence
from typing import Any, Final

from kpi.errors import UsageError
from kpi.qms.register import LONGEST_TEXT, Recorded
from kpi.qms.review_items import (
    CONCLUSIONS,
    Attendee,
    Decision,
    DecisionStatus,
    DecisionType,
    Judged,
    Review,
    ReviewStatus,
)

_HASH: Final = re.compile(r"[0-9a-f]{64}")
_FILE_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]*")


def check_review(review: Review) -> None:
    """Refuse a review that is not as its status asks; see ``kpi.analysis.reviewing``."""
    if any(dimension != "plant" for dimension, _ in review.slice):
        raise UsageError("A management review is of plants. Name plants, or none for all.")
    if review.first and review.last and review.first > review.last:
        raise UsageError("The days reviewed end before they begin.")
    texts = [*(one.text for one in review.discussion), *(one.text for one in review.addenda)]
    if any(len(text) > LONGEST_TEXT for text in texts):
        raise UsageError(f"The minutes of an input take {LONGEST_TEXT} characters at most.")
    for one in review.kept:
        if not (_HASH.fullmatch(one.sha256) and _FILE_NAME.fullmatch(one.name)):
            raise UsageError("A kept document has a plain name, and the SHA-256 of its bytes.")
    if len({(one.name, one.at) for one in review.kept}) < len(review.kept):
        raise UsageError("Two kept documents of one status have the same name.")
    if review.status is ReviewStatus.DRAFT:
        if review.frozen or review.kept or review.signature or review.addenda:
            raise UsageError("A draft has nothing frozen, kept or signed.")
        return
    if review.frozen is None or review.held_on is None or not review.kept:
        raise UsageError("A review is held by holding it: that freezes its figures.")
    if review.held_on > review.frozen.at.date():
        raise UsageError(
            f"{review.held_on.isoformat()} lies after the day its figures were frozen."
        )
    refuse_attendance(review.attendance)
    if review.status is ReviewStatus.HELD and (review.signature or review.addenda):
        raise UsageError("A review is signed by approving it.")
    if review.status is ReviewStatus.APPROVED:
        refuse_conclusion(review)
        if review.signature is None:
            raise UsageError("A review is approved by signing it.")


def refuse_attendance(attendance: tuple[Attendee, ...]) -> None:
    """Refuse an attendance without anybody of top management.

    Raises
    ------
    UsageError
        Nobody was present, or none of top management; the sentence says which.
    """
    present = [one for one in attendance if one.present and one.name.strip()]
    if not present:
        raise UsageError("Nobody is marked as present. Say who held the review, with their roles.")
    if not any(one.top for one in present):
        raise UsageError(
            "Nobody present is marked as top management, whose review this is. Mark who is, or "
            "hold it when somebody of them is there."
        )


def refuse_conclusion(review: Review) -> None:
    """Refuse a review whose four-word conclusion is not complete.

    Raises
    ------
    UsageError
        A word is open, or a no has no remark.
    """
    for word in CONCLUSIONS:
        one = review.concluded(word)
        if one.says is Judged.OPEN:
            raise UsageError(
                f"The conclusion does not say yet whether the quality management system is {word}."
            )
        if one.says is Judged.NO and not one.remark.strip():
            raise UsageError(
                f"The conclusion says that the quality management system is not {word}. Say in a "
                "remark what is missing."
            )


def refuse_undecided(review: Review, decisions: Sequence[Recorded[Decision]]) -> None:
    """Refuse decisions that nobody could follow: without a type, an owner or a date.

    Raises
    ------
    UsageError
        The sentence names each and what it lacks.
    """
    if not decisions and not review.undecided.strip():
        raise UsageError(
            "No decision is on record. Record what was decided, or say why nothing was."
        )
    lacking = [f"{d.id} has {', '.join(found)}" for d in decisions if (found := lacks(d.item))]
    if lacking:
        raise UsageError(f"{'; '.join(lacking)}. Each decision needs all three to be approved.")


def lacks(decision: Decision) -> list[str]:
    """What a decision lacks to be approved."""
    has = (
        ("no type", decision.type is not DecisionType.OPEN),
        ("no owner", bool(decision.owner)),
        ("no due date", decision.due is not None),
    )
    return [says for says, there in has if not there]


def review_follows(before: Review, after: Review) -> None:
    """Refuse a change that a review of this status does not allow."""
    order = tuple(ReviewStatus)
    if order.index(after.status) not in (
        order.index(before.status),
        order.index(before.status) + 1,
    ):
        raise UsageError(
            f"This review is {before.status}. It goes from draft to held to approved, one step at a "
            "time and never back; what is to be added to an approved one is an addendum."
        )
    if before.status is ReviewStatus.DRAFT:
        return
    closed = CLOSED_WHEN_HELD if before.status is ReviewStatus.HELD else CLOSED_WHEN_APPROVED
    same = before.status is after.status
    kept = after.kept if same else after.kept[: len(before.kept)]
    if _of(before, closed) != _of(after, closed) or kept != before.kept:
        raise UsageError(
            "The figures and documents of a held review stay as they are."
            if before.status is ReviewStatus.HELD
            else "An approved review stays as it was signed. Write an addendum instead."
        )
    if after.addenda[: len(before.addenda)] != before.addenda:
        raise UsageError("An addendum stays as it was written. Write another one.")


CLOSED_WHEN_HELD: Final = ("slice", "edition", "first", "last", "held_on", "frozen")
"""What stays as it was once figures are frozen; texts may be corrected, which the history shows."""

CLOSED_WHEN_APPROVED: Final = (
    *CLOSED_WHEN_HELD, "title", "owner", "planned", "status", "attendance", "discussion",
    "conclusion", "undecided", "kept", "signature",
)  # fmt: skip


def _of(review: Review, names: tuple[str, ...]) -> tuple[Any, ...]:
    return tuple(getattr(review, name) for name in names)


def check_decision(decision: Decision) -> None:
    """Refuse a decision without a review, or whose status lacks its day or its reason."""
    if not decision.review:
        raise UsageError("A decision is taken in a review. Open the review, and add it there.")
    if decision.status is DecisionStatus.DROPPED and not decision.outcome.strip():
        raise UsageError("A decision that is dropped needs the reason why.")
    closed = decision.status is not DecisionStatus.OPEN
    if closed and decision.done_on is None:
        raise UsageError(f"Say on which day the decision was {decision.status}.")
    if not closed and decision.done_on is not None:
        raise UsageError("An open decision has no day on which it was done.")


def decision_follows(before: Decision, after: Decision) -> None:
    """Refuse a decision that leaves its review, or forgets who looked at it again."""
    if before.review != after.review:
        raise UsageError("A decision stays with the review it was taken in.")
    if after.carried[: len(before.carried)] != before.carried:
        raise UsageError("Which reviews looked at a decision again is history, and stays.")

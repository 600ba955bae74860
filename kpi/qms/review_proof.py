"""What stands behind a review's status: the documents kept with it, which name it.

Asked of every review that becomes held or approved, whatever way it is recorded on: a status can be
written by anybody who may record, what was rendered when it was held cannot.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from kpi.errors import UsageError
from kpi.qms.review_items import AGENDA_FILE, KeptFile, Review, ReviewStatus
from kpi.store import Store

_FIGURES: Final = "figures"


def refuse_unproven(store: Store, review: Review, id: str) -> None:
    """Refuse a status whose documents are not kept, or are another review's.

    Raises
    ------
    UsageError
        A document is missing, is not as it says, or its agenda tells of something else.
    """
    new = {one.name: one for one in review.kept if one.at is review.status}
    found = {name: _bytes(store, one, review, id) for name, one in new.items()}
    if AGENDA_FILE not in found:
        raise UsageError(_unproven(review, id, f"none of its documents is {AGENDA_FILE}"))
    agenda = _agenda(found[AGENDA_FILE], review, id)
    for what, kept, said in _told(store, review, id, agenda):
        if kept != said:
            raise UsageError(
                _unproven(
                    review, id, f"the agenda kept with it says {kept!r} for {what}, not {said!r}"
                )
            )


def _bytes(store: Store, one: KeptFile, review: Review, id: str) -> bytes:
    data = store.kept_bytes(one.sha256)
    if data is None:
        raise UsageError(_unproven(review, id, "its documents are not kept in this home"))
    if len(data) != one.bytes:
        raise UsageError(_unproven(review, id, f"{one.name} has another number of bytes"))
    return data


def _agenda(data: bytes, review: Review, id: str) -> Mapping[str, Any]:
    try:
        told = json.loads(data)
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, Mapping):
        raise UsageError(_unproven(review, id, f"its {AGENDA_FILE} is no agenda"))
    return told


def _told(
    store: Store, review: Review, id: str, agenda: Mapping[str, Any]
) -> list[tuple[str, Any, Any]]:
    """What the agenda must say: in words, as it was kept, and as the record says."""
    place = review.frozen
    if place is None:
        raise UsageError(_unproven(review, id, "nothing says where its figures were frozen"))
    plants = agenda.get("plants")
    same: list[tuple[str, Any, Any]] = [
        ("the review", agenda.get("review"), id),
        ("the edition", agenda.get("edition"), str(review.edition)),
        ("the first day", agenda.get("first"), str(review.first)),
        ("the last day", agenda.get("last"), str(review.last)),
        ("the plants", sorted(map(str, plants)) if isinstance(plants, list) else plants,
         sorted(value for _, value in review.slice)),
        ("the ledger entry", agenda.get("ledger_position"), place.position),
    ]  # fmt: skip
    if place.position > store.position() or place.number > store.records.number():
        same.append(("the ledger entry", store.position(), place.position))
    if review.signature is None:
        same.append(("the number of records", agenda.get("records_number"), place.number))
        same.append(("who held it", agenda.get("made_by"), place.who))
        return [*same, ("the time", _time(agenda), place.at)]
    same.append(("the time", _time(agenda), review.signature.at))
    return [*same, ("the figures", _figures(agenda), _held_figures(store, review, id))]


def _time(agenda: Mapping[str, Any]) -> datetime | None:
    try:
        return datetime.fromisoformat(str(agenda.get("made")))
    except ValueError:
        return None


def _held_figures(store: Store, review: Review, id: str) -> str:
    """The figures that were frozen, which an approval signs and does not work out anew."""
    held = review.file(AGENDA_FILE, ReviewStatus.HELD)
    if held is None:
        raise UsageError(_unproven(review, id, "the agenda it was held with is not kept"))
    return _figures(_agenda(_bytes(store, held, review, id), review, id))


def _figures(agenda: Mapping[str, Any]) -> str:
    """Figures as a short text that differs where one of them does."""
    from hashlib import sha256

    told = json.dumps(agenda.get(_FIGURES), sort_keys=True)
    return sha256(told.encode()).hexdigest()[:12]


def _unproven(review: Review, id: str, why: str) -> str:
    return (
        f"{id} is not {review.status}: {why}. A review is held and approved by doing so, which renders "
        "its documents."
    )

"""That somebody accepted a restatement: reported figures that a later ledger entry changed."""

from dataclasses import dataclass
from typing import Final

from kpi.errors import UsageError
from kpi.qms.register import Item, Kind, Shape, told


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance(Item):
    """The restatement that one ledger entry made was looked at and accepted, and why.

    ``slice`` names the plants it restated. ``entry`` is the position of the ledger entry; 0: what
    changed the figures is no upload but a setting or a definition, ``review`` whose figures they are,
    ``seen`` stands for those settings: with others, it is to be accepted anew. ``figures`` says what
    changed, as it read when it was accepted.
    """

    entry: int = told("Ledger entry", Shape.OWN, default=0)
    upload: str = told("Upload", Shape.OWN)
    why: str = told("Why it is right", Shape.TEXT, required=True)
    review: str = told("Review", Shape.OWN)
    seen: str = told("Settings and definitions", Shape.OWN)
    figures: tuple[str, ...] = told("Figures", Shape.OWN, default=())


def _check(acceptance: Acceptance) -> None:
    if not acceptance.figures:
        raise UsageError("Nothing was restated here, so that there is nothing to accept.")


ACCEPTANCE: Final = Kind(
    "acceptance", Acceptance, "Accepted restatement", "Accepted restatements", "RST",
    ("7.5.3", "9.3"), _check,
    by_deed=dict.fromkeys(("entry", "upload", "review", "seen", "figures"), "accepting a restatement"),
)  # fmt: skip

"""What the members of a block of columns (or the rows under a label) are: shifts, reasons, lines, ...

Proven by a word above them, by their own words, or by a table of names beside; else asked.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from kpi.ingest.conventions import Desk
from kpi.ingest.dates import bare
from kpi.ingest.heads import members, split_words, words_of
from kpi.ingest.vocabulary import vocabulary
from kpi.texts import said

IGNORE: Final = "ignore"
TITLES: Final = {
    "reason": "Reason", "line": "Line", "machine": "Machine", "shift": "Shift",
    "product": "Product", "customer": "Customer", "plant": "Plant", "supplier": "Supplier",
    "stop_class": "Stop Type",
}  # fmt: skip
"""The heading of a new column of each dimension."""

_CODE: Final = re.compile(r"^[^\W\d_]*[ ._#/-]*\d{1,4}[a-z]?$")
_OFTEN: Final = 0.5
"""Share of members whose words must be known for their kind to be proven."""


@dataclass(frozen=True)
class Evidence:
    """What speaks for a dimension: words above or beside the members, measures, names elsewhere.

    ``named`` maps a dimension to a sentence that proves it, such as a table of names in the file.
    """

    above: tuple[str, ...] = ()
    fields: frozenset[str] = frozenset()
    named: Mapping[str, str] = field(default_factory=dict)


def told_dimension(text: str, *, title: bool = False) -> str | None:
    """The dimension a text names: "Scrap by reason", "Störgründe", "per line", "Factor".

    A ``title`` names one only behind a word such as "by": "Line downtime" is not parted by lines.

    >>> told_dimension("Ausschuss nach Fehlerart"), told_dimension("Output per line")
    ('reason', 'line')
    >>> told_dimension("Production March") is None
    True
    """
    words = split_words(text)
    for place, word in enumerate(words):
        if word in words_of("by"):
            for after in (words[place + 1 : place + 3], words[place + 1 : place + 2]):
                if found := _dimension_word(" ".join(after)):
                    return found
    if title:
        return None
    whole = vocabulary().dimension(vocabulary().normalise(text).tokens)
    if whole is not None and len(words) <= 2:
        return whole
    if len(words) <= 3:
        return next((d for w in reversed(words) if (d := _dimension_word(w)) is not None), None)
    return None


def _dimension_word(text: str) -> str | None:
    for dimension, listed in members()["dimensions"].items():
        known = {bare(w) for w in listed}
        if text in known or text.removesuffix("s") in known or text.removesuffix("n") in known:
            return str(dimension)
    if not text:
        return None
    return vocabulary().dimension(vocabulary().normalise(text).tokens)


def own_dimension(texts: Sequence[str]) -> str | None:
    """The dimension that the members' own words prove: "Früh, Spät, Nacht", "Line 1, Line 2".

    >>> own_dimension(["Early", "Late", "Night"]), own_dimension(["Linie 1", "Linie 2"])
    ('shift', 'line')
    >>> own_dimension(["A", "B"]) is None
    True
    """
    folded = [" ".join(split_words(t)) for t in texts]
    if not folded or not all(folded):
        return None
    if all(_is_shift(t) for t in folded):
        return "shift"
    if found := _numbered(folded):
        return found
    if all(_CODE.match(t) for t in folded):
        return None
    for kind in ("stops", "defects"):
        known = sum(_begins(t, members()[kind]) for t in folded)
        if len(folded) >= 2 and known >= max(_OFTEN * len(folded), 2):
            return "reason"
    return None


def is_known_reason(text: str) -> bool:
    """Whether a text begins like a common reason of stops or kind of defect."""
    folded = " ".join(split_words(text))
    return any(_begins(folded, members()[kind]) for kind in ("stops", "defects"))


def _numbered(folded: Sequence[str]) -> str | None:
    """One word of a dimension before (or behind) the code of each: "Line 1", "2. Schicht"."""
    words = [t.split() for t in folded]
    common = set(words[0]).intersection(*words[1:])
    found = next((d for w in sorted(common) if (d := _dimension_word(w)) is not None), None)
    rests = ["".join(w for w in ws if w not in common) for ws in words]
    if found is None or (len(words) == 1 and len(words[0]) > 1 and not rests[0]):
        rests = ["".join(ws[1:]) for ws in words] if len(words) == 1 else rests
        found = _dimension_word(words[0][0]) if len(words) == 1 else None
    coded = all(re.fullmatch(r"\d{1,4}[a-z]?|[a-z]\d{0,3}", r) for r in rests)
    if found is not None and coded and len(set(rests)) == len(rests):
        return found
    glued = [re.fullmatch(r"([^\W\d_]{3,})\d{1,4}", t.replace(" ", "")) for t in folded]
    if all(glued):
        return _dimension_word(glued[0].group(1)) if glued[0] else None
    return None


def _is_shift(text: str) -> bool:
    words = [w for w in text.split() if w not in _shift_words()]
    return (
        text != ""
        and all(w in words_of("shifts") for w in words)
        and (bool(words) or any(c.isdigit() for c in text))
    )


def _shift_words() -> frozenset[str]:
    return frozenset(bare(w) for w in members()["dimensions"]["shift"])


def _begins(text: str, stems: Sequence[str]) -> bool:
    for stem in stems:
        word = bare(stem.rstrip("*"))
        if (stem.endswith("*") and any(t.startswith(word) for t in (text, *text.split()))) or (
            text == word or word in text.split()
        ):
            return True
    return False


def dimension_of(
    texts: Sequence[str], evidence: Evidence, sheet: str, topic: str, desk: Desk
) -> str:
    """The dimension the members form, ``"ignore"`` where the user says they are something else.

    ``topic`` names the block among those of the sheet, so that an answer is found again.
    """
    found = _proven(texts, evidence)
    if found is None:
        found = _asked(texts, evidence, sheet, topic, desk)
    if found != IGNORE:
        desk.parted.append((found, tuple(texts)))
    return found


def _proven(texts: Sequence[str], evidence: Evidence) -> str | None:
    told = [told_dimension(t) for t in evidence.above]
    for found in (*told, own_dimension(texts), *evidence.named):
        if found is not None and _possible(found, evidence):
            return found
    return None


def _possible(dimension: str, evidence: Evidence) -> bool:
    """Reasons part what was lost, never what was made."""
    made = bool(evidence.fields & {"qty_produced", "qty_good", "planned_min", "run_min"})
    return not (dimension == "reason" and made)


def _asked(texts: Sequence[str], evidence: Evidence, sheet: str, topic: str, desk: Desk) -> str:
    lost = bool(evidence.fields & {"qty_scrap", "qty_rework", "minutes", "cost"})
    if not _possible("reason", evidence):
        lost = False
    short = _short(texts)
    order = ["reason", "machine", "line", "product", "shift", "customer"]
    if not lost:
        order = ["line", "machine", "product", "shift", "customer"]
    if short is not None:
        order = [short, *(d for d in order if d != short)]
    elif all(len(t.strip()) == 1 for t in texts):
        order = ["shift", *(d for d in order if d != "shift")]
    says = {
        "reason": said("reasons or kinds of defect: what was lost is parted by them"),
        "machine": said("machines"),
        "line": said("production lines"),
        "product": said("products or part numbers"),
        "shift": said("shifts or crews"),
        "customer": said("customers"),
    }
    shown = ", ".join(repr(t) for t in texts[:4]) + (", ..." if len(texts) > 4 else "")
    return desk.ask(
        "field",
        sheet,
        topic,
        said("What are {members}?", members=shown),
        [
            *((d, says[d]) for d in order),
            (IGNORE, said("none of these: their names are not kept, the figures are")),
        ],
        samples=tuple(texts[:3]),
    )


def _short(texts: Sequence[str]) -> str | None:
    """What the one letter before numbers may stand for: L1, L2 are lines, M1, M2 machines."""
    letters = {re.match(r"^\D*", " ".join(split_words(t))).group().strip() for t in texts}  # type: ignore[union-attr]
    if len(letters) != 1 or not all(_CODE.match(bare(t)) for t in texts):
        return None
    letter = letters.pop()
    return next((str(d) for d, ls in members()["short"].items() if letter in ls), None)

"""What made a change, as the steps of a waterfall."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from kpi.analysis import words
from kpi.analysis.why_words import LEAST, Change, Effect, favourable, moved, share_text, signed
from kpi.measures import Kpi
from kpi.trends.decomposition import Kind

if TYPE_CHECKING:
    from kpi.analysis.why_parts import WhyPart

MOST_STEPS: Final = 6
"""Steps between the two bars of a waterfall; what is smaller is one step together."""


def steps(change: Change, found: Sequence[Effect]) -> list[tuple[Any, ...]]:
    """The steps of a waterfall, as the fields of ``WhyStep``: the largest, the others, what is left."""
    worth = [e for e in found if abs(e.size) >= LEAST * abs(found[0].size)]
    room = MOST_STEPS - bool(change.remainder)
    shown = worth if len(worth) == len(found) <= room else worth[: room - 1]
    rows = [_step(change, effect) for effect in shown]
    others = found[len(shown) :]
    if others:
        size = math.fsum(e.size for e in others)
        rows.append(
            (f"{len(others)} smaller effects" if len(others) > 1 else "One smaller effect",
             f"on {len({e.part.label for e in others})} {change.by}s" if len(others) > 1 else "",
             size, signed(change.kpi, size), favourable(change.kpi, size) if size else None,
             f"{len(others)} smaller effects together: {signed(change.kpi, size)}")
        )  # fmt: skip
    if change.remainder:
        rows.append(
            ("Cannot be assigned", f"to a {change.by}", change.remainder,
             signed(change.kpi, change.remainder), None,
             f"The {change.by}s do not add up to the whole: {signed(change.kpi, change.remainder)}")
        )  # fmt: skip
    return rows


def _step(change: Change, effect: Effect) -> tuple[Any, ...]:
    part = effect.part
    says = {
        Kind.RATE: moved(change, effect.size),
        Kind.MIX: "larger share" if part.share_to > part.share_from else "smaller share",
        Kind.NEW: "new",
        Kind.VANISHED: "not there",
    }.get(effect.kind, "")
    text = signed(change.kpi, effect.size)
    hover = [f"{part.label}: {text}{f' ({says})' if says else ''}", *facts(change, part)]
    # What carries no name can be told neither good nor bad: it stays grey.
    good = favourable(change.kpi, effect.size) if part.code else None
    return (part.label, says, effect.size, text, good, "\n".join(hover))


def facts(change: Change, part: "WhyPart") -> list[str]:
    """What stood on both sides: the value of the slice, and its share."""
    kpi = change.kpi
    own = "Its value" if not math.isnan(part.share_to) else "Its part"
    told = [f"{own}: {_value(kpi, part.rate_from)} → {_value(kpi, part.rate_to)}"]
    if not math.isnan(part.share_to):
        told.append(
            f"Its share of the {kpi.denominator}: {share_text(part.share_from)} → {share_text(part.share_to)}"
        )
    return told


def _value(kpi: Kpi, value: float) -> str:
    return "none" if math.isnan(value) else words.value_text(value, kpi)

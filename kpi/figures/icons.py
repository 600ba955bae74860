"""The icons of the two verdicts, as SVG: round with an arrow for variation, a target for assurance.

An icon never stands alone: its word is beside it (``VARIATION_WORDS``, ``ASSURANCE_WORDS``).
"""

from typing import Final

from kpi.figures.svg import svg
from kpi.figures.theme import Palette, colour_of
from kpi.model import Assurance, Direction, Variation

SIZE: Final = 22
"""Pixels."""

VARIATION_WORDS: Final = {
    Variation.COMMON_CAUSE: "steady",
    Variation.IMPROVING: "improving",
    Variation.WORSENING: "worsening",
    Variation.CHANGED: "changed",
    Variation.TOO_FEW: "too few points",
}

ASSURANCE_WORDS: Final = {
    Assurance.WILL_MEET: "will meet target",
    Assurance.WILL_MISS: "will miss target",
    Assurance.MAY_OR_MAY_NOT: "may or may not meet target",
    Assurance.NO_TARGET: "no target",
    Assurance.TOO_FEW: "too few points to tell",
    Assurance.NOT_KNOWN: "changed: not known yet if it meets target",
}


_JUDGED: Final = frozenset({Assurance.WILL_MEET, Assurance.WILL_MISS, Assurance.MAY_OR_MAY_NOT})


def assurance_words(assurance: Assurance, *, changed: bool) -> str:
    """The word beside the target icon; ``changed``: a signal is in force at the latest point.

    Then it is judged by the points since the change, and says so.
    """
    told = ASSURANCE_WORDS[assurance]
    return f"{told}, judged since it changed" if changed and assurance in _JUDGED else told


def variation_icon(variation: Variation, direction: Direction, palette: Palette) -> str:
    """A circle with an arrow the way the values went; a level dash for common cause."""
    colour = colour_of(variation, palette)
    return svg(
        f'<circle cx="11" cy="11" r="9.2" fill="none" stroke="{colour}" stroke-width="1.8"/>'
        f'<path d="{_arrow(variation, direction)}" fill="none" stroke="{colour}" '
        'stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round"/>',
        SIZE,
        SIZE,
    )


def assurance_icon(assurance: Assurance, palette: Palette) -> str:
    """A target: hit in the middle, missed beside it, or in between."""
    colour = {
        Assurance.WILL_MEET: palette.improving,
        Assurance.WILL_MISS: palette.worsening,
    }.get(assurance, palette.common)
    hit = {
        Assurance.WILL_MEET: f'<circle cx="11" cy="11" r="2.8" fill="{colour}"/>',
        Assurance.WILL_MISS: f'<circle cx="18.4" cy="3.6" r="2.8" fill="{colour}"/>',
        Assurance.MAY_OR_MAY_NOT: (
            f'<path d="M11 8.2a2.8 2.8 0 0 1 0 5.6z" fill="{colour}"/>'
            f'<circle cx="11" cy="11" r="2.8" fill="none" stroke="{colour}" stroke-width="1"/>'
        ),
    }.get(assurance, "")
    rings = (
        f'<circle cx="11" cy="11" r="9.2" fill="none" stroke="{colour}" stroke-width="1.5"/>'
        f'<circle cx="11" cy="11" r="5.4" fill="none" stroke="{colour}" stroke-width="1.2"/>'
    )
    return svg(rings + hit, SIZE, SIZE)


def _arrow(variation: Variation, direction: Direction) -> str:
    upwards = (variation is Variation.IMPROVING) is (direction is Direction.HIGHER)
    if variation in (Variation.IMPROVING, Variation.WORSENING):
        return (
            "M7 15L15 7M9.4 7H15V12.6"
            if upwards
            else "M7 7L15 15M9.4 15H15V9.4"
        )  # fmt: skip
    if variation is Variation.CHANGED:
        return "M11 6V16M8 9L11 6L14 9M8 13L11 16L14 13"
    if variation is Variation.TOO_FEW:
        return "M7 11H7.2M11 11H11.2M15 11H15.2"
    return "M6.6 11H15.4"

"""The language of colour: written once, for light and dark.

Grey is common cause, blue improving, orange worsening, a dashed ink line the target, thin grey the
limits. Every text colour reaches a contrast of 4.5 : 1 on its background and every mark 3 : 1
(WCAG 2.2, success criteria 1.4.3 and 1.4.11); a test computes them.
"""

from dataclasses import dataclass, fields
from typing import Final

from kpi.model import Direction, Variation, meaning_of


@dataclass(frozen=True, slots=True)
class Palette:
    """The colours of one theme, as ``#rrggbb``."""

    name: str
    background: str
    surface: str  # cards
    ink: str  # text, and the target line
    muted: str  # secondary text, axis labels
    rule: str  # hairlines between things
    limit: str  # control limits
    common: str  # common cause: points and their line
    improving: str
    improving_soft: str  # members of a run
    worsening: str
    worsening_soft: str
    changed: str  # a signal where no direction is set
    changed_soft: str
    accent: str  # what can be clicked
    band: str  # the baseline, a phase
    bar: str  # bars of a Pareto chart
    bar_unassigned: str


LIGHT: Final = Palette(
    name="light",
    background="#ffffff",
    surface="#ffffff",
    ink="#18222d",
    muted="#57636f",
    rule="#dfe4e9",
    limit="#8a949e",
    common="#6b7681",
    improving="#1766b0",
    improving_soft="#6495cb",
    worsening="#b04a00",
    worsening_soft="#d0782f",
    changed="#18222d",
    changed_soft="#6b7681",
    accent="#0b6e69",
    band="#f1f4f6",
    bar="#4a6078",
    bar_unassigned="#87919b",
)

DARK: Final = Palette(
    name="dark",
    background="#11161c",
    surface="#181f27",
    ink="#e8edf2",
    muted="#a3afba",
    rule="#2e3843",
    limit="#76828e",
    common="#98a4af",
    improving="#6db3f5",
    improving_soft="#4680b5",
    worsening="#f5a04c",
    worsening_soft="#b0733a",
    changed="#e8edf2",
    changed_soft="#98a4af",
    accent="#4cc9bf",
    band="#1a222b",
    bar="#8fa6bf",
    bar_unassigned="#6d7883",
)

COLOURS: Final = tuple(field.name for field in fields(Palette) if field.name != "name")
"""The names of the colours, in the order of their declaration."""


def variable(name: str) -> str:
    """The CSS variable that holds a colour.

    >>> variable("improving_soft")
    '--cn-improving-soft'
    """
    return f"--cn-{name.replace('_', '-')}"


BOTH: Final = Palette("both", *(f"var({variable(name)})" for name in COLOURS))
"""Not colours but the variables that hold them: what is drawn so follows the reader's theme."""

FONT: Final = '"Source Sans", "Source Sans Pro", "Segoe UI", system-ui, sans-serif'
"""The typeface of the pages, so that figures do not look pasted in."""


def colour_of(variation: Variation, palette: Palette) -> str:
    """The colour of a verdict."""
    return {
        Variation.IMPROVING: palette.improving,
        Variation.WORSENING: palette.worsening,
        Variation.CHANGED: palette.changed,
    }.get(variation, palette.common)


def soft_colour_of(variation: Variation, palette: Palette) -> str:
    """The lighter colour of points that belong to a run but do not complete it."""
    return {
        Variation.IMPROVING: palette.improving_soft,
        Variation.WORSENING: palette.worsening_soft,
        Variation.CHANGED: palette.changed_soft,
    }.get(variation, palette.common)


def side_means(*, above: bool, direction: Direction) -> Variation:
    """What a signal above, or else below, the usual level means for a KPI of that direction."""
    return meaning_of(1 if above else -1, direction)

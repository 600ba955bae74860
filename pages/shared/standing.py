"""The status of an objective as an icon and a word."""

from typing import Final

from kpi.analysis.objective_results import ObjectiveView, Standing
from kpi.figures import BOTH, assurance_icon, data_uri
from kpi.figures.escape import html
from kpi.model import Assurance

_ICONS: Final = {
    Standing.MET: Assurance.WILL_MEET,
    Standing.ON_TRACK: Assurance.WILL_MEET,
    Standing.AT_RISK: Assurance.MAY_OR_MAY_NOT,
    Standing.OFF_TRACK: Assurance.WILL_MISS,
    Standing.MISSED: Assurance.WILL_MISS,
    Standing.TOO_EARLY: Assurance.TOO_FEW,
}

_COLOURS: Final = {
    Standing.MET: "cn-improving",
    Standing.ON_TRACK: "cn-improving",
    Standing.OFF_TRACK: "cn-worsening",
    Standing.MISSED: "cn-worsening",
}


def standing(view: ObjectiveView) -> str:
    """A target with where it is hit, and the word; the word alone once a person has ended it."""
    word = html(view.word[:1].upper() + view.word[1:])
    if not view.active:
        return f'<span class="cn-verdict">{word}</span>'
    icon = data_uri(assurance_icon(_ICONS[view.standing], BOTH))
    colour = _COLOURS.get(view.standing, "")
    return f'<span class="cn-verdict {colour}"><img src="{icon}" alt="">{word}</span>'

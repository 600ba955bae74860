"""How pages look beyond Streamlit's own theme: colours that follow a change of theme by themselves.

Nothing here asks which theme is on, since Streamlit tells a page only with its next run. HTML gets
both colours of each kind by ``light-dark()``, pictures carry both, and a plotly figure is always
sent in the colours of the light theme, which these styles take for names of colours.
"""

from pathlib import Path
from typing import Final

import streamlit as st

from kpi.figures import DARK, LIGHT
from kpi.figures.theme import COLOURS, variable

_STYLES: Final = (Path(__file__).parent / "look.css").read_text(encoding="utf-8")

_VARIABLES: Final = "".join(
    f"{variable(name)}:light-dark({getattr(LIGHT, name)},{getattr(DARK, name)});"
    for name in COLOURS
)


def apply() -> None:
    """Send the styles, with the colours as CSS variables (``--cn-ink`` and so on)."""
    st.html(f"<style>:root{{{_VARIABLES}}}{_chart_rules()}{_STYLES}</style>")


def _chart_rules() -> str:
    """For each colour of the light theme, a rule that gives a chart the reader's colour instead.

    Plotly writes colours into the ``style`` of every mark, as ``fill: rgb(24, 34, 45)``.
    """
    return "".join(
        f'.js-plotly-plot [style*="{part}: {_rgb(getattr(LIGHT, name))}"]'
        f"{{{part}:var({variable(name)})!important}}"
        for name in COLOURS
        for part in ("fill", "stroke")
    )


def _rgb(colour: str) -> str:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgb({red}, {green}, {blue})"

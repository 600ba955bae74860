"""How pages look beyond Streamlit's own theme: the classes that our HTML uses, in theme colours."""

from dataclasses import fields
from pathlib import Path
from typing import Final

import streamlit as st

from kpi.figures import Palette

_STYLES: Final = (Path(__file__).parent / "look.css").read_text(encoding="utf-8")


def apply(palette: Palette) -> None:
    """Send the styles with the palette's colours as CSS variables (``--cn-ink`` and so on)."""
    colours = "".join(
        f"--cn-{field.name.replace('_', '-')}:{getattr(palette, field.name)};"
        for field in fields(palette)
        if field.name != "name"
    )
    st.html(f"<style>:root{{{colours}}}{_STYLES}</style>")

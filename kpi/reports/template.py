"""The presentation a deck is drawn in: the company's template, or a plain one of ours."""

import re
from io import BytesIO
from pathlib import Path
from typing import Any, Final

from pptx import Presentation
from pptx.opc.constants import RELATIONSHIP_TYPE
from pptx.util import Emu, Inches

from kpi.errors import RefusedFileError, UsageError
from kpi.figures.theme import LIGHT
from kpi.ingest import check_package

WIDTH: Final = Inches(13.333)
HEIGHT: Final = Inches(7.5)

FONT: Final = "Arial"
"""Of our own deck; on every machine that opens presentations."""

LARGEST_TEMPLATE: Final = 200 * 1024 * 1024
"""Bytes; a template is a handful of layouts and a logo."""

_ZIP: Final = b"PK\x03\x04"
"""How every .pptx begins."""

_NO_PRESENTATION: Final = (
    "{} cannot be used as a template: it is no PowerPoint file (.pptx). "
    "Save the company's template as .pptx and give that."
)

_THEME_COLOURS: Final = {
    "dk1": LIGHT.ink,
    "lt1": LIGHT.background,
    "dk2": LIGHT.muted,
    "lt2": LIGHT.band,
    "accent1": LIGHT.bar,
    "accent2": LIGHT.improving,
    "accent3": LIGHT.worsening,
    "accent4": LIGHT.common,
    "accent5": LIGHT.limit,
    "accent6": LIGHT.accent,
}


def open_presentation(template: Path | None) -> Any:
    """The presentation to draw in, without slides.

    Raises
    ------
    UsageError
        The template cannot be read as a presentation, or has no layouts.
    """
    return _ours() if template is None else _theirs(template)


def _ours() -> Any:
    presentation = Presentation()
    stretch = WIDTH / presentation.slide_width
    presentation.slide_width, presentation.slide_height = WIDTH, HEIGHT
    for master in presentation.slide_masters:
        _dress(master)
        for place in (master, *master.slide_layouts):
            for shape in place.shapes:
                if shape._element.spPr.xfrm is not None:
                    shape.left = Emu(int(shape.left * stretch))
                    shape.width = Emu(int(shape.width * stretch))
    return presentation


def _dress(master: Any) -> None:
    """Our colours and typeface as the theme, so that what a user adds looks the same."""
    part = master.part.part_related_by(RELATIONSHIP_TYPE.THEME)
    text = part.blob.decode("utf-8")
    for name, value in _THEME_COLOURS.items():
        dressed = f'<a:{name}><a:srgbClr val="{value.lstrip("#").upper()}"/></a:{name}>'
        text = re.sub(rf"<a:{name}>.*?</a:{name}>", dressed, text, flags=re.DOTALL)
    for kind in ("majorFont", "minorFont"):
        pattern = rf'(<a:{kind}>\s*<a:latin typeface=")[^"]*(")'
        text = re.sub(pattern, rf"\g<1>{FONT}\g<2>", text)
    part._blob = text.encode("utf-8")


def _theirs(template: Path) -> Any:
    presentation = _read(template)
    slides = presentation.slides._sldIdLst
    for entry in list(slides):
        presentation.part.drop_rel(entry.rId)
        slides.remove(entry)
    if not any(len(master.slide_layouts) for master in presentation.slide_masters):
        raise UsageError(
            f"{template.name} cannot be used as a template: it has no slide layouts. "
            "Give a presentation made from the company's own design."
        )
    return presentation


def _read(template: Path) -> Any:
    try:
        if template.stat().st_size > LARGEST_TEMPLATE:
            raise UsageError(
                f"{template.name} cannot be used as a template: it is larger than 200 MB. "
                "Delete the slides in it and save it again."
            )
        with template.open("rb") as file:
            if file.read(len(_ZIP)) != _ZIP:
                raise UsageError(_NO_PRESENTATION.format(template.name))
        check_package(template)
        return Presentation(BytesIO(template.read_bytes()))
    except OSError as problem:
        raise UsageError(
            f"The template {template.name} cannot be read: {problem.strerror}. Check its name."
        ) from problem
    except UsageError:
        raise
    except RefusedFileError as problem:
        raise UsageError(f"{template.name} cannot be used as a template. {problem}") from problem
    except Exception as problem:  # whatever a broken package makes its reader raise
        raise UsageError(_NO_PRESENTATION.format(template.name)) from problem


def content_layout(presentation: Any) -> Any:
    """The layout with a title and as little else as there is."""
    layouts = list(presentation.slide_layouts)
    for layout in layouts:
        if layout._element.get("type") == "titleOnly" and title_of(layout) is not None:
            return layout
    titled = [x for x in layouts if title_of(x) is not None and x._element.get("type") != "title"]
    if titled:
        return min(titled, key=lambda layout: len(layout.placeholders))
    blank = [x for x in layouts if x._element.get("type") == "blank"]
    return (blank or layouts)[-1]


def cover_layout(presentation: Any) -> Any:
    """The layout of the first slide: title and subtitle; the one of the others where none is."""
    for layout in presentation.slide_layouts:
        has_subtitle = any(p.placeholder_format.idx == 1 for p in layout.placeholders)
        if layout._element.get("type") == "title" and has_subtitle:
            return layout
    return content_layout(presentation)


def title_of(layout: Any) -> Any:
    """The layout's title placeholder, if any."""
    return next((p for p in layout.placeholders if p.placeholder_format.idx == 0), None)


def title_points(layout: Any) -> float:
    """The font size of the layout's titles, as the layout or else its master sets it."""
    own = title_of(layout)
    paths = [] if own is None else [own._element]
    paths += [
        p._element for p in layout.slide_master.placeholders if p.placeholder_format.type == 1
    ]
    sizes = [e.xpath(".//a:lstStyle/a:lvl1pPr/a:defRPr/@sz") for e in paths]
    sizes.append(layout.slide_master._element.xpath(".//p:titleStyle/a:lvl1pPr/a:defRPr/@sz"))
    found = next((s for s in sizes if s), ["4400"])
    return int(found[0]) / 100

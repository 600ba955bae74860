"""Drawing on a page that is printed: text in its place, small charts, the icons of the verdicts."""

import hashlib
import logging
import math
import re
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any, BinaryIO, Final

from fpdf import FPDF

from kpi.analysis.results import SeriesView
from kpi.figures.marks import EVERYTHING, WITH_LIMITS, axis_span, still_marks_of
from kpi.figures.theme import LIGHT, colour_of
from kpi.model import Assurance, Direction, Variation
from kpi.reports.settled import in_utc
from kpi.safe_text import one_line

FONTS: Final = Path(__file__).with_name("fonts")
"""Liberation Sans, with the widths of Arial: a document that is kept holds its own letters."""

FAMILY: Final = "Liberation Sans"
ARCHIVED: Final = "PDFA_2U"
"""The kind of PDF that archives take: everything in it, nothing fetched, all text to be found."""

_WRITTEN: Final = re.compile(rb'(xmp:(?:ModifyDate|MetadataDate)=")[^"]{25}(")')

_IDENTIFIER: Final = re.compile(rb"<[0-9A-F]{32}><[0-9A-F]{32}>")

NO_LETTER: Final = "□"
FLATTENED: Final = 3.0
"""A target that would stretch the axis of a small chart by more than this is left to its number."""


class Page:
    """One landscape page, in millimetres; every text is cut where its place ends."""

    def __init__(self, *, title: str, author: str, made: datetime) -> None:
        logging.getLogger("fontTools").setLevel(logging.WARNING)
        pdf: Any = FPDF("L", "mm", "A4", enforce_compliance=ARCHIVED)
        pdf.set_title(one_line(title)[:255])
        pdf.set_author(one_line(author)[:255])
        pdf.set_producer("Clause Nine")
        pdf.set_creation_date(in_utc(made))
        pdf.set_lang("en-GB")
        pdf.set_auto_page_break(False)
        pdf.set_margin(0)
        pdf.c_margin = 0
        pdf.add_font(FAMILY, "", FONTS / "LiberationSans-Regular.ttf")
        pdf.add_font(FAMILY, "B", FONTS / "LiberationSans-Bold.ttf")
        pdf.add_page()
        self.pdf, self._made = pdf, in_utc(made)

    def text(
        self, x: float, y: float, width: float, text: str, size: float, *, ink: str = LIGHT.ink,
        bold: bool = False, right: bool = False, lines: int = 1,
    ) -> float:  # fmt: skip
        """Text in a column from ``y`` on; returns where the next may begin."""
        pdf = self.pdf
        pdf.set_font(FAMILY, "B" if bold else "", size)
        pdf.set_text_color(*_rgb(ink))
        height = size * 0.43
        for line in self.broken(text, width, lines):
            wide = pdf.get_string_width(line)
            pdf.set_xy(x + (width - wide if right else 0), y)
            pdf.cell(wide, height, line)
            y += height
        return y

    def fitted(self, x: float, y: float, width: float, text: str, size: float) -> None:
        """A figure set to the right, in bold, smaller where it is wider than its place."""
        while size > 6:
            self.pdf.set_font(FAMILY, "B", size)
            if self.pdf.get_string_width(self.known(one_line(text))) <= width:
                break
            size -= 0.5
        self.text(x, y, width, text, size, bold=True, right=True)

    def broken(self, text: str, width: float, lines: int) -> list[str]:
        """The text in lines of the type that is set, the last cut where it goes on."""
        words = self.known(one_line(text)).split(" ")
        out: list[str] = []
        line = ""
        for at, word in enumerate(words):
            longer = f"{line} {word}".strip()
            if not line or self.pdf.get_string_width(longer) <= width:
                line = longer
                continue
            out.append(line)
            line = word
            if len(out) == lines:
                return [*out[:-1], self.cut(" ".join([out[-1], *words[at:]]), width)]
        return [self.cut(one, width) for one in (*out, line)][:lines]

    def cut(self, text: str, width: float) -> str:
        """The text, with an ellipsis where it is wider than its place."""
        if self.pdf.get_string_width(text) <= width:
            return text
        low, high = 0, len(text)
        while low < high:
            middle = (low + high + 1) // 2
            if self.pdf.get_string_width(f"{text[:middle].rstrip()}…") <= width:
                low = middle
            else:
                high = middle - 1
        return f"{text[:low].rstrip()}…"

    def known(self, text: str) -> str:
        """The text with a box for every letter that the typeface has not."""
        letters = next(iter(self.pdf.fonts.values())).cmap
        return "".join(c if ord(c) in letters else NO_LETTER for c in text)

    def rule(self, x: float, y: float, width: float, ink: str = LIGHT.rule) -> None:
        """A hairline."""
        self.pdf.set_draw_color(*_rgb(ink))
        self.pdf.set_line_width(0.15)
        self.pdf.line(x, y, x + width, y)

    def spark(self, view: SeriesView, x: float, y: float, width: float, height: float) -> None:
        """A series as a small chart: limits, target, line, dots in colour."""
        marks = still_marks_of(view, LIGHT)
        columns = {
            name: view.points[name].to_numpy(dtype="float64", na_value=math.nan).tolist()
            for name in EVERYTHING
        }
        low, high, with_target = _span(columns)
        step = width / max(len(marks) - 1, 1)

        def at(position: int, value: float) -> tuple[float, float]:
            return x + position * step, y + height - (value - low) / (high - low) * height

        for name, thick in (("ucl", 0.12), ("lcl", 0.12), ("center", 0.15)):
            self._path([at(i, v) for i, v in enumerate(columns[name])], LIGHT.limit, thick)
        if with_target:
            self.pdf.set_dash_pattern(dash=0.9, gap=0.7)
            self._path([at(i, v) for i, v in enumerate(columns["target"])], LIGHT.ink, 0.25)
            self.pdf.set_dash_pattern()
        points = [at(i, mark.value) for i, mark in enumerate(marks)]
        self._path(points, LIGHT.common, 0.2)
        last = max((i for i, m in enumerate(marks) if not math.isnan(m.value)), default=-1)
        for i, (mark, place) in enumerate(zip(marks, points, strict=True)):
            if not math.isnan(mark.value) and (mark.signal or mark.member or i == last):
                self._dot(*place, 0.75 if i == last or mark.signal else 0.5, mark.colour)

    def _path(self, points: list[tuple[float, float]], ink: str, thick: float) -> None:
        """A line that leaves gaps open."""
        self.pdf.set_draw_color(*_rgb(ink))
        self.pdf.set_line_width(thick)
        for there, stretch in groupby(points, key=lambda place: not math.isnan(place[1])):
            corners = list(stretch)
            if there and len(corners) > 1:
                self.pdf.polyline(corners)

    def _dot(self, x: float, y: float, radius: float, ink: str) -> None:
        self.pdf.set_fill_color(*_rgb(ink))
        self.pdf.circle(x, y, radius, style="F")

    def variation(self, variation: Variation, direction: Direction, x: float, y: float) -> None:
        """A circle with an arrow the way the values went; a level dash for common cause."""
        ink = colour_of(variation, LIGHT)
        self._ring(x, y, 1.7, ink)
        up = (variation is Variation.IMPROVING) is (direction is Direction.HIGHER)
        if variation in (Variation.IMPROVING, Variation.WORSENING):
            turn = -1 if up else 1
            self._path([(x - 0.75, y - 0.75 * turn), (x + 0.75, y + 0.75 * turn)], ink, 0.3)
            tip = (x + 0.75, y + 0.75 * turn)
            self._path([(x - 0.25, tip[1]), tip, (tip[0], tip[1] - turn)], ink, 0.3)
        elif variation is Variation.CHANGED:
            self._path([(x, y - 0.9), (x, y + 0.9)], ink, 0.3)
        elif variation is Variation.TOO_FEW:
            for shift in (-0.7, 0.0, 0.7):
                self._dot(x + shift, y, 0.16, ink)
        else:
            self._path([(x - 0.85, y), (x + 0.85, y)], ink, 0.3)

    def assurance(self, assurance: Assurance, x: float, y: float) -> None:
        """A target: hit in the middle, missed beside it, or in between."""
        inks = {Assurance.WILL_MEET: LIGHT.improving, Assurance.WILL_MISS: LIGHT.worsening}
        ink = inks.get(assurance, LIGHT.common)
        self._ring(x, y, 1.7, ink)
        self._ring(x, y, 1.0, ink)
        if assurance is Assurance.WILL_MEET:
            self._dot(x, y, 0.5, ink)
        elif assurance is Assurance.WILL_MISS:
            self._dot(x + 1.4, y - 1.4, 0.5, ink)
        elif assurance is Assurance.MAY_OR_MAY_NOT:
            self._dot(x, y, 0.3, ink)

    def _ring(self, x: float, y: float, radius: float, ink: str) -> None:
        self.pdf.set_draw_color(*_rgb(ink))
        self.pdf.set_line_width(0.28)
        self.pdf.circle(x, y, radius)

    def save(self, file: BinaryIO) -> None:
        """Write it as PDF."""
        file.write(_undated(bytes(self.pdf.output()), self._made))


def _undated(document: bytes, made: datetime) -> bytes:
    """The document without the time it was written at, which its library puts into it."""
    stamp = f"{made:%Y-%m-%dT%H:%M:%S+00:00}".encode()
    settled = _WRITTEN.sub(lambda found: found[1] + stamp + found[2], document)
    # its identifier is a hash of all that went before, the moment included: so it is one of the rest
    own = hashlib.sha256(_IDENTIFIER.sub(b"", settled)).hexdigest()[:32].upper().encode()
    return _IDENTIFIER.sub(b"<" + own + b"><" + own + b">", settled)


def _span(columns: dict[str, list[float]]) -> tuple[float, float, bool]:
    """Where the axis begins and ends, and whether the target is on it."""
    own = _reach(columns, WITH_LIMITS)
    whole = _reach(columns, EVERYTHING)
    if own is None or whole is None:
        return 0.0, 1.0, False
    near = whole[1] - whole[0] <= FLATTENED * ((own[1] - own[0]) or 1.0)
    return (*axis_span(*(whole if near else own)), near)


def _reach(columns: dict[str, list[float]], names: Any) -> tuple[float, float] | None:
    seen = [v for name in names for v in columns[name] if not math.isnan(v)]
    return (min(seen), max(seen)) if seen else None


def _rgb(ink: str) -> tuple[int, int, int]:
    red, green, blue = bytes.fromhex(ink.lstrip("#"))
    return red, green, blue

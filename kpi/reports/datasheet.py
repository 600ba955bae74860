"""The small workbook behind a native chart, which PowerPoint opens at "Edit data".

Written by hand: a chart's numbers are one plain table, and its bytes must not tell the time.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from typing import Any, Final
from xml.sax.saxutils import escape

from openpyxl.utils import get_column_letter
from pptx.chart.data import CategoryChartData

from kpi.reports.settled import zipped
from kpi.safe_text import one_line

MADE: Final = datetime(1980, 1, 1, tzinfo=UTC)
"""The date of the parts; the deck's own says when its figures are of."""

_MAIN: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_REL: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE: Final = "http://schemas.openxmlformats.org/package/2006"
_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_HEAD: Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'

_TYPES: Final = (
    f'{_HEAD}<Types xmlns="{_PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPE}.worksheet+xml"/>'
    f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/></Types>'
)
_RELS: Final = (
    f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
    f'Type="{_REL}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
)
_BOOK: Final = (
    f'{_HEAD}<workbook xmlns="{_MAIN}" xmlns:r="{_REL}"><sheets>'
    '<sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>'
)
_BOOK_RELS: Final = (
    f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_REL}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="rId2" Type="{_REL}/styles" Target="styles.xml"/></Relationships>'
)
_DAY_STYLE: Final = 1
_STYLES: Final = (
    f'{_HEAD}<styleSheet xmlns="{_MAIN}">'
    '<numFmts count="1"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/></numFmts>'
    '<fonts count="1"><font><sz val="11"/><name val="Arial"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="2"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '</cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>'
    "</styleSheet>"
)
_DAY_ZERO: Final = date(1899, 12, 30).toordinal()
"""Day 0 of a spreadsheet's calendar."""


class DataSheet(CategoryChartData):
    """Categories and series of a chart, with a workbook that is the same in every run."""

    @property
    def xlsx_blob(self) -> bytes:
        """The workbook: categories in the first column, one series per further column."""
        names = [one_line(str(series.name)) for series in self]
        columns = [
            [category.label for category in self.categories],
            *(list(s.values) for s in self),
        ]
        rows = [["", *names], *zip(*columns, strict=True)]
        return workbook(rows)


def workbook(rows: Iterable[Sequence[Any]]) -> bytes:
    """A workbook of one sheet: numbers, days, texts; ``None`` leaves a cell empty."""
    told = "".join(_row(at, row) for at, row in enumerate(rows, start=1))
    sheet = f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetData>{told}</sheetData></worksheet>'
    parts = {
        "[Content_Types].xml": _TYPES,
        "_rels/.rels": _RELS,
        "xl/workbook.xml": _BOOK,
        "xl/_rels/workbook.xml.rels": _BOOK_RELS,
        "xl/styles.xml": _STYLES,
        "xl/worksheets/sheet1.xml": sheet,
    }
    return zipped([(name, text.encode()) for name, text in parts.items()], MADE)


def _row(at: int, values: Sequence[Any]) -> str:
    cells = "".join(
        _cell(f"{get_column_letter(column)}{at}", value)
        for column, value in enumerate(values, start=1)
        if value is not None and value != ""
    )
    return f'<row r="{at}">{cells}</row>'


def _cell(place: str, value: Any) -> str:
    if isinstance(value, date):
        return f'<c r="{place}" s="{_DAY_STYLE}"><v>{value.toordinal() - _DAY_ZERO}</v></c>'
    if isinstance(value, str):
        return (
            f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{escape(value)}</t></is></c>'
        )
    return f'<c r="{place}"><v>{float(value)!r}</v></c>'
